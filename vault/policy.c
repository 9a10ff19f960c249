#include "vault/policy.h"

#include "vault/base/clock.h"

static void against(struct policy_answer *a, enum policy_reason reason, const struct id *person) {
  if (a->count == POLICY_MOST_REASONS) return; /* enough to say no */
  a->reasons[a->count].reason = reason;
  a->reasons[a->count].person = person ? *person : (struct id){0};
  a->count++;
}

/* A supervisor's link is for what supervision is; to know that a clip is there it is enough. */
static bool supervises(const struct policy_question *q) {
  bool for_that = q->purpose == PURPOSE_SUPERVISION || q->purpose == PURPOSE_ACCREDITATION || q->action == POLICY_LOCATE;
  return (q->roles & POLICY_SUPERVISOR) && q->linked && for_that;
}

/* Who looks at footage for their work may be shown more of it. */
static bool was_granted(const struct policy_question *q) {
  return (q->roles & (POLICY_PRACTITIONER | POLICY_SUPERVISOR)) && q->grant == POLICY_GRANT_STANDS;
}

/* An officer locates and ends without seeing; an administrator runs the machine and sees nothing. */
bool policy_may_ask(const struct policy_question *q) {
  if (q->standing != POLICY_ACTS) return false;
  bool practitioner = (q->roles & POLICY_PRACTITIONER) && q->own_case;
  bool officer = q->roles & POLICY_OFFICER;
  switch (q->action) {
    case POLICY_VIEW: return practitioner || supervises(q) || was_granted(q) || (officer && q->glass);
    case POLICY_EXPORT: return practitioner;
    case POLICY_LOCATE: return practitioner || supervises(q) || was_granted(q) || officer;
    case POLICY_END: return practitioner || officer;
    case POLICY_REMARK: return practitioner || supervises(q) || was_granted(q);
  }
  return false;
}

/* Of all that stands between this user and this clip, what helps most to hear. */
static enum policy_reason why_not_theirs(const struct policy_question *q) {
  struct policy_question less = *q; /* to look at it; what is not done for a purpose: to know of it */
  less.action = q->action == POLICY_EXPORT ? POLICY_VIEW : POLICY_LOCATE;
  bool looks = q->roles & (POLICY_PRACTITIONER | POLICY_SUPERVISOR);
  if (q->standing != POLICY_ACTS) return q->standing == POLICY_ENDED ? POLICY_USER_ENDED : POLICY_USER_DISABLED;
  if (q->action == POLICY_EXPORT && policy_may_ask(&less)) return POLICY_ONLY_TO_VIEW;
  if (q->action == POLICY_END && policy_may_ask(&less)) return POLICY_ONLY_TO_LOOK;
  if (looks && q->grant == POLICY_GRANT_USED_UP) return POLICY_GRANT_IS_USED_UP;
  if (looks && q->grant == POLICY_GRANT_ENDED) return POLICY_GRANT_IS_ENDED;
  if (looks && q->grant == POLICY_GRANT_REVOKED) return POLICY_GRANT_IS_REVOKED;
  if ((q->roles & POLICY_SUPERVISOR) && q->linked) return POLICY_LINK_NOT_FOR;
  if (!looks && (q->roles & POLICY_OFFICER)) return POLICY_OFFICER_UNSEEN;
  if (!looks && (q->roles & POLICY_ADMINISTRATOR)) return POLICY_ADMINISTRATOR_UNSEEN;
  return POLICY_NOT_YOURS;
}

/* What is said of a film tells of it. */
static bool shows(const struct policy_question *q) {
  return q->action == POLICY_VIEW || q->action == POLICY_EXPORT || q->action == POLICY_REMARK;
}

/* Whatever is no yes is a no. */
static enum policy_reason why_not_them(const struct policy_person *p) {
  if (p->verdict.code == CONSENT_EXPIRED) return POLICY_PERSON_EXPIRED;
  if (p->only_obscured) return POLICY_PERSON_OBSCURED;
  return p->verdict.code == CONSENT_NO ? POLICY_PERSON_NO : POLICY_PERSON_SILENT;
}

static void look_at_people(const struct policy_question *q, struct policy_answer *a) {
  if (!q->people_count) against(a, POLICY_NOBODY_NAMED, NULL);
  for (size_t i = 0; i < q->people_count; i++) {
    const struct policy_person *p = &q->people[i];
    if (p->verdict.code != CONSENT_YES)
      against(a, why_not_them(p), &p->id);
    else if (p->verdict.expires_ms < a->until_ms)
      a->until_ms = p->verdict.expires_ms;
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
  struct policy_answer a = {.until_ms = q->clip_expires_ms < q->right_until_ms ? q->clip_expires_ms : q->right_until_ms};
  bool gone = q->clip == POLICY_CLIP_SHREDDED;
  if (!policy_may_ask(q)) against(&a, why_not_theirs(q), NULL);
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
  return clock == POLICY_CLOCK_BACKWARDS
             ? "The clock shows an earlier time than this vault has already seen; set it right."
             : "The clock has jumped, or much of the vault fell due at once: nothing is shown until an officer has looked "
               "(clipvault sweep --dry-run, clipvault clock confirm).";
}

/* Of role and relation; NULL for other reasons. */
static const char *relation_words(enum policy_reason reason) {
  switch (reason) {
    case POLICY_NOT_YOURS: return "This is not a clip of your cases, and nobody has shared it with you for this.";
    case POLICY_USER_DISABLED: return "This user was disabled.";
    case POLICY_USER_ENDED: return "The time for which this user was to act in the vault is over.";
    case POLICY_GRANT_IS_REVOKED: return "This was shared with you, and that was taken back.";
    case POLICY_GRANT_IS_ENDED: return "The time for which this was shared with you is over.";
    case POLICY_GRANT_IS_USED_UP: return "This was shared with you for a number of viewings, and they are used up.";
    case POLICY_LINK_NOT_FOR:
      return "You supervise this practitioner: their clips are yours to see for supervision and accreditation only.";
    case POLICY_ONLY_TO_VIEW:
      return "This was shared with you to be viewed here; it does not leave the vault, and nothing is made of it.";
    case POLICY_ONLY_TO_LOOK: return "This was shared with you to be viewed; ending it is for its practitioner or an officer.";
    case POLICY_OFFICER_UNSEEN:
      return "An officer finds, holds and ends clips without seeing them; to see one takes two (clipvault break-glass request).";
    case POLICY_ADMINISTRATOR_UNSEEN: return "An administrator runs the machine and sees no footage.";
    default: return NULL;
  }
}

void policy_put_reason(struct bytes *out, const struct policy_question *q, const struct policy_answer *a, size_t n,
                       const char *name) {
  const char *purpose = purpose_name(q->purpose), *relation = relation_words(a->reasons[n].reason);
  const struct id *person = &a->reasons[n].person;
  switch (a->reasons[n].reason) {
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
    default: bytes_put_text(out, relation ? relation : "?"); break;
  }
}
