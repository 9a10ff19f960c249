"""Who sees what of a family: it is asked, watched, and compared with the rules."""
import hashlib, random, time

from rules import FILMED, OBSCURED, PURPOSES
from server import Unsure
from viewers import IN_FLIGHT, Viewer

END_S = 15  # how long a stream may take to end once the command that ends it has returned; on a busy machine


class Broken(Exception):
    """Something is not as it must be."""


class Watching:
    """The part of a family (family.py) that looks."""

    # ---- who may see what

    def open(self, who, clip, purpose):
        """The answer, if it was known what it must be: then as it must be."""
        before, shown = self.rules.may(who, clip, purpose, time.time()), self.rules.shown(clip, purpose, time.time())
        answer = self.server.ask(who, "POST", f"/api/clips/{clip.id}/open", {"purpose": purpose})
        if (before, shown) != (self.rules.may(who, clip, purpose, time.time()), self.rules.shown(clip, purpose, time.time())):
            return None
        wanted = 200 if before else 403
        self.expect(answer.status == wanted, f"{who} opens {clip.name} ({clip.id}, {clip.state}) for {purpose}: "
                                             f"{answer.status} instead of {wanted}: {answer.body[:400]}")
        if answer.status == 200:
            seen = answer.json["rendition"]
            self.expect(seen == shown, f"{who} is shown {clip.name} ({clip.id}) for {purpose} {seen} instead of {shown}")
            self.soak.tell(obscured=seen == OBSCURED)
        self.soak.tell(**{"allowances" if before else "refusals": 1})
        return answer

    def probe(self, who, clip, purpose):
        for _ in range(5):
            standing = self.server.standing(who)
            counted = self.rules.counts_on(who, clip, purpose, time.time())
            answer = self.open(who, clip, purpose)
            if not answer or answer.status != 200:
                return
            try:
                part = self.server.ask_once(who, "GET", answer.json["url"], None, {"Range": "bytes=0-65535"})
            except Unsure:
                self.recount(counted)
                continue
            if counted:
                counted.used += 1
            if part.status in (200, 206):
                return self.compare_bytes(clip, answer.json["rendition"], part)
            self.recount(counted)
            self.expect(standing != self.server.standing(who), f"{clip.name} was opened, and is not served: {part.status} {part.body[:300]}")
        raise Broken(f"family {self.number}: {clip.name} cannot be seen")

    def compare_bytes(self, clip, rendition, part):
        """The same as ever; and where everything was covered, little is left of it."""
        digest = hashlib.sha256(part.body).hexdigest()
        size = int(part.headers.get("Content-Range", f"/{len(part.body)}").split("/")[1])
        self.expect(clip.digests.setdefault(rendition, digest) == digest, f"{clip.name}, {rendition}, is not what it was")
        clip.sizes[rendition] = size
        if OBSCURED in clip.sizes and FILMED in clip.sizes:
            self.expect(clip.sizes[OBSCURED] < clip.sizes[FILMED], f"{clip.name} has {clip.sizes} bytes, and everything was covered")

    def recount(self, grant):
        """After an answer that did not come: how often was it used?"""
        if grant:
            row = next(g for g in self.list("officer", f"/api/grants?user={self.soak.users[self.guest]}", "grants") if g["grant"] == grant.id)
            grant.used = row["used"]

    def look_at(self, ended):
        """What was just ended is refused to everybody."""
        for clip, purpose in ended[:6]:
            for who in (self.me, self.guest):
                self.probe(who, clip, purpose)

    def probes(self):
        if not self.rules.clips:
            return
        clip, purpose = self.random.choice(self.rules.clips), self.random.choice(PURPOSES)
        who = self.random.choice([self.me, self.me, self.guest, self.guest, self.stranger, "officer", "officer2", "admin"])
        self.note("open", who, clip.name, purpose)
        self.probe(who, clip, purpose)

    def gone(self):
        """One that was destroyed does not return."""
        ended = self.of_state("shredded", "held")
        if ended:
            clip, purpose = self.random.choice(ended), self.random.choice(PURPOSES)
            self.note("gone?", clip.name, purpose)
            self.probe(self.me, clip, purpose)

    def compare(self):
        """All clips of the family, as the vault tells of them."""
        rows = {row["clip"]: row for row in self.list(self.me, f"/api/clips?case={self.case}", "clips")}
        self.expect(set(rows) == self.known(self.rules.clips), f"there are {sorted(rows)}, and not {[(c.name, c.id) for c in self.rules.clips]}")
        for clip in self.rules.clips:
            row = rows[clip.id]
            there = (row["state"], sorted(row["purposes"]))
            self.expect(there == (clip.state, sorted(clip.uses)), f"{clip.name} ({clip.id}) is {there}, and not {(clip.state, sorted(clip.uses))}")

        now, seen = time.time(), self.list(self.guest, "/api/clips", "clips")
        may = {c.id for c in self.rules.clips if self.rules.guest_knows_of(c, now)}
        there = {row["clip"] for row in seen} & set(rows)
        self.expect(there == may, f"{self.guest} finds {sorted(there)}, and should find {sorted(may)}")

    # ---- streams

    def to_watch(self, who, purpose=None, on=None):
        return [(c, p) for c in self.of_state("live") for p in c.uses
                if c.kind == "recording" and purpose in (p, None) and self.rules.may(who, c, p, time.time(), counted=False)
                and (not on or (on.target in (c, None) and on.purpose in (p, None)))]

    def watch(self, who=None, purpose=None, on=None):
        name = self.name("seat")
        dice = random.Random(f"{self.soak.seed}:{self.number}:{name}")  # its own: how many there are is a matter of time
        who = who or dice.choice([self.me, self.me, self.guest])
        films = self.to_watch(who, purpose, on)
        if not films and not purpose and not on:
            who, films = self.me, self.to_watch(self.me)
        if not films:
            return
        clip, use = dice.choice(films)
        if len(self.seats) >= self.soak.seats_each:
            self.soak.cinema.leave(self.seats.pop(0))
        self.note("~ watch", who, clip.name, use)
        self.seat(who, clip, use)

    def seat(self, who, clip, purpose):
        standing = self.server.standing(who)
        answer = self.open(who, clip, purpose)
        if not answer or answer.status != 200:
            return
        try:
            with self.server.acting(who):
                session = self.server.session(who)
        except Unsure:
            return
        viewer = Viewer(who, clip, purpose, answer.json, session, standing)
        self.seats.append(viewer)
        self.soak.cinema.seat(viewer)

    def fill(self):
        for _ in range(self.soak.seats_each - len(self.seats)):
            self.watch()

    def streams(self):
        """Each runs on that may, and has ended that may not; one that ended with the server or its bridge begins again."""
        for v in list(self.seats):
            now = time.time()
            if self.rules.may(v.who, v.clip, v.purpose, now, counted=False, rendition=v.rendition):
                if v.ended:
                    self.soak.cinema.leave(v)
                    self.seats.remove(v)
                    self.again(v)
                continue
            self.seats.remove(v)
            if self.rules.may(v.who, v.clip, v.purpose, now, rendition=v.rendition):
                self.soak.cinema.leave(v)  # a grant that counts would let it go on
            else:
                self.has_ended(v)

    def again(self, v):
        standing = self.server.standing(v.who)
        self.expect(v.standing != standing or not self.server.up.is_set(), f"{v.who} may watch {v.clip.name} for {v.purpose}, and was ended: {v.why}")
        self.soak.tell(interrupted=1)
        self.seat(v.who, v.clip, v.purpose)

    def has_ended(self, v):
        v.cut_at = time.time()
        while not v.ended and time.time() < v.cut_at + END_S:
            time.sleep(0.01)
        self.expect(v.ended, f"{v.who} still watches {v.clip.name} for {v.purpose}, {END_S} s after that ended")
        self.expect(v.after <= IN_FLIGHT, f"{v.after} bytes of {v.clip.name} came after it had ended")
        self.soak.cinema.leave(v)
        self.expect(self.ask_again(v) in (None, 401, 403, 404), f"{v.clip.name} is served again: {v.why}")
        self.soak.tell(streams_cut=1, slowest_cut_ms=max(0, int((v.ended - v.cut_at) * 1000)))

    def ask_again(self, v):
        """The status of the same address once more; None where that server is gone, or says 503 to everybody."""
        for _ in range(20):
            try:
                status = self.server.send("GET", v.url, None, {"Cookie": v.cookie, "Range": "bytes=0-9"}, v.base).status
            except Unsure:
                return None
            if status < 500:
                return status
            time.sleep(0.2)
        return None
