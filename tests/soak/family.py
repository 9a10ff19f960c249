"""One family, and all that happens to it: an actor, which does one thing after another at random from its own seed, to the vault and to
the rules (rules.py), and compares. What it does next depends on the rules alone, hence on the seed."""
import collections, json, math, random, time

from rules import MEDIA, PURPOSES, Clip, Grant, Person, Rules
from server import Answer
from uploads import Upload
from watching import Broken, Watching

MOST_CLIPS = 12  # of a family, as long as they are kept


class Family(Watching):
    def __init__(self, number, soak, practitioner, guest, stranger):
        self.number, self.soak, self.server, self.stranger = number, soak, soak.server, stranger
        self.rules = Rules(practitioner, guest, guest in soak.supervisors)
        self.me, self.guest, self.random = practitioner, guest, random.Random(f"{soak.seed}:{number}")
        self.case, self.seats, self.names = None, [], collections.Counter()
        self.counts, self.log = collections.Counter(), open(f"{soak.stage}/actions.{number}.log", "w", buffering=1)

    # ---- small words

    def expect(self, true, words):
        if not true:
            raise Broken(f"family {self.number}: {words}")

    def name(self, kind):
        self.names[kind] += 1
        return f"{kind}{self.names[kind]}"

    def note(self, *words):
        print(*words, file=self.log)

    def some(self, of, most):
        return self.random.sample(of, min(len(of), self.random.randint(1, most)))

    def ask(self, who, method, path, body=None, settle=None, also=()):
        """As soak.server.ask; anything but 200…204 is not expected, unless it is in `also`, or came of asking a second time."""
        answer = self.server.ask(who, method, path, body, settle)
        good = answer.status < 300 or answer.status in also or (answer.after_unsure and answer.status in (400, 403, 404, 409, 422))
        self.expect(good, f"{method} {path} {body} as {who}: {answer.status} {answer.body[:400]}")
        return answer

    def list(self, who, path, member):
        return self.server.ask(who, "GET", path).json[member]

    def found(self, who, path, member, key, known, **has):
        """A settle(): the one of a list that is not known yet and has this, as the answer that did not come."""
        def look():
            for row in self.list(who, path, member):
                if row[key] not in known and all(row.get(k) == v for k, v in has.items()):
                    answer = Answer(200, json.dumps(row).encode(), {})
                    answer.after_unsure = True
                    return answer
            return None
        return look

    def known(self, of):
        return {x.id for x in of}

    def of_state(self, *states):
        return [c for c in self.rules.clips if c.state in states]

    # ---- the family comes to be

    def begin(self):
        answer = self.ask(self.me, "POST", "/api/cases", {"title": f"Family {self.number}"})
        self.case = answer.json["case"]
        for _ in range(2):
            self.add_person()
        for person in self.rules.people:
            self.record(person, PURPOSES[:4], [], frozenset(["recording", "clip", "still", "audio", "notes"]))
        for kind in ("recording", "recording", "still"):
            self.take_in(kind, [self.rules.people[0]])

    def add_person(self):
        name = self.name("person")
        settle = self.found(self.me, f"/api/persons?case={self.case}", "persons", "person", self.known(self.rules.people))
        answer = self.ask(self.me, "POST", "/api/persons", {"name": f"{name} of {self.number}", "kind": "carer", "case": self.case}, settle)
        self.rules.people.append(Person(name, answer.json["person"]))
        self.note("person", name)

    # ---- consents

    def record(self, person, yes, no, media, until=math.inf):
        body = {"person": person.id, "case": self.case, "media": sorted(media)}
        if yes:
            body["purpose"] = list(yes)
        if no:
            body["refuse"] = list(no)
        if until < math.inf:
            body["until"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until))
        moment = "for a moment" if until < math.inf else ""
        self.note("consent", person.name, "yes", ",".join(yes), "no", ",".join(no), ",".join(sorted(media)), moment)
        known = {id for p in self.rules.people for id in p.all_ids}
        settle = self.found(self.me, f"/api/consents?person={person.id}", "consents", "consent", known)
        answer = self.ask(self.me, "POST", "/api/consents", body, settle)
        person.all_ids.append(answer.json["consent"])
        person.says(answer.json["consent"], yes, no, media, until)
        self.rules.refresh(min(time.time(), until - 0.001), [person])  # whatever else happened meanwhile, it was taken in time

    def consent(self):
        person, media = self.random.choice(self.rules.people), self.random.choice(MEDIA)
        yes = [p for p in PURPOSES if self.random.random() < 0.6]
        no = [p for p in PURPOSES if p not in yes and self.random.random() < 0.1]
        if yes or no:
            self.record(person, yes, no, media)

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

    # ---- films

    def take_in(self, kind, people, again=None):
        name = again.name if again else self.name("clip")
        source = self.soak.films.another(kind, f"{self.soak.seed}:{self.number}:{name}")
        self.note("upload", kind, name, ",".join(p.name for p in people), "again" if again else "")
        told = self.upload(source, name, kind, people)
        if again:
            self.expect(told["state"] == "duplicate" and told.get("clip") == again.id, f"the same file again: {told}")
            return
        self.expect(told["state"] in ("live", "quarantined"), f"{name} was not taken in: {told}")
        clip = Clip(name, told["clip"], kind, people)
        clip.source = kind
        self.rules.taken_in(clip, time.time())
        self.expect(told["state"] == clip.state, f"{name} came as {told['state']} and not {clip.state}")
        self.soak.tell(uploads=1)

    def upload(self, source, name, kind, people, give_up=False):
        """By tus, in pieces; whatever becomes of the server meanwhile, what was acknowledged is there."""
        upload = Upload(self.server, self.me, source, f"{name}.{'mp4' if kind == 'recording' else 'png'}", self.case, [p.id for p in people])
        pieces = self.random.randint(1, 3)
        told = upload.send(pieces, give_up)
        self.expect(not upload.lost, f"of upload {name} {upload.lost}")
        return told

    def uploading(self):
        kind = self.random.choice(["recording", "still", "still", "still"])
        people = self.some(self.rules.people, 2)
        alive = [c for c in self.rules.clips if c.source and c.state in ("live", "quarantined")]
        dice = self.random.random()
        if dice < 0.1 and alive:
            again = self.random.choice(alive)
            self.take_in(again.source, again.people, again)
        elif dice < 0.2:
            self.note("upload", kind, "given up")
            self.upload(self.soak.films.another(kind, "given up"), "nothing", kind, people, give_up=True)
        elif len(self.of_state("live", "quarantined", "held")) < MOST_CLIPS:
            self.take_in(kind, people)
        else:
            self.shred()

    def ingest(self):
        """The same by a command, which only the operator gives."""
        if self.me != "operator" or len(self.of_state("live", "quarantined", "held")) >= MOST_CLIPS:
            return self.uploading()
        kind, people = self.random.choice(["recording", "still"]), self.some(self.rules.people, 2)
        name = self.name("clip")
        path = f"{self.soak.stage}/{name}.{'mp4' if kind == 'recording' else 'png'}"
        with open(path, "wb") as f:
            f.write(self.soak.films.another(kind, f"{self.soak.seed}:{self.number}:{name}"))
        self.note("ingest", kind, name, ",".join(p.name for p in people))
        words = ["ingest", path, "--case", self.case] + [w for p in people for w in ("--person", p.id)]
        until, rows = time.monotonic() + 240, []
        while not rows:
            code, said, why = self.server.command(*words)
            rows = said.get("ingested", []) + said.get("duplicates", [])  # a duplicate: of a command that was not answered
            self.expect(rows or (code in (69, 70, 74, 75) and time.monotonic() < until), f"ingest ended with {code}: {said} {why}")
            if code:
                self.note("~ ingest", code, why.strip())
                time.sleep(0.3)
        clip = Clip(name, rows[0]["clip"], kind, people)
        clip.source = kind
        self.rules.taken_in(clip, time.time())
        return self.soak.tell(ingests=1)

    def revive(self):
        """There is always a film to watch, but where everybody is under restriction."""
        seen = [c for c in self.of_state("live") if c.kind == "recording" and not self.rules.covered(c, ("restriction",))]
        free = [p for p in self.rules.people if not any(c["target"] is p and c["kind"] == "restriction" for c in self.rules.covers)]
        if not seen and free:
            person = self.random.choice(free)
            self.record(person, PURPOSES[:4], [], MEDIA[0])
            self.take_in("recording", [person])

    def cut(self):
        films = [c for c in self.of_state("live") if c.kind == "recording" and not self.rules.covered(c, ("restriction",))]
        if not films or len(self.of_state("live", "quarantined", "held")) >= MOST_CLIPS:
            return
        film, still = self.random.choice(films), self.random.random() < 0.5
        name = self.name("clip")
        known = self.known(self.rules.clips)
        settle = self.found(self.me, f"/api/clips?case={self.case}", "clips", "clip", known)
        body = {"at": str(self.random.randrange(20))} if still else {"in": "0", "out": str(self.random.randint(4, 20))}
        self.note("still" if still else "cut", film.name, name, *body.values())
        answer = self.ask(self.me, "POST", f"/api/clips/{film.id}/{'still' if still else 'cut'}", body, settle)
        clip = Clip(name, answer.json["clip"], "still" if still else "clip", film.people)
        self.rules.taken_in(clip, time.time())
        self.expect(answer.json["state"] == clip.state, f"{name} of {film.name} came as {answer.json['state']} and not {clip.state}")

    def shred(self):
        clips = self.of_state("live", "quarantined")
        if not clips:
            return
        clip = self.random.choice(clips)
        covered = self.rules.covered(clip)
        self.note("shred", clip.name, "covered" if covered else "")
        uses = list(clip.uses)
        answer = self.ask(self.random.choice([self.me, "officer"]), "POST", f"/api/clips/{clip.id}/shred", {"reason": "soak"}, also=(403,))
        if covered:
            self.soak.tell(refusals=1)
            return self.expect(answer.status == 403, f"{clip.name} was shredded under a hold")
        self.expect(answer.status == 200 or answer.after_unsure, f"shred: {answer.status} {answer.body[:300]}")
        self.rules.end(clip, time.time())
        return self.look_at([(clip, p) for p in uses])

    def people(self):
        clips = [c for c in self.of_state("live", "quarantined") if not self.rules.covered(c)]
        if not clips:
            return
        clip = self.random.choice(clips)
        others = [p for p in self.rules.people if p not in clip.people and not any(c["target"] is p for c in self.rules.covers)]
        add = len(clip.people) == 1 or (others and self.random.random() < 0.5)
        if add and not others:
            return
        person = self.random.choice(others if add else clip.people)
        self.note("people", clip.name, "add" if add else "remove", person.name)
        before = list(clip.uses)
        self.ask(self.me, "POST", f"/api/clips/{clip.id}/people/{'add' if add else 'remove'}", {"person": person.id})
        for v in self.seats:
            if v.clip is clip:
                v.standing = None  # all keys of it are others now: whoever watches begins again
        self.rules.set_people(clip, clip.people + [person] if add else [p for p in clip.people if p is not person], time.time())
        self.look_at([(clip, p) for p in before if p not in clip.uses])

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
                "until": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until)) if until else "2090-01-01"}
        if views:
            body["views"] = str(views)
        self.note("grant", name, target.name if target else "all", purpose, views, "for a moment" if until else "")
        settle = self.found(self.me, f"/api/grants?user={self.soak.users[self.guest]}", "grants", "grant", self.known(self.rules.grants),
                            purpose=purpose, **{"clip" if target else "case": body["target"]})
        answer = self.ask(self.me, "POST", "/api/grants", body, settle)
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
        self.rules.linked = not self.rules.linked
        self.note("link" if self.rules.linked else "unlink")
        body = {"supervisor": self.soak.users[self.guest], "practitioner": self.soak.users[self.me]}
        self.ask("officer", "POST", "/api/links" if self.rules.linked else "/api/links/remove", body)

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
        self.rules.covers.append({"kind": kind, "target": target, "id": answer.json["hold"]})
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

    # ---- what ends by the clock

    def lapse(self):
        """Shared for a moment: who watches is ended when it is over."""
        with self.soak.no_restart:
            until = math.ceil(time.time()) + 4
            grant = self.grant(until)
        if not grant:
            return
        self.watch(self.guest, on=grant)
        time.sleep(max(0, until - time.time()) + 0.2)
        grant.stands = False

    def expire(self):
        """Agreed to for a moment; then the sweep ends what that was for."""
        person, media = self.random.choice(self.rules.people), self.random.choice(MEDIA)
        silent = [p for p in PURPOSES if not any(person.agrees(p, m, time.time()) for m in media)]
        if not silent:
            return
        purpose = self.random.choice(silent)
        with self.soak.no_restart:
            until = math.ceil(time.time()) + 4
            self.record(person, [purpose], [], media, until)
        self.watch(self.me, purpose)
        time.sleep(max(0, until - time.time()) + 0.2)
        self.note("sweep")
        self.ask(self.random.choice([self.me, "officer"]), "POST", "/api/sweep", {})
        person.sweep(time.time())
        lost = self.rules.refresh(time.time(), [person])
        self.look_at(lost)

    # ---- tags and remarks

    def remark(self):
        places = [(c, p) for c in self.of_state("live") for p in c.uses if self.rules.may(self.me, c, p, time.time())]
        if not places:
            return
        clip, purpose = self.random.choice(places)
        said = [r for r in clip.remarks.values() if r]
        if said and self.random.random() < 0.4:
            return self.change_remark(clip, purpose, self.random.choice(sorted(said, key=lambda r: r["name"])))
        name, tag = self.name("remark"), self.random.choice(["attentive", "waiting", "receiving", "eye-contact"])
        self.note("remark", name, clip.name, purpose, tag)
        path = f"/api/clips/{clip.id}/remarks"
        settle = self.found(self.me, f"{path}?purpose={purpose}", "remarks", "remark", set(clip.remarks))
        answer = self.ask(self.me, "POST", path, {"purpose": purpose, "at": "0", "tag": tag, "text": name, "shared": True}, settle)
        clip.remarks[answer.json["remark"]] = {"name": name, "text": name, "id": answer.json["remark"]}
        return None

    def change_remark(self, clip, purpose, said):
        if self.random.random() < 0.3:
            self.note("remark removed", said["name"])
            self.ask(self.me, "POST", f"/api/remarks/{said['id']}/remove", {})
            clip.remarks[said["id"]] = None
        else:
            said["text"] = self.name("word")
            self.note("remark edited", said["name"], said["text"])
            self.ask(self.me, "POST", f"/api/remarks/{said['id']}/edit", {"text": said["text"]})
        there = self.list(self.me, f"/api/clips/{clip.id}/remarks?purpose={purpose}", "remarks")
        wanted = sorted(r["text"] for r in clip.remarks.values() if r)
        self.expect(sorted(r["text"] for r in there) == wanted, f"on {clip.name} there is {there}, and not {wanted}")

    # ---- one thing after another

    WEIGHTS = [("consent", 7), ("withdraw", 6), ("uploading", 12), ("ingest", 6), ("cut", 5), ("shred", 2), ("people", 5), ("grant", 7),
               ("revoke", 5), ("link", 4), ("cover", 4), ("uncover", 5), ("lapse", 2), ("expire", 3), ("remark", 9), ("probes", 14),
               ("gone", 5), ("add_person", 1)]

    def step(self):
        kinds = [k for k, _ in self.WEIGHTS]
        kind = self.random.choices(kinds, [w for _, w in self.WEIGHTS])[0]
        if kind == "add_person" and len(self.rules.people) >= 5:
            kind = "probes"
        getattr(self, kind)()
        self.counts[kind] += 1
        self.revive()
        self.streams()
        self.fill()
        self.compare()
        for _ in range(2):
            self.probes()
