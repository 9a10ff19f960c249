#include "vault/grant.h"

#include <sodium.h>
#include <string.h>

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };

static enum err bound_facts(struct vault *v, const struct index_scope *s, const struct consent_entry *e, struct bytes *ad) {
  uint8_t rules[32], purpose[INDEX_WORD] = {0};
  memcpy(purpose, s->purpose, strnlen(s->purpose, sizeof purpose));
  TRY(consent_book_rules_hash(e, rules));
  bytes_put_text(ad, "clipvault-grant");
  bytes_put(ad, v->id.b, sizeof v->id.b);
  bytes_put(ad, s->person.b, sizeof s->person.b);
  bytes_put(ad, purpose, sizeof purpose);
  bytes_put(ad, s->kase.b, sizeof s->kase.b);
  bytes_put_u32(ad, s->media);
  bytes_put_u32(ad, s->ident);
  bytes_put(ad, e->row.id.b, sizeof e->row.id.b);
  bytes_put_u64(ad, (uint64_t)e->row.given_ms);
  bytes_put_u64(ad, (uint64_t)e->row.expires_ms);
  bytes_put(ad, rules, sizeof rules);
  return bytes_check(ad);
}

static enum err seal_grant(struct vault *v, const struct consent_entry *e, struct index_grant *g, const struct secret_key *spk) {
  AUTO(bytes) struct bytes ad = {0};
  SECRET_KEY(ck);
  TRY(bound_facts(v, &g->scope, e, &ad));
  TRY(keystore_get(v->keys, g->leaf, ck));
  randombytes_buf(g->ct, NONCE);
  crypto_aead_xchacha20poly1305_ietf_encrypt(g->ct + NONCE, NULL, spk->b, sizeof spk->b, ad.data, ad.length, NULL, g->ct, ck->b);
  return index_grant_put(v->index, g);
}

static enum err open_grant(struct vault *v, const struct consent_entry *e, const struct index_grant *g, struct secret_key *spk) {
  AUTO(bytes) struct bytes ad = {0};
  SECRET_KEY(ck);
  TRY(bound_facts(v, &g->scope, e, &ad));
  TRY(keystore_get(v->keys, g->leaf, ck));
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(spk->b, NULL, NULL, g->ct + NONCE, sizeof g->ct - NONCE, ad.data, ad.length,
                                                 g->ct, ck->b))
    return err_set(ERR_DATA, "a grant does not open: its row or its consent's was changed; run clipvault check");
  return ERR_OK;
}

/* Whether the consent still stands behind this grant: a verdict that is being ended must not lend its key any more, even
 * while a destruction is pending. */
static bool stands(const struct consent_entry *e, const struct index_grant *g) {
  for (size_t i = 0; e && i < e->verdict_count; i++)
    if (e->verdicts[i].leaf == g->leaf && strcmp(e->verdicts[i].state, "live") == 0) return true;
  return false;
}

/* Through the first grant that opens. One whose leaf is gone is passed over; one that was tampered with is an error. */
static enum err open_any(struct vault *v, const struct consent_book *book, const struct index_scope *scope, struct bytes *grants,
                         struct secret_key *spk, bool *found) {
  *found = false;
  TRY(index_grant_of(v->index, scope, grants));
  for (size_t i = 0; i < INDEX_COUNT(struct index_grant, *grants) && !*found; i++) {
    const struct index_grant *g = &INDEX_ROWS(struct index_grant, *grants)[i];
    const struct consent_entry *e = consent_book_entry(book, &g->consent);
    enum err opened = stands(e, g) ? open_grant(v, e, g, spk) : ERR_MISSING;
    if (opened != ERR_OK && opened != ERR_MISSING) return opened;
    *found = opened == ERR_OK;
  }
  return ERR_OK;
}

enum err grant_open(struct vault *v, const struct index_scope *scope, struct secret_key *spk) {
  AUTO(consent_book) struct consent_book book = {0};
  AUTO(bytes) struct bytes grants = {0};
  bool found;
  TRY(consent_book_load(v, &scope->person, &book));
  TRY(open_any(v, &book, scope, &grants, spk, &found));
  if (!found) return err_set(ERR_REFUSED, "no consent of someone filmed holds a key for \"%s\" any more", scope->purpose);
  return ERR_OK;
}

static bool granted(const struct bytes *grants, const struct id *consent) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_grant, *grants); i++)
    if (id_equal(&INDEX_ROWS(struct index_grant, *grants)[i].consent, consent)) return true;
  return false;
}

enum err grant_ensure(struct vault *v, const struct consent_book *book, const struct index_scope *scope,
                      const struct consent_clip *clip, enum purpose purpose, struct secret_key *spk) {
  AUTO(bytes) struct bytes grants = {0};
  bool found, any = false;
  TRY(open_any(v, book, scope, &grants, spk, &found));
  if (!found) randombytes_buf(spk->b, sizeof spk->b);
  for (size_t i = 0; i < book->count; i++) {
    const struct consent_entry *e = &book->entries[i];
    const struct index_verdict *yes;
    TRY(consent_book_yes(book, e, clip, purpose, vault_now_ms(v), &yes));
    if (!yes) continue;
    any = true;
    if (found && granted(&grants, &e->row.id)) continue;
    struct index_grant g = {.scope = *scope, .consent = e->row.id, .leaf = yes->leaf};
    TRY(seal_grant(v, e, &g, spk));
  }
  if (!any) return err_set(ERR_REFUSED, "someone filmed has not agreed to \"%s\"", scope->purpose);
  return ERR_OK;
}

enum err grant_move(struct vault *v, const struct consent_book *book, keystore_leaf from, keystore_leaf to,
                    bool (*kept)(const void *context, const struct index_scope *scope), const void *context) {
  AUTO(bytes) struct bytes grants = {0};
  SECRET_KEY(spk);
  TRY(index_grant_under(v->index, from, &grants));
  for (size_t i = 0; i < INDEX_COUNT(struct index_grant, grants); i++) {
    struct index_grant g = INDEX_ROWS(struct index_grant, grants)[i];
    const struct consent_entry *e = consent_book_entry(book, &g.consent);
    if (!e || !kept(context, &g.scope)) continue;
    TRY(open_grant(v, e, &g, spk));
    g.leaf = to;
    TRY(seal_grant(v, e, &g, spk));
  }
  return ERR_OK;
}
