"""One family, and all that happens to it: an actor, which does one thing after another at random from its own seed, to the vault and to
the rules (rules.py), and compares. What it does next depends on the rules alone, hence on the seed."""
import collections, json, random, time

from deciding import Deciding
from rules import EVERYTHING, FILMED, MEDIA, OBSCURED, PURPOSES, Clip, Person, Rules
from saying import Saying
from server import Answer
from uploads import Upload
from watching import Broken, Watching

MOST_CLIPS = 12  # of a family, as long as they are kept


class Family(Saying, Deciding, Watching):
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

    def refused(self, who, method, path, body=None, headers=None):
        """As often as it is asked; to whoever may not know of it, as if there were no such thing."""
        answer = self.server.ask(who, method, path, body if body is not None or method == "GET" else {}, headers=headers)
        self.expect(answer.status in (403, 404), f"{method} {path} {body} as {who} should be refused: {answer.status} {answer.body[:400]}")
        self.soak.tell(refusals=1)

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
            self.record(person, PURPOSES[:4], [], EVERYTHING)
            self.record(person, PURPOSES[4:], [], EVERYTHING, obscured=True)
        for kind in ("recording", "recording", "still"):
            self.take_in(kind, [self.rules.people[0]])

    def add_person(self):
        name = self.name("person")
        settle = self.found(self.me, f"/api/persons?case={self.case}", "persons", "person", self.known(self.rules.people))
        answer = self.ask(self.me, "POST", "/api/persons", {"name": f"{name} of {self.number}", "kind": "carer", "case": self.case}, settle)
        self.rules.people.append(Person(name, answer.json["person"]))
        self.note("person", name)

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
        clip = Clip(name, told["clip"], self.rules.becomes(kind, people, time.time()), people)
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
        clip = Clip(name, rows[0]["clip"], self.rules.becomes(kind, people, time.time()), people)
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
        film, still, now = self.random.choice(films), self.random.random() < 0.5, time.time()
        seen = [r for r in (FILMED, OBSCURED) if any(self.rules.may(self.me, film, p, now, rendition=r) for p in PURPOSES)]
        name = self.name("clip")
        known = self.known(self.rules.clips)
        settle = self.found(self.me, f"/api/clips?case={self.case}", "clips", "clip", known)
        body = {"at": str(self.random.randrange(20))} if still else {"in": "0", "out": str(self.random.randint(4, 20))}
        self.note("still" if still else "cut", film.name, name, *body.values())
        path = f"/api/clips/{film.id}/{'still' if still else 'cut'}"
        clip = Clip(name, None, "still" if still else "clip", film.people)
        clip.covered = film.covered
        if FILMED not in seen and not self.rules.allowed(clip, OBSCURED, now):
            return self.refused(self.me, "POST", path, body)  # what is obscured does not wait
        answer = self.ask(self.me, "POST", path, body, settle)
        clip.id = answer.json["clip"]
        self.rules.taken_in(clip, time.time(), seen)
        return self.expect(answer.json["state"] == clip.state, f"{name} of {film.name} came as {answer.json['state']} and not {clip.state}")

    # ---- where somebody cannot be recognised

    def obscure(self):
        """All of the picture is covered, for some of those who are in it."""
        clips = [c for c in self.of_state("live", "quarantined") if not self.rules.covered(c, ("restriction",))]
        if not clips:
            return
        clip = self.random.choice(clips)
        if OBSCURED in clip.renditions and self.random.random() < 0.4:
            return self.drop(clip)
        people, path = self.some(clip.people, 2), f"/api/clips/{clip.id}/obscure"
        marks = {"marks": "".join(f"person {p.id} fill\n0 0 0 {4096} {4096}\n" for p in people)}
        self.note("obscure", clip.name, ",".join(p.name for p in people))
        if not any(self.rules.may(self.me, clip, p, time.time(), rendition=FILMED) for p in PURPOSES):
            return self.refused(self.me, "POST", path, marks)  # who marks must see it as it is
        self.ask(self.me, "POST", path, marks)
        if self.rules.keeps_obscured(clip):
            return self.refused(self.me, "POST", f"{path}/confirm", {"through": "end"})
        self.obscured_anew(clip)
        self.ask(self.me, "POST", f"{path}/confirm", {"through": "end"})
        self.rules.obscure(clip, people, time.time())
        self.soak.tell(made_obscured=1)
        for purpose in self.some(PURPOSES, 2):
            self.probe(self.random.choice([self.me, self.guest]), clip, purpose)
        return None

    def drop(self, clip):
        self.note("drop", clip.name)
        path, uses = f"/api/clips/{clip.id}/obscure/drop", list(clip.uses)
        if self.rules.covered(clip):
            return self.refused(self.me, "POST", path)
        self.obscured_anew(clip)
        self.ask(self.random.choice([self.me, "officer"]), "POST", path, {})
        self.rules.drop(clip, time.time())
        return self.look_at([(clip, p) for p in uses if p not in clip.uses])

    def obscured_anew(self, clip):
        clip.digests.pop(OBSCURED, None)
        clip.sizes.pop(OBSCURED, None)
        for v in self.seats:
            if v.clip is clip and v.rendition == OBSCURED:
                v.standing = None

    def shred(self):
        clips = self.of_state("live", "quarantined")
        if not clips:
            return
        clip = self.random.choice(clips)
        covered = self.rules.covered(clip)
        self.note("shred", clip.name, "covered" if covered else "")
        uses = clip.uses
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
        before = clip.uses
        self.ask(self.me, "POST", f"/api/clips/{clip.id}/people/{'add' if add else 'remove'}", {"person": person.id})
        for v in self.seats:
            if v.clip is clip:
                v.standing = None  # all keys of it are others now: whoever watches begins again
        self.rules.set_people(clip, clip.people + [person] if add else [p for p in clip.people if p is not person], time.time())
        self.look_at([(clip, p) for p in before if p not in clip.uses])

    # ---- tags and remarks

    def remark(self):
        places = [(c, p) for c in self.of_state("live") for p in c.uses if self.rules.may(self.me, c, p, time.time())]
        if not places:
            return
        clip, purpose = self.random.choice(places)
        said = [r for r in clip.remarks.values() if r and r["by"] == self.me]
        if said and self.random.random() < 0.4:
            return self.change_remark(clip, purpose, self.random.choice(sorted(said, key=lambda r: r["name"])))
        name, tag = self.name("remark"), self.random.choice(["attentive", "waiting", "receiving", "eye-contact"])
        self.note("remark", name, clip.name, purpose, tag)
        path = f"/api/clips/{clip.id}/remarks"
        settle = self.found(self.me, f"{path}?purpose={purpose}", "remarks", "remark", set(clip.remarks))
        answer = self.ask(self.me, "POST", path, {"purpose": purpose, "at": "0", "tag": tag, "text": name, "shared": True}, settle)
        clip.remarks[answer.json["remark"]] = {"name": name, "text": name, "id": answer.json["remark"], "by": self.me}
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

    WEIGHTS = [("consent", 7), ("withdraw", 6), ("renew", 4), ("erase", 2), ("uploading", 12), ("ingest", 6), ("cut", 5), ("obscure", 6),
               ("shred", 2), ("people", 5), ("grant", 7), ("revoke", 5), ("link", 4), ("cover", 4), ("uncover", 5), ("break_glass", 3),
               ("glass_ends", 2), ("disable", 2), ("assign", 2), ("close", 1), ("lapse", 2), ("expire", 3), ("extend", 2), ("remark", 9),
               ("probes", 14), ("gone", 5), ("add_person", 1)]

    def step(self):
        kinds = [k for k, _ in self.WEIGHTS]
        kind = self.random.choices(kinds, [w for _, w in self.WEIGHTS])[0]
        if kind == "add_person" and len(self.rules.people) >= 5:
            kind = "probes"
        getattr(self, kind)()
        self.counts[kind] += 1
        self.glass_is_old()
        self.revive()
        self.streams()
        self.fill()
        self.compare()
        for _ in range(2):
            self.probes()
