"""What must be so, as plain rules: who said what, what a clip may be seen for by that, and by whom (docs/roles.md, vault/consent.h,
vault/policy.h), told anew and much simpler. The soak does everything twice, to the vault and to this, and compares.

Everybody in it speaks for themselves, in one case; so a "no" ends every "yes" before it, and a later "yes" lifts it."""
import math

PURPOSES = ["intervention", "case_consultation", "supervision", "accreditation", "peer_training", "research"]
SUPERVISED = ("supervision", "accreditation")
EVERYTHING = frozenset(["recording", "clip", "still", "audio", "notes"])
MEDIA = [EVERYTHING, EVERYTHING, EVERYTHING, frozenset(["clip", "still"]), frozenset(["still"])]
FILMED, OBSCURED = "as-filmed", "obscured"


class Consent:
    def __init__(self, id, purposes, media, place, until, obscured):
        self.id, self.purposes, self.media, self.place, self.until = id, list(purposes), media, place, until
        self.obscured = obscured  # only where they cannot be recognised
        self.taken_back, self.swept = set(), set()  # purposes

    def stands(self, purpose):
        return purpose in self.purposes and purpose not in self.taken_back | self.swept


class No:
    def __init__(self, place, purpose, media, only_filmed=False):
        self.place, self.purpose, self.media, self.only_filmed = place, purpose, media, only_filmed

    def is_after(self, consent, purpose):
        return self.place > consent.place and self.purpose == purpose and self.media & consent.media and not (self.only_filmed and consent.obscured)

    def ends(self, consent, purpose):
        return self.is_after(consent, purpose) and self.media >= consent.media and not self.only_filmed


class Person:
    def __init__(self, name, id):
        self.name, self.id, self.consents, self.noes, self.place = name, id, [], [], 0
        self.all_ids = []

    def says(self, id, yes, no, media, until=math.inf, obscured=False, only_filmed=False):
        self.place += 1
        if yes:
            self.consents.append(Consent(id, yes, media, self.place, until, obscured))
        self.noes += [No(self.place, p, media, only_filmed) for p in no]

    def lives(self, consent, purpose):
        """Whether there is something of it to take back."""
        return consent.stands(purpose) and not any(no.ends(consent, purpose) for no in self.noes)

    def withdraw(self, consents, purposes):
        self.place += 1
        for c, p in [(c, p) for c in consents for p in PURPOSES if (not purposes or p in purposes) and self.lives(c, p)]:
            c.taken_back.add(p)
            self.noes.append(No(self.place, p, c.media))

    def renewable(self, consent):
        """What it said that was not taken back; None where a part of that was refused since."""
        said = [p for p in consent.purposes if p not in consent.taken_back and not any(no.ends(consent, p) for no in self.noes)]
        return None if any(no.is_after(consent, p) for no in self.noes for p in said) else said

    def renews(self, id, consent, until):
        self.says(id, self.renewable(consent), [], consent.media, until, consent.obscured)

    def agrees(self, purpose, medium, now, obscured=False):
        no = max([n.place for n in self.noes if n.purpose == purpose and medium in n.media and not (obscured and n.only_filmed)], default=0)
        return any(c.place > no and medium in c.media and c.stands(purpose) and c.until > now and (obscured or not c.obscured)
                   for c in self.consents)

    def sweep(self, now):
        for c in self.consents:
            if c.until <= now:
                c.swept.update(p for p in c.purposes if self.lives(c, p))


class Clip:
    def __init__(self, name, id, kind, people):
        self.name, self.id, self.kind, self.people = name, id, kind, list(people)
        self.state, self.ended_at, self.source, self.remarks = "", None, None, {}
        self.renditions = {}  # what each that there is may be seen for
        self.covered = frozenset()  # whom the obscured one covers
        self.digests, self.sizes = {}, {}

    @property
    def uses(self):
        return [p for p in PURPOSES if any(p in uses for uses in self.renditions.values())]


class Grant:
    def __init__(self, name, id, target, purpose, until, views):
        self.name, self.id, self.target, self.purpose, self.until = name, id, target, purpose, until
        self.views, self.used, self.stands = views, 0, True

    def opens(self, clip, purpose, now):
        return (self.stands and self.until > now and self.target in (clip, None) and purpose in (self.purpose, None)
                and (not self.views or self.used < self.views))


class Glass:
    """An officer sees a clip, because two of them said so."""

    def __init__(self, name, id, clip, until):
        self.name, self.id, self.target, self.purpose, self.until, self.stands = name, id, clip, None, until, True


