#include "vault/policy.h"

#include "vault/base/clock.h"

static void against(struct policy_answer *a, enum policy_reason reason, const struct id *person) {
  if (a->count == POLICY_MOST_REASONS) return; /* enough to say no */
  a->reasons[a->count].reason = reason;
  a->reasons[a->count].person = person ? *person : (struct id){0};
  a->count++;
}

/* Who may ask at all. An officer locates and ends without seeing; an administrator runs the machine and sees nothing. */
static bool may_ask(const struct policy_question *q) {
  bool practitioner = (q->roles & POLICY_PRACTITIONER) && q->own_case;
  bool supervisor = (q->roles & POLICY_SUPERVISOR) && q->granted;
  switch (q->action) {
    case POLICY_VIEW: return practitioner || supervisor;
    case POLICY_EXPORT: return practitioner;
    case POLICY_LOCATE: return practitioner || supervisor || (q->roles & POLICY_OFFICER);
    case POLICY_END: return practitioner || (q->roles & POLICY_OFFICER);
  }
  return false;
}

static bool shows(const struct policy_question *q) { return q->action == POLICY_VIEW || q->action == POLICY_EXPORT; }

static void look_at_people(const struct policy_question *q, struct policy_answer *a) {
  if (!q->people_count) against(a, POLICY_NOBODY_NAMED, NULL);
  for (size_t i = 0; i < q->people_count; i++) {
    const struct policy_person *p = &q->people[i];
    switch (p->verdict.code) {
      case CONSENT_YES:
        if (p->verdict.expires_ms < a->until_ms) a->until_ms = p->verdict.expires_ms;
        break;
      case CONSENT_SILENT: against(a, p->only_obscured ? POLICY_PERSON_OBSCURED : POLICY_PERSON_SILENT, &p->id); break;
      case CONSENT_NO: against(a, p->only_obscured ? POLICY_PERSON_OBSCURED : POLICY_PERSON_NO, &p->id); break;
      case CONSENT_EXPIRED: against(a, POLICY_PERSON_EXPIRED, &p->id); break;
    }
  }
}

static void look_at_clip(const struct policy_question *q, struct policy_answer *a) {
  if (q->clip == POLICY_CLIP_SHREDDED || q->clip == POLICY_CLIP_ENDING) against(a, POLICY_GONE, NULL);
  if (!shows(q)) return;
  if (q->clip == POLICY_CLIP_HELD) against(a, POLICY_KEPT, NULL);
  if (q->clip == POLICY_CLIP_QUARANTINED) against(a, POLICY_QUARANTINED, NULL);
  if (q->clip_expires_ms <= q->now_ms) against(a, POLICY_CLIP_EXPIRED, NULL);
}

void policy_decide(const struct policy_question *q, struct policy_answer *out) {
  struct policy_answer a = {.until_ms = q->clip_expires_ms};
  bool gone = q->clip == POLICY_CLIP_SHREDDED;
  if (!may_ask(q)) against(&a, POLICY_NOT_YOURS, NULL);
  if (q->action != POLICY_LOCATE) look_at_clip(q, &a);
  if (shows(q) && !gone) look_at_people(q, &a);
  if (shows(q) && q->clock != POLICY_CLOCK_FINE) against(&a, POLICY_CLOCK, NULL);
  if (q->restricted && q->action != POLICY_LOCATE) against(&a, POLICY_RESTRICTED, NULL);
  if (q->held && q->action == POLICY_END) against(&a, POLICY_HELD, NULL);
  a.allowed = a.count == 0;
  *out = a;
}

static void put_person(struct bytes *out, const struct id *person, const char *name) {
  char text[ID_TEXT];
  bytes_put_text(out, name ? name : id_format(ID_PERSON, person, text));
}

static const char *clock_words(enum policy_clock clock) {
  return clock == POLICY_CLOCK_BACKWARDS ? "The clock shows an earlier time than this vault has already seen; set it right."
                                         : "The clock has jumped; if it is right, confirm it (clipvault clock confirm).";
}

void policy_put_reason(struct bytes *out, const struct policy_question *q, const struct policy_answer *a, size_t n,
                       const char *name) {
  const char *purpose = purpose_name(q->purpose);
  const struct id *person = &a->reasons[n].person;
  switch (a->reasons[n].reason) {
    case POLICY_NOT_YOURS:
      bytes_put_text(out, "This is not a clip of your cases, and nobody has shared it with you for this.");
      break;
    case POLICY_GONE: bytes_put_text(out, "This clip has ended; its keys are destroyed."); break;
    case POLICY_KEPT:
      bytes_put_text(out, "Every use of this clip has ended; a hold keeps it from being destroyed, and shows it to nobody.");
      break;
    case POLICY_QUARANTINED:
      bytes_put_text(out, "This clip is in quarantine: not everyone in it has agreed to any use of it.");
      break;
    case POLICY_CLIP_EXPIRED: bytes_put_text(out, "This clip's own time is over."); break;
    case POLICY_NOBODY_NAMED: bytes_put_text(out, "Nobody is named as being in this clip, so nobody can have agreed."); break;
    case POLICY_PERSON_SILENT:
      put_person(out, person, name);
      bytes_printf(out, " has not agreed to %s.", purpose);
      break;
    case POLICY_PERSON_NO:
      put_person(out, person, name);
      bytes_printf(out, " has said no to %s.", purpose);
      break;
    case POLICY_PERSON_EXPIRED:
      put_person(out, person, name);
      bytes_printf(out, " agreed to %s only until a time that is over.", purpose);
      break;
    case POLICY_PERSON_OBSCURED:
      put_person(out, person, name);
      bytes_printf(out, " agreed to %s only if they cannot be recognised: mark where they are, and confirm it.", purpose);
      break;
    case POLICY_RESTRICTED:
      bytes_put_text(out, "This clip is under restriction: nobody views it and nothing of it is deleted.");
      break;
    case POLICY_HELD: bytes_put_text(out, "A hold keeps this clip from being destroyed."); break;
    case POLICY_CLOCK: bytes_put_text(out, clock_words(q->clock)); break;
  }
}
