"""What people of a family say: yes, no, again, not any more, and that nothing of them shall be left (a part of family.py)."""
import math, time

from rules import EVERYTHING, MEDIA, PURPOSES

MOMENT_S, RENEWED_IN_TIME_S = 6, 12


def moment(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


class Saying:
    # ---- consents

    def record(self, person, yes, no, media, until=math.inf, obscured=False, only_filmed=False, **more):
        body = {"person": person.id, "case": self.case, "media": sorted(media)}
        if yes:
            body["purpose"] = list(yes)
        if no:
            body["refuse"] = list(no)
        if until < math.inf:
            body["until"] = moment(until)
        if obscured or only_filmed:
            body["identifiability"] = "obscured" if obscured else "as-filmed"
        how = ["obscured"] * obscured + ["only as filmed"] * only_filmed + ["for a moment"] * (until < math.inf)
        self.note("consent", person.name, "yes", ",".join(yes), "no", ",".join(no), ",".join(sorted(media)), *how, *more.values())
        body.update(more)
        known = {id for p in self.rules.people for id in p.all_ids}
        settle = self.found(self.me, f"/api/consents?person={person.id}", "consents", "consent", known)
        answer = self.ask(self.me, "POST", "/api/consents", body, settle, self.too_late(until))
        if answer.status == 400 and time.time() > until:
            return False
        person.all_ids.append(answer.json["consent"])
        person.says(answer.json["consent"], yes, no, media, until, obscured, only_filmed)
        self.rules.refresh(min(time.time(), until - 0.001), [person])  # whatever else happened meanwhile, it was taken in time
        return True

    def too_late(self, until):
        """Statuses: on a busy machine a moment may be over before it is asked for."""
        return (400,) if until < time.time() + 60 else ()

    def consent(self):
        person, media = self.random.choice(self.rules.people), self.random.choice(MEDIA)
        yes = [p for p in PURPOSES if self.random.random() < 0.6]
        no = [p for p in PURPOSES if p not in yes and self.random.random() < 0.1]
        obscured = self.random.random() < 0.25
        if yes or no:
            self.record(person, yes, no, media, obscured=obscured, only_filmed=not obscured and self.random.random() < 0.5)

    def withdraw(self, person=None, whole=False):
        person = person or self.random.choice(self.rules.people)
        living = [c for c in person.consents if any(person.lives(c, p) for p in PURPOSES)]
        by = self.random.choice([self.me, "officer", self.stranger])
        one = self.random.random() < 0.4 and not whole and by != self.stranger  # who may not know which consents there are
        if not living:
            return
        chosen = [self.random.choice(living)] if one else person.consents
        purposes = [] if whole or self.random.random() < 0.3 else self.some(PURPOSES, 2)
        if not any(person.lives(c, p) for c in chosen for p in purposes or PURPOSES):
            return
        path = f"/api/consents/{chosen[0].id}/withdraw" if one else f"/api/persons/{person.id}/withdraw"
        body = {"purpose": purposes} if purposes else {}
        self.note("withdraw", person.name, "one" if one else "all", ",".join(purposes), "by", by)
        answer = self.ask(by, "POST", path, body)
        if self.soak.lie == "withdrawal":  # the rules are told that it did not happen
            return
        person.withdraw(chosen, purposes)
        lost = self.rules.refresh(time.time(), [person])
        if not answer.after_unsure and by != self.stranger:
            said = sorted((row["clip"], row["purpose"]) for row in answer.json["clips_lost"])
            self.expect(answer.json["state"] == "done" and said == sorted((c.id, p) for c, p in lost),
                        f"the withdrawal of {person.name} ended {said}, and not {[(c.name, c.id, p) for c, p in lost]}")
        self.soak.tell(withdrawn_uses=len(lost))
        self.look_at(lost)

    def expire(self):
        """Agreed to for a moment; then the sweep ends what that was for."""
        person, media = self.random.choice(self.rules.people), self.random.choice(MEDIA)
        silent = [p for p in PURPOSES if not any(person.agrees(p, m, time.time()) for m in media)]
        if not silent:
            return
        purpose = self.random.choice(silent)
        with self.soak.no_restart:
            until = math.ceil(time.time()) + MOMENT_S
            if not self.record(person, [purpose], [], media, until):
                return
        self.watch(self.me, purpose)
        time.sleep(max(0, until - time.time()) + 0.2)
        self.look_at(self.sweep(person))

    def sweep(self, person):
        self.note("sweep")
        with self.soak.sweeping:
            self.ask(self.random.choice([self.me, "officer"]), "POST", "/api/sweep", {})
        person.sweep(time.time())
        return self.rules.refresh(time.time(), [person])


    # ---- again

    def renew(self, consent=None, person=None):
        """The same is agreed to again: what was taken back or refused since is not."""
        people = [p for p in self.rules.people if p.consents]
        if not people:
            return False
        person = person or self.random.choice(people)
        consent = consent or self.random.choice(person.consents)
        said, path = person.renewable(consent), f"/api/consents/{consent.id}/renew"
        self.note("renew", person.name, person.all_ids.index(consent.id), ",".join(said or ["nothing"]))
        body = {"until": "2090-01-01"}
        if not said:
            self.refused(self.me, "POST", path, body)
            return False
        known = {id for p in self.rules.people for id in p.all_ids}
        settle = self.found(self.me, f"/api/consents?person={person.id}", "consents", "consent", known)
        answer = self.ask(self.random.choice([self.me, "officer"]), "POST", path, body, settle)
        person.all_ids.append(answer.json["consent"])
        person.renews(answer.json["consent"], consent, math.inf)
        self.rules.refresh(time.time(), [person])
        self.soak.tell(renewed=1)
        return True

    def extend(self):
        """What was agreed to for a moment is agreed to again in time: the sweep ends nothing of it."""
        person = self.random.choice(self.rules.people)
        silent = [p for p in PURPOSES if not any(person.agrees(p, m, time.time()) for m in EVERYTHING)]
        if not silent:
            return
        purpose = self.random.choice(silent)
        with self.soak.no_restart, self.soak.sweeping:
            until = math.ceil(time.time()) + RENEWED_IN_TIME_S
            if not self.record(person, [purpose], [], EVERYTHING, until):
                return
            in_time = until - time.time() > 0.6 * RENEWED_IN_TIME_S and self.renew(person.consents[-1], person)
        kept = [c for c in self.of_state("live") if purpose in c.uses and person in c.people]
        self.watch(self.me, purpose)
        time.sleep(max(0, until - time.time()) + 0.2)
        self.sweep(person)
        for clip in kept if in_time else []:
            self.expect(purpose in clip.uses, f"the rules: {clip.name} ended, and was agreed to again in time")
            self.probe(self.me, clip, purpose)
            self.soak.tell(carried_on=1)

    # ---- nothing of them shall be left

    def erase(self):
        """A person's request: what shows them ends, then their record; refused while something of them is kept or there."""
        person = self.random.choice(self.rules.people)
        path, there = f"/api/persons/{person.id}/erase", self.rules.shown_in(person)
        self.note("erase", person.name, "kept" if self.rules.keeps_person(person) else "")
        if there or self.rules.keeps_person(person):
            self.refused("officer", "POST", path)
        if self.me != "operator":
            self.refused(self.me, "POST", path)
        if self.rules.keeps_person(person) or len(self.rules.people) < 2:
            return
        self.withdraw(person, whole=True)
        for clip in self.rules.shown_in(person):
            self.take_out(clip, person)
        if self.soak.lie != "erasure":  # nobody is asked to do it
            self.ask("officer", "POST", path, {})
        self.rules.people.remove(person)
        self.is_erased(person)
        self.soak.tell(erased=1)
        if len(self.rules.people) < 2:
            self.add_person()

    def take_out(self, clip, person):
        """Of what waits in quarantine."""
        others = [p for p in clip.people if p is not person]
        self.note("take out", clip.name, person.name)
        if others:
            self.ask(self.me, "POST", f"/api/clips/{clip.id}/people/remove", {"person": person.id})
            self.rules.set_people(clip, others, time.time())
        else:
            self.ask(self.me, "POST", f"/api/clips/{clip.id}/shred", {"reason": "soak"})
            self.rules.end(clip, time.time())

    def is_erased(self, person):
        row = next(r for r in self.list("officer", f"/api/persons?case={self.case}", "persons") if r["person"] == person.id)
        self.expect(row["state"] == "erased" and "name" not in row, f"{person.name} was erased, and is {row}")
        self.refused("officer", "POST", "/api/consents", {"person": person.id, "case": self.case, "purpose": PURPOSES[:1]})
        for consent in person.consents[-1:]:
            self.refused("officer", "POST", f"/api/consents/{consent.id}/renew", {"until": "2090-01-01"})
        for clip in [c for c in self.rules.clips if person in c.people][-2:]:
            self.probe(self.me, clip, self.random.choice(PURPOSES))
