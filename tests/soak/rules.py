"""What must be so, as plain rules: who said what, what a clip may be seen for by that, and by whom (docs/roles.md, vault/consent.h,
vault/policy.h), told anew and much simpler. The soak does everything twice, to the vault and to this, and compares.

Everybody in it speaks for themselves, as filmed, in one case; so a "no" ends every "yes" before it, and a later "yes" lifts it."""
import math

PURPOSES = ["intervention", "case_consultation", "supervision", "accreditation", "peer_training", "research"]
SUPERVISED = ("supervision", "accreditation")
EVERYTHING = frozenset(["recording", "clip", "still", "audio", "notes"])
MEDIA = [EVERYTHING, EVERYTHING, EVERYTHING, frozenset(["clip", "still"]), frozenset(["still"])]


class Consent:
    def __init__(self, id, purposes, media, place, until):
        self.id, self.purposes, self.media, self.place, self.until = id, list(purposes), media, place, until
        self.over = set()  # purposes that were taken back, or swept

    def ended(self, purpose):
        self.over.add(purpose)


class Person:
    def __init__(self, name, id):
        self.name, self.id, self.consents, self.noes, self.place = name, id, [], [], 0
        self.all_ids = []

    def says(self, id, yes, no, media, until=math.inf):
        self.place += 1
        if yes:
            self.consents.append(Consent(id, yes, media, self.place, until))
        self.noes += [(self.place, p, media) for p in no]

    def lives(self, consent, purpose):
        """Whether there is something of it to take back."""
        overridden = any(place > consent.place and p == purpose and media >= consent.media for place, p, media in self.noes)
        return purpose in consent.purposes and purpose not in consent.over and not overridden

    def withdraw(self, consents, purposes):
        self.place += 1
        ended = [(c, p) for c in consents for p in PURPOSES if (not purposes or p in purposes) and self.lives(c, p)]
        for consent, purpose in ended:
            consent.ended(purpose)
            self.noes.append((self.place, purpose, consent.media))

    def agrees(self, purpose, medium, now):
        no = max([place for place, p, media in self.noes if p == purpose and medium in media], default=0)
        return any(c.place > no and medium in c.media and purpose in c.purposes and purpose not in c.over and c.until > now
                   for c in self.consents)

    def sweep(self, now):
        for c in self.consents:
            if c.until <= now:
                c.over.update(c.purposes)


class Clip:
    def __init__(self, name, id, kind, people):
        self.name, self.id, self.kind, self.people = name, id, kind, list(people)
        self.state, self.uses, self.ended_at, self.digest, self.source, self.remarks = "", [], None, None, None, {}


class Grant:
    def __init__(self, name, id, target, purpose, until, views):
        self.name, self.id, self.target, self.purpose, self.until = name, id, target, purpose, until
        self.views, self.used, self.stands = views, 0, True

    def opens(self, clip, purpose, now):
        return (self.stands and self.until > now and self.target in (clip, None) and purpose in (self.purpose, None)
                and (not self.views or self.used < self.views))


class Rules:
    """Of one family: its people and clips, and what its practitioner shared with one guest."""

    def __init__(self, practitioner, guest, guest_supervises):
        self.practitioner, self.guest, self.guest_supervises = practitioner, guest, guest_supervises
        self.people, self.clips, self.grants, self.covers, self.linked = [], [], [], [], False

    # ---- what is over a clip

    def covered(self, clip, kinds=("hold", "restriction")):
        return any(c["kind"] in kinds and (c["target"] is clip or c["target"] in clip.people or c["target"] is None)
                   for c in self.covers)

    # ---- what becomes of clips

    def allowed(self, clip, now):
        return [p for p in PURPOSES if all(who.agrees(p, clip.kind, now) for who in clip.people)]

    def taken_in(self, clip, now):
        clip.uses = self.allowed(clip, now)
        clip.state = "live" if clip.uses else "quarantined"
        self.clips.append(clip)

    def end(self, clip, now):
        clip.state, clip.uses, clip.ended_at = "held" if self.covered(clip) else "shredded", [], now

    def refresh(self, now, people=None):
        """After something was said or swept: the uses that were lost, as (clip, purpose)."""
        lost = []
        for clip in self.clips:
            if clip.state not in ("live", "quarantined") or (people and not any(p in clip.people for p in people)):
                continue
            before, uses = clip.uses, self.allowed(clip, now)
            lost += [(clip, p) for p in before if p not in uses]
            if uses:
                clip.state, clip.uses = "live", uses
            elif clip.state == "live":
                self.end(clip, now)
        return lost

    def set_people(self, clip, people, now):
        clip.people, clip.uses = list(people), []
        clip.uses = self.allowed(clip, now)
        clip.state = "live" if clip.uses else "quarantined"

    def release(self, cover, now):
        self.covers.remove(cover)
        for clip in self.clips:
            if clip.state == "held" and not self.covered(clip):
                clip.state, clip.ended_at = "shredded", now

    # ---- who may

    def by_right(self, who, clip, purpose, now, counted=True):
        if who == self.practitioner:
            return True
        if who != self.guest:
            return False
        if self.guest_supervises and self.linked and purpose in SUPERVISED:
            return True
        return any(g.opens(clip, purpose, now) and (counted or not g.views) for g in self.grants)

    def guest_knows_of(self, clip, now):
        return (self.guest_supervises and self.linked) or any(g.opens(clip, None, now) for g in self.grants)

    def may(self, who, clip, purpose, now, counted=True):
        return (clip.state == "live" and purpose in clip.uses and not self.covered(clip, ("restriction",))
                and all(p.agrees(purpose, clip.kind, now) for p in clip.people) and self.by_right(who, clip, purpose, now, counted))

    def counts_on(self, who, clip, purpose, now):
        """The grant on which a viewing is counted; None where it costs nothing."""
        if self.by_right(who, clip, purpose, now, counted=False):
            return None
        return next((g for g in self.grants if g.opens(clip, purpose, now)), None)
