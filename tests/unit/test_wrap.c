/* The law in keys: a wrap opens with exactly the keys, people and facts it was made with, and with nothing less. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first
#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "vault/seal.h"
#include "vault/wrap.h"

struct fixture {
  struct wrap_subject subject;
  struct index_object objects[2];
  struct wrap_person people[3];
  struct secret_key *xk, *bk, *spk[3], *dek;
  uint8_t ct[INDEX_WRAP_CT];
};

static struct secret_key *random_key(void) {
  struct secret_key *k = secret_key_new();
  randombytes_buf(k->b, sizeof k->b);
  return k;
}

static void fill(struct fixture *f) {
  *f = (struct fixture){.xk = random_key(), .bk = random_key(), .dek = random_key()};
  f->subject =
      (struct wrap_subject){id_new(), id_new(), id_new(), "supervision", "as-filmed", "recording", 1000, 2000, f->objects, 2};
  for (int i = 0; i < 2; i++) {
    f->objects[i] = (struct index_object){.id = id_new(), .rendition = "as-filmed", .role = "body"};
    randombytes_buf(f->objects[i].binding, 32);
  }
  for (int i = 0; i < 3; i++) {
    f->spk[i] = random_key();
    f->people[i] = (struct wrap_person){{id_new(), id_new(), "supervision", 1, 1}, f->spk[i]};
  }
  assert_int_equal(wrap_seal(&f->subject, f->xk, f->bk, f->people, 3, f->dek, f->ct), ERR_OK);
}

static void empty(struct fixture *f) {
  secret_free(f->xk), secret_free(f->bk), secret_free(f->dek);
  for (int i = 0; i < 3; i++) secret_free(f->spk[i]);
}

static enum err open_with(struct fixture *f, size_t people, struct secret_key *dek) {
  return wrap_open(&f->subject, f->xk, f->bk, f->people, people, f->ct, dek);
}

static void opens_with_everyone_in_any_order(void **state) {
  (void)state;
  struct fixture f;
  SECRET_KEY(dek);
  fill(&f);
  struct wrap_person first = f.people[0];
  f.people[0] = f.people[2], f.people[2] = first;
  assert_int_equal(open_with(&f, 3, dek), ERR_OK);
  assert_memory_equal(dek->b, f.dek->b, 32);
  empty(&f);
}

/* Each row spoils one thing; none may open. */
static void spoil_xk(struct fixture *f) { f->xk->b[0] ^= 1; }
static void spoil_bk(struct fixture *f) { f->bk->b[31] ^= 1; }
static void spoil_spk(struct fixture *f) { f->spk[1]->b[5] ^= 1; }
static void spoil_person(struct fixture *f) { f->people[1].scope.person.b[0] ^= 1; }
static void spoil_case(struct fixture *f) { f->people[2].scope.kase.b[3] ^= 1; }
static void spoil_media(struct fixture *f) { f->people[0].scope.media = 2; }
static void spoil_ident(struct fixture *f) { f->people[0].scope.ident = 2; }
static void spoil_clip(struct fixture *f) { f->subject.clip.b[0] ^= 1; }
static void spoil_vault(struct fixture *f) { f->subject.vault.b[0] ^= 1; }
static void spoil_purpose(struct fixture *f) { f->subject.purpose = "research"; }
static void spoil_rendition(struct fixture *f) { f->subject.rendition = "original"; }
static void spoil_clips_case(struct fixture *f) { f->subject.kase.b[0] ^= 1; }
static void spoil_kind(struct fixture *f) { f->subject.kind = "clip"; }
static void spoil_recorded(struct fixture *f) { f->subject.recorded_ms++; }
static void spoil_expiry(struct fixture *f) { f->subject.expires_ms++; }
static void spoil_object(struct fixture *f) { f->objects[1].binding[9] ^= 1; }
static void spoil_role(struct fixture *f) { strcpy(f->objects[0].role, "head"); }
static void drop_object(struct fixture *f) { f->subject.object_count = 1; }
static void spoil_nonce(struct fixture *f) { f->ct[0] ^= 1; }
static void spoil_tag(struct fixture *f) { f->ct[INDEX_WRAP_CT - 1] ^= 0x80; }

