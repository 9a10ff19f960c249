"""Who may see a family's films, and who says so: shares, links, holds, officers, and who cannot act or is not theirs any more (a part
of family.py)."""
import copy, json, math, time

from rules import EVERYTHING, PURPOSES, Glass, Grant, Rules
from saying import MOMENT_S, moment
from server import Unsure
from uploads import TUS, b64
from watching import END_S

DAY_S = 24 * 60 * 60
GLASS_S = 1800  # half of what it lasts: until then it is taken back


class Deciding:
    # ---- rights

    def grant(self, until=None):
        clips = self.of_state("live", "quarantined")
        if not clips or sum(g.stands for g in self.rules.grants) > 8:
            return None
        target = None if self.random.random() < 0.2 else self.random.choice(clips)
        purpose, name = self.random.choice(PURPOSES), self.name("grant")
        views = self.random.choice([0, 0, 1, 2]) if not until else 0
        if any(g.stands and g.views for g in self.rules.grants):
            views = 0  # one that counts at a time, so that it is known which
        body = {"target": target.id if target else self.case, "user": self.soak.users[self.guest], "purpose": purpose,
                "until": moment(until) if until else "2090-01-01"}
        if views:
            body["views"] = str(views)
        self.note("grant", name, target.name if target else "all", purpose, views, "for a moment" if until else "")
        settle = self.found("officer", f"/api/grants?user={self.soak.users[self.guest]}", "grants", "grant", self.known(self.rules.grants),
                            purpose=purpose, **{"clip" if target else "case": body["target"]})
        with self.server.acting(self.guest):  # nothing is shared with who cannot act
            answer = self.ask(self.me, "POST", "/api/grants", body, settle, self.too_late(until or math.inf))
        if answer.status == 400 and time.time() > until:
            return None
        grant = Grant(name, answer.json["grant"], target, purpose, until or math.inf, views)
        self.rules.grants.append(grant)
        return grant

    def revoke(self):
        standing = [g for g in self.rules.grants if g.stands]
        if not standing:
            return
        grant = self.random.choice(standing)
        self.note("revoke", grant.name)
        self.ask(self.random.choice([self.me, "officer"]), "POST", f"/api/grants/{grant.id}/revoke", {})
        grant.stands = False

    def link(self):
        if not self.rules.guest_supervises:
            return
        self.rules.linked ^= {self.me}
        linked = self.me in self.rules.linked
        self.note("link" if linked else "unlink", self.me)
        body = {"supervisor": self.soak.users[self.guest], "practitioner": self.soak.users[self.me]}
        with self.server.acting(self.guest):
            self.ask("officer", "POST", "/api/links" if linked else "/api/links/remove", body)

    def cover(self):
        clips = self.of_state("live", "quarantined")
        if len(self.rules.covers) >= 3 or not clips:
            return
        restricts, of_person = self.random.random() < 0.4, self.random.random() < 0.3
        target = self.random.choice(self.rules.people if of_person else clips)
        kind = "restriction" if restricts else "hold"
        body = {"person" if of_person else "clip": target.id, "reason": "soak", "owner": "soak", "review": "2090-01-01"}
        self.note(kind, target.name)
        settle = self.found("officer", "/api/holds", "holds", "hold", {c["id"] for c in self.rules.covers}, kind=kind,
                            **{"person" if of_person else "clip": target.id})
        answer = self.ask("officer", "POST", "/api/restrictions" if restricts else "/api/holds", body, settle)
        self.rules.place({"kind": kind, "target": target, "id": answer.json["hold"]})
        if restricts:
            self.look_at([(c, p) for c in self.rules.clips if self.rules.covered(c, ("restriction",)) for p in c.uses][:3])

    def uncover(self):
        if not self.rules.covers:
            return
        cover = self.random.choice(self.rules.covers)
        self.note("release", cover["kind"], cover["target"].name)
        where = "restrictions" if cover["kind"] == "restriction" else "holds"
        self.ask("officer", "POST", f"/api/{where}/{cover['id']}/release", {})
        self.rules.release(cover, time.time())

    def lapse(self):
        """Shared for a moment: who watches is ended when it is over."""
        with self.soak.no_restart:
            until = math.ceil(time.time()) + MOMENT_S
            grant = self.grant(until)
        if not grant:
            return
        self.watch(self.guest, on=grant)
        time.sleep(max(0, until - time.time()) + 0.2)
        grant.stands = False


    # ---- two officers

    def break_glass(self):
        """An officer sees a clip once a second one has confirmed it, for what everybody agreed to; and its practitioner is told."""
        clips = self.of_state("live", "quarantined")
        if not clips or sum(g.stands for g in self.rules.glasses) >= 2:
            return
        clip, name = self.random.choice(clips), f"{self.name('glass')} of {self.number}"
        body = {"clip": clip.id, "reason": name}
        self.note("break glass", clip.name, name)
        self.refused(self.guest, "POST", "/api/break-glass", body)
        if clip.state != "live":
            return self.refused("officer", "POST", "/api/break-glass", body)
        asked = self.ask("officer", "POST", "/api/break-glass", body).json["grant"]
        for who in ("officer", self.guest, "admin"):
            self.refused(who, "POST", f"/api/break-glass/{asked}/confirm")
        purpose = self.random.choice(clip.uses)
        self.probe("officer", clip, purpose)  # not yet, but for an earlier one
        if self.soak.lie != "glass":  # nobody confirms
            self.ask("officer2", "POST", f"/api/break-glass/{asked}/confirm", {})
        self.rules.glasses.append(Glass(name, asked, clip, time.time() + GLASS_S))
        self.probe("officer", clip, purpose)
        self.probe("officer2", clip, purpose)
        self.watch("officer", on=self.rules.glasses[-1])
        self.soak.tell(glasses=1)
        return self.is_told(clip, purpose, name)

    def is_told(self, clip, purpose, name):
        """On the clip, to its practitioner: who asked, who confirmed, why, and whether it was seen."""
        rows = [r for r in self.list(self.me, f"/api/clips/{clip.id}", "break_glass") if r["reason"] == name]
        officers = (self.soak.users["officer"], self.soak.users["officer2"])
        true = any((r["asked_by"], r["confirmed_by"]) == officers for r in rows)
        self.expect(true, f"{name} is not told of on {clip.name}: {rows}")
        seen = self.rules.may("officer", clip, purpose, time.time())
        others = sum(g.target is clip for g in self.rules.glasses) > 1  # then it may have been counted on those
        self.expect(others or not seen or sum(r["seen"] for r in rows) > 0, f"{clip.name} was seen by an officer, and that is not told: {rows}")

    def glass_ends(self):
        standing = [g for g in self.rules.glasses if g.stands]
        if standing:
            self.take_glass_back(self.random.choice(standing))

    def glass_is_old(self):
        for glass in [g for g in self.rules.glasses if g.stands and g.until < time.time()]:
            self.take_glass_back(glass)

    def take_glass_back(self, glass):
        self.note("no more", glass.name)
        self.ask(self.random.choice([self.me, "officer2"]), "POST", f"/api/grants/{glass.id}/revoke", {})
        glass.stands = False
        self.look_at_glass(glass)

    def look_at_glass(self, glass):
        for purpose in glass.target.uses[:1]:
            self.probe("officer", glass.target, purpose)

    # ---- who cannot act

    def disable(self):
        """In the middle of what they watch: their streams end, and their sessions; enabled again, all is as before."""
        who = self.guest if self.random.random() < 0.5 or self.me == "operator" else self.me
        self.note("disable", who)
        self.watch(who)
        self.refused(self.guest, "POST", f"/api/users/{self.soak.users[self.me]}/disable")
        with self.soak.disabling, self.server.barring(who):  # one at a time: whoever is barred may be who another one waits for
            session = self.server.sessions.get(who)
            if self.soak.lie != "disabling":  # nobody is asked to do it
                self.ask("officer", "POST", f"/api/users/{self.soak.users[who]}/disable", {})
            self.rules.disabled.add(who)
            self.streams()
            self.all_end(who)
            self.is_shut_out(who, session)
            self.ask("officer", "POST", f"/api/users/{self.soak.users[who]}/enable", {})
            self.rules.disabled.remove(who)
        self.soak.tell(disabled=1)

    def all_end(self, who):
        """Those of other families too."""
        theirs, until = [v for v in self.soak.cinema.all() if v.who == who], time.time() + END_S
        while not all(v.ended for v in theirs) and time.time() < until:
            time.sleep(0.01)
        still = [f"{v.clip.name} for {v.purpose}" for v in theirs if not v.ended]
        self.expect(not still, f"{who} was disabled, and {END_S} s later still watches {still}")
        self.soak.tell(ended_with_them=len(theirs))

    def is_shut_out(self, who, session):
        try:
            if session and session[0] == self.server.base:
                status = self.server.send("GET", "/api/me", None, session[1], session[0]).status
                self.expect(status == 401, f"{who} was disabled, and the session goes on: {status}")
            if self.soak.try_door(self.server.life):  # a failure counts, and whoever fails waits
                base, name = self.server.base, json.dumps({"name": who, "password": self.server.passwords[who]})
                status = self.server.send("POST", "/api/session", name, {"Origin": base, "Content-Type": "application/json"}, base).status
                self.expect(status in (401, 403), f"{who} was disabled, and signs in: {status}")
        except Unsure:
            self.note("~ was not answered")

    # ---- whose case it is

    def assign(self):
        """It becomes the stranger's, who becomes the one who may not. The operator's stays: old copies are tried as the operator."""
        if self.me == "operator":
            return self.probes()
        old, new = self.me, self.stranger
        body, path = {"practitioner": self.soak.users[new]}, f"/api/cases/{self.case}/assign"
        self.note("assign", old, new)
        self.refused(self.guest, "POST", path, body)
        with self.server.acting(new):
            self.ask("officer", "POST", path, body)
        if self.soak.lie == "assignment":  # the rules believe that it was refused
            return None
        self.me = self.rules.practitioner = new
        self.stranger = old
        self.refused(old, "GET", f"/api/cases/{self.case}")
        self.expect(not self.list(old, f"/api/clips?case={self.case}", "clips"), f"{old} finds clips of a case that is {new}'s")
        for clip in self.some(self.of_state("live"), 3):
            self.probe(old, clip, self.random.choice(clip.uses))
        return self.soak.tell(assigned=1)

    def beside(self):
        """Another piece of work of the same practitioner: a case of its own, and otherwise the same family."""
        other = copy.copy(self)
        other.rules, other.seats = Rules(self.me, self.guest, self.rules.guest_supervises), []
        other.rules.linked, other.rules.disabled = self.rules.linked, self.rules.disabled
        other.case = self.ask(self.me, "POST", "/api/cases", {"title": f"Beside family {self.number}"}).json["case"]
        return other

    def close(self):
        """Involvement has ended, and with it what was agreed to until a day after that; nothing new comes in."""
        self.note("close")
        work = self.beside()
        work.add_person()
        person = work.rules.people[0]
        work.record(person, self.some(PURPOSES, 3), [], EVERYTHING, after=["end-of-involvement:1d"])
        work.take_in(self.random.choice(["recording", "still"]), [person])
        clip, path = work.rules.clips[0], f"/api/cases/{work.case}/close"
        work.watch(self.me)
        self.refused(self.guest, "POST", path)
        self.ask(self.me, "POST", path, {"on": moment(time.time() - 3 * DAY_S)})
        person.consents[0].until = 0
        self.refused(self.me, "POST", path)  # later it cannot be
        about = f"filename {b64('late.png')},case {b64(work.case)},persons {b64(person.id)}"
        self.refused(self.me, "POST", "/api/uploads", "", headers={**TUS, "Upload-Length": "100", "Upload-Metadata": about})
        work.streams()
        work.look_at([(clip, p) for p in clip.uses])
        work.sweep(person)
        self.expect(clip.state == "shredded", f"the rules: {clip.name} is {clip.state} after the end of involvement")
        work.compare()
        work.look_at([(clip, p) for p in PURPOSES[:2]])
        for v in work.seats:
            self.soak.cinema.leave(v)
        self.soak.tell(closed=1)