class Rules:
    """Of one family: its people and clips, and what its practitioner shared with one guest."""

    def __init__(self, practitioner, guest, guest_supervises):
        self.practitioner, self.guest, self.guest_supervises = practitioner, guest, guest_supervises
        self.people, self.clips, self.grants, self.covers, self.glasses = [], [], [], [], []
        self.linked = set()    # practitioners whom the guest supervises
        self.disabled = set()  # who cannot act now

    # ---- what is over a clip

    def over(self, clip, kinds=("hold", "restriction")):
        return [c for c in self.covers if c["kind"] in kinds and (c["target"] is clip or c["target"] in clip.people)]

    def covered(self, clip, kinds=("hold", "restriction")):
        return bool(self.over(clip, kinds))

    def place(self, cover):
        cover["keeps"] = []
        self.covers.append(cover)
        cover["keeps"] = [c for c in self.clips if cover in self.over(c) and (OBSCURED in c.renditions or self.keeps_obscured(c))]

    def keep(self, clip):
        for c in self.over(clip):
            c["keeps"].append(clip)

    def keeps_obscured(self, clip):
        """A rendition that is held is not made anew."""
        return any(clip in c["keeps"] for c in self.covers)

    def keeps_person(self, person):
        return any(c["target"] is person for c in self.covers) or any(self.covered(c) for c in self.shown_in(person))

    def shown_in(self, person):
        return [c for c in self.clips if person in c.people and c.state != "shredded"]

    # ---- what becomes of clips

    def allowed(self, clip, rendition, now):
        return [p for p in PURPOSES
                if all(who.agrees(p, clip.kind, now, rendition == OBSCURED and who in clip.covered) for who in clip.people)]

    def becomes(self, kind, people, now):
        """A film of people who agree to nothing but single pictures becomes one of its pictures."""
        useful = [k for k in ("recording", "clip", "still") if self.allowed(Clip("", "", k, people), FILMED, now)]
        return "still" if useful == ["still"] else kind

    def taken_in(self, clip, now, renditions=(FILMED,)):
        """What may wait for a yes is the film as it is, and only if nothing of it may be used."""
        clip.renditions = {r: uses for r in renditions if (uses := self.allowed(clip, r, now))}
        if not clip.uses and FILMED in renditions:
            clip.renditions = {FILMED: []}
        clip.state = "live" if clip.uses else "quarantined"
        if clip.renditions:
            self.clips.append(clip)
        if OBSCURED in clip.renditions:
            self.keep(clip)

    def obscure(self, clip, people, now):
        clip.covered = frozenset(people)
        clip.renditions[OBSCURED] = self.allowed(clip, OBSCURED, now)
        self.keep(clip)

    def drop(self, clip, now):
        del clip.renditions[OBSCURED]
        if not clip.renditions:
            self.end(clip, now)

    def end(self, clip, now):
        clip.state, clip.renditions, clip.ended_at = "held" if self.covered(clip) else "shredded", {}, now

    def refresh(self, now, people=None):
        """After something was said or swept: the uses that were lost, as (clip, purpose)."""
        lost = []
        for clip in self.clips:
            if clip.state not in ("live", "quarantined") or (people and not any(p in clip.people for p in people)):
                continue
            before, after = clip.renditions, {r: self.allowed(clip, r, now) for r in clip.renditions}
            lost += [(clip, p) for p in PURPOSES if any(p in before[r] and p not in after[r] for r in before)]
            if any(after.values()):
                clip.state, clip.renditions = "live", {r: uses for r, uses in after.items() if uses}
            elif clip.state == "live":
                self.end(clip, now)
        return lost

    def set_people(self, clip, people, now):
        clip.people = list(people)
        after = {r: self.allowed(clip, r, now) for r in clip.renditions}
        if FILMED in after and not after[FILMED]:
            clip.state, clip.renditions = "quarantined", {FILMED: []}  # what was obscured ends with the use of the film
        elif not any(after.values()):
            self.end(clip, now)
        else:
            clip.state, clip.renditions = "live", {r: uses for r, uses in after.items() if uses}

    def release(self, cover, now):
        self.covers.remove(cover)
        for clip in self.clips:
            if clip.state == "held" and not self.covered(clip):
                clip.state, clip.ended_at = "shredded", now

    # ---- who may

    def by_right(self, who, clip, purpose, now, counted=True):
        if who in self.disabled:
            return False
        if who == self.practitioner:
            return True
        if who == "officer":
            return any(g.stands and g.target is clip for g in self.glasses)
        if who != self.guest:
            return False
        if self.is_supervised() and purpose in SUPERVISED:
            return True
        return any(g.opens(clip, purpose, now) and (counted or not g.views) for g in self.grants)

    def is_supervised(self):
        return self.guest_supervises and self.practitioner in self.linked

    def guest_knows_of(self, clip, now):
        return self.is_supervised() or any(g.opens(clip, None, now) for g in self.grants)

    def shown(self, clip, purpose, now):
        """Which rendition there is to see: obscured only where not as filmed."""
        for rendition in (FILMED, OBSCURED):
            if purpose in clip.renditions.get(rendition, []) and purpose in self.allowed(clip, rendition, now):
                return rendition
        return None

    def may(self, who, clip, purpose, now, counted=True, rendition=None):
        seen = purpose in clip.renditions.get(rendition, []) and purpose in self.allowed(clip, rendition, now) if rendition \
            else self.shown(clip, purpose, now)
        return bool(clip.state == "live" and seen and not self.covered(clip, ("restriction",))
                    and self.by_right(who, clip, purpose, now, counted))

    def counts_on(self, who, clip, purpose, now):
        """The grant on which a viewing is counted; None where it costs nothing."""
        if who != self.guest or self.by_right(who, clip, purpose, now, counted=False):
            return None
        return next((g for g in self.grants if g.opens(clip, purpose, now)), None)