static void nothing_less_opens(void **state) {
  (void)state;
  static const struct {
    const char *what;
    void (*spoil)(struct fixture *f);
  } rows[] = {{"clip's key", spoil_xk},
              {"key of the use", spoil_bk},
              {"one person's key", spoil_spk},
              {"another person", spoil_person},
              {"another case", spoil_case},
              {"another medium", spoil_media},
              {"another identifiability", spoil_ident},
              {"another clip", spoil_clip},
              {"another vault", spoil_vault},
              {"another purpose", spoil_purpose},
              {"another rendition", spoil_rendition},
              {"the clip moved to another case", spoil_clips_case},
              {"another kind", spoil_kind},
              {"recorded date", spoil_recorded},
              {"expiry moved", spoil_expiry},
              {"another object", spoil_object},
              {"roles swapped", spoil_role},
              {"object dropped", drop_object},
              {"nonce", spoil_nonce},
              {"tag", spoil_tag}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct fixture f;
    SECRET_KEY(dek);
    fill(&f);
    rows[i].spoil(&f);
    if (open_with(&f, 3, dek) != ERR_DATA) fail_msg("a wrap opened although changed: %s", rows[i].what);
    assert_true(sodium_is_zero(dek->b, 32));
    empty(&f);
  }
}

static void a_person_left_out_does_not_open(void **state) {
  (void)state;
  struct fixture f;
  SECRET_KEY(dek);
  fill(&f);
  assert_int_equal(open_with(&f, 2, dek), ERR_DATA);
  assert_int_equal(open_with(&f, 0, dek), ERR_BUG);
  empty(&f);
}

static void quarantine_needs_its_key_and_binds_everyone(void **state) {
  (void)state;
  struct fixture f;
  SECRET_KEY(dek);
  fill(&f);
  f.subject.purpose = "";
  assert_int_equal(wrap_seal(&f.subject, NULL, f.bk, NULL, 0, f.dek, f.ct), ERR_BUG);
  assert_int_equal(wrap_seal(&f.subject, NULL, f.bk, f.people, 3, f.dek, f.ct), ERR_OK);
  for (int i = 0; i < 3; i++) f.people[i].spk = NULL; /* nobody's key is needed */
  assert_int_equal(wrap_open(&f.subject, NULL, f.bk, f.people, 3, f.ct, dek), ERR_OK);
  assert_memory_equal(dek->b, f.dek->b, 32);
  assert_int_equal(wrap_open(&f.subject, NULL, f.bk, f.people, 2, f.ct, dek), ERR_DATA); /* somebody was left out */
  f.bk->b[0] ^= 1;
  assert_int_equal(wrap_open(&f.subject, NULL, f.bk, f.people, 3, f.ct, dek), ERR_DATA);
  empty(&f);
}

static void a_sealed_field_stays_in_its_row(void **state) {
  (void)state;
  AUTO(bytes) struct bytes plain = {0}, sealed = {0}, opened = {0};
  struct secret_key *key = random_key(), *other = random_key();
  struct id row = id_new(), another = id_new();
  bytes_put_text(&plain, "Ada Example");
  assert_int_equal(seal_put(key, "person", &row, &plain, &sealed), ERR_OK);
  assert_int_equal(seal_get(key, "person", &another, &sealed, &opened), ERR_DATA);
  assert_int_equal(seal_get(key, "case", &row, &sealed, &opened), ERR_DATA);
  assert_int_equal(seal_get(other, "person", &row, &sealed, &opened), ERR_DATA);
  assert_int_equal(opened.length, 0);
  assert_int_equal(seal_get(key, "person", &row, &sealed, &opened), ERR_OK);
  assert_string_equal(bytes_text(&opened), "Ada Example");
  sealed.length = 12;
  assert_int_equal(seal_get(key, "person", &row, &sealed, &opened), ERR_DATA);
  secret_free(key), secret_free(other);
}

static int no_key_is_left(void **state) {
  (void)state;
  return secret_in_use() == 0 ? 0 : -1;
}

int main(void) {
  if (secret_init() != ERR_OK) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(opens_with_everyone_in_any_order, no_key_is_left),
      cmocka_unit_test_teardown(nothing_less_opens, no_key_is_left),
      cmocka_unit_test_teardown(a_person_left_out_does_not_open, no_key_is_left),
      cmocka_unit_test_teardown(quarantine_needs_its_key_and_binds_everyone, no_key_is_left),
      cmocka_unit_test_teardown(a_sealed_field_stays_in_its_row, no_key_is_left),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
