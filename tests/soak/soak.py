#!/usr/bin/env python3
"""soak.py PROGRAMS STAGE: see soak.sh. Families live in one vault at once, each at random from the seed; the server is ended, killed and
started among them; after that it runs on without a break, and must not grow."""
import collections, contextlib, os, random, shutil, sys, threading, time, traceback

from attack import archivist
from family import Family
from films import Films
from server import SIGNALS, Server, descriptors, memory_kb
from viewers import Cinema
from watching import Broken

FAMILIES, STREAMS_EACH = max(3, int(os.environ.get("SOAK_FAMILIES") or 8)), 4
GUESTS = ["guest0", "guest1", "guest2", "guest3"]
PRACTITIONERS = ["operator", *[f"practitioner{i}" for i in range(1, FAMILIES)]]
ROLES = {**{name: "practitioner" for name in PRACTITIONERS[1:]}, "guest0": "practitioner", "guest1": "practitioner",
         "guest2": "supervisor", "guest3": "supervisor", "officer": "officer", "officer2": "officer", "admin": "administrator"}
# What may be more at the end than after the warm-up: what malloc keeps, SQLite's cache, the index of more clips.
MEMORY_KB, DESCRIPTORS = 8192, 2


class Gate:
    """Actors pass it between two actions; the one who closes it waits until all of them stand there."""

    def __init__(self):
        self.condition, self.closed, self.inside, self.waiting = threading.Condition(), False, 0, 0

    def enter(self, more):
        with self.condition:
            self.inside += more
            self.condition.notify_all()

    def pass_by(self):
        with self.condition:
            self.waiting += 1
            self.condition.notify_all()
            self.condition.wait_for(lambda: not self.closed)
            self.waiting -= 1

    @contextlib.contextmanager
    def shut(self):
        with self.condition:
            self.closed = True
            self.condition.wait_for(lambda: self.waiting >= self.inside)
        yield
        with self.condition:
            self.closed = False
            self.condition.notify_all()


class Soak:
    def __init__(self, programs, stage):
        self.stage, self.seed = stage, os.environ.get("SEED") or str(random.SystemRandom().randrange(10**6))
        self.seconds, self.lie = float(os.environ.get("SOAK_SECONDS") or 3600), os.environ.get("SOAK_LIE")
        self.seats_each, self.supervisors = STREAMS_EACH, ("guest2", "guest3")
        self.passwords = {name: f"{name} over wet fields" for name in [*ROLES, "operator"]}
        self.server, self.gate, self.lock = Server(programs, stage, self.passwords), Gate(), threading.Lock()
        self.told, self.failed, self.over, self.no_restart = collections.Counter(), None, threading.Event(), threading.RLock()
        self.looking, self.sweeping, self.disabling = threading.Lock(), threading.RLock(), threading.Lock()
        self.begun = threading.Barrier(FAMILIES + 1)  # all families are there, and time begins
        self.began, self.readings, self.users, self.copied_at, self.tried = time.monotonic(), [], {}, None, None

    def tell(self, slowest_cut_ms=0, **counts):
        with self.lock:
            self.told.update(counts)
            self.told["slowest_cut_ms"] = max(self.told["slowest_cut_ms"], slowest_cut_ms)

    def say(self, words):
        print(f"{time.monotonic() - self.began:6.0f} s  {words}", flush=True)

    def fail(self, words):
        with self.lock:
            self.failed = self.failed or words
        self.over.set()
        self.begun.abort()

    def guarded(self, work):
        try:
            work()
        except threading.BrokenBarrierError:
            pass  # somebody else said why
        except (Broken, SystemExit) as failure:
            self.fail(str(failure))
        except Exception:  # pylint: disable=broad-except
            self.fail(traceback.format_exc())

    def command(self, *words):
        code, said, why = self.server.command(*words)
        if code:
            raise Broken(f"clipvault {' '.join(words)}: exit code {code}: {why or said}")
        return said

    # ---- the vault, and who is in it

    def prepare(self):
        os.environ.update(CLIPVAULT_DIR=f"{self.stage}/vault", CLIPVAULT_KEY_FILE=f"{self.stage}/key")
        self.films, self.cinema = Films(self.stage), Cinema()
        self.command("init", "--slot", "key-file", "--key-file", f"{self.stage}/key")
        self.users["operator"] = self.command("user", "list")[0]["user"]
        for name, role in ROLES.items():
            self.users[name] = self.command("user", "add", "--name", name, "--role", role, "--password-file", self.password(name))["user"]
        self.command("user", "password", self.users["operator"], "--password-file", self.password("operator"))
        self.server.start()
        # The stranger of each is the practitioner of another one: no guest is linked with the same practitioner for two families.
        strangers = [PRACTITIONERS[-1], *[PRACTITIONERS[1 + i % (FAMILIES - 1)] for i in range(1, FAMILIES)]]
        self.families = [Family(i, self, name, GUESTS[i % len(GUESTS)], strangers[i]) for i, name in enumerate(PRACTITIONERS)]
        # Nothing happens to this one until the end: what an old copy is tried with.
        self.witness = Family(FAMILIES, self, "operator", "guest0", "practitioner1")

    def password(self, name):
        path = f"{self.stage}/password"
        with open(path, "w") as f:
            f.write(self.passwords[name])
        return path

    def try_door(self, life):
        """Once in the life of a server: whoever signs in in vain makes everybody at that address wait."""
        with self.lock:
            first, self.tried = life != self.tried, life
        return first

    # ---- threads

    def live(self, family):
        def work():
            family.begin()
            self.begun.wait()
            while not self.over.is_set():
                family.step()
                self.gate.pass_by()
        self.guarded(work)
        self.gate.enter(-1)

    def look(self):
        """That all is well, again and again, as an administrator's monitoring would."""
        def work():
            while not self.over.wait(3):
                for words in (["audit", "verify"], ["check"]):
                    with self.looking:
                        life = self.server.life
                        code, said, why = self.server.command(*words)
                    gone = life != self.server.life or not self.server.up.is_set()
                    unanswered = code == 75 or (gone and code in (69, 70, 74))
                    if code and not unanswered:
                        raise Broken(f"clipvault {' '.join(words)}: exit code {code}: {said} {why}")
                    self.tell(**{words[0]: 1})
                self.tell(seats=self.cinema.count(), looks=1)
        self.guarded(work)

    def restarts(self, until):
        dice = random.Random(f"{self.seed}:restarts")
        while not self.over.is_set():
            if self.over.wait(dice.uniform(0.6, 1.4) * min(30, max(4, self.seconds / 15))) or time.monotonic() > until:
                return
            self.restart(dice.choice(["ended", "killed", "killed"]))

    def restart(self, how, meanwhile=None):
        with self.no_restart:
            code = self.server.stop(SIGNALS[how])
            if code != (0 if how == "ended" else -SIGNALS[how]):
                raise Broken(f"the server was {how}, and its exit code is {code}")
            if meanwhile:
                meanwhile()
            self.server.start()
        self.tell(**{how: 1})

    def copy(self):
        shutil.copytree(f"{self.stage}/vault", f"{self.stage}/old", symlinks=True)
        self.copied_at = time.time()

    # ---- what it takes

    def read(self, words, last=False):
        """With nobody signed in, so that what is counted does not depend on who happens to do what."""
        with self.gate.shut():
            for family in self.families:
                for v in family.seats:
                    v.standing = None
            self.server.sign_all_out()
            self.wait_for(lambda: all(v.ended for f in self.families for v in f.seats), "a session has ended, and its streams have not")
            kept = [self.server.connect() for _ in range(8)] if last and self.lie == "descriptors" else []
            time.sleep(1)
            processes = {"monitor": self.server.process.pid, "bridge": self.server.bridge()}
            reading = {name: (*memory_kb(pid), descriptors(pid)) for name, pid in processes.items()}
            del kept
        self.readings.append(reading)
        self.say(f"{words}: " + "; ".join(f"{n} {r} KB resident ({a} no files), {d} descriptors" for n, (r, a, d) in reading.items()))

    def wait_for(self, true, words):
        until = time.monotonic() + 20
        while not true():
            if time.monotonic() > until:
                raise Broken(words)
            time.sleep(0.05)

    def is_flat(self):
        first, last = self.readings[0], self.readings[-1]
        memory = -1 << 20 if self.lie == "memory" else MEMORY_KB
        for name in first:
            for what, i, bound in (("KB resident", 0, memory), ("descriptors", 2, DESCRIPTORS)):
                if last[name][i] - first[name][i] > bound:
                    raise Broken(f"the {name} had {first[name][i]} {what} after the warm-up and {last[name][i]} at the end")

    # ---- all of it

    def run(self):
        self.say(f"SEED={self.seed} SOAK_SECONDS={self.seconds:.0f}")
        self.prepare()
        self.witness.begin()
        self.witness.take_in("still", [self.witness.rules.people[1]])
        self.gate.inside = len(self.families)
        threads = [threading.Thread(target=self.live, args=(f,)) for f in self.families]
        looking = threading.Thread(target=self.look)
        for t in [*threads, looking]:
            t.start()
        self.guarded(self.phases)
        self.over.set()
        for t in [*threads, looking]:
            t.join()
        if not self.failed:
            self.guarded(self.finish)

    def phases(self):
        """A third of the time it does not come to rest; then it is one server, in which nothing may grow."""
        try:
            self.begun.wait(900)  # on a busy machine
        except threading.BrokenBarrierError:
            return
        begun = time.monotonic()
        self.restarts(begun + 0.33 * self.seconds)
        if self.over.is_set():
            return
        with self.gate.shut(), self.looking:  # a command that runs without the server would write what is copied
            self.restart("ended", self.copy)
        self.say(f"restarted {self.told['ended']} times, killed {self.told['killed']} times; copied; from now on it runs")
        for at, words in ((0.5, "after the warm-up"), (0.67, "on the way"), (0.83, "on the way")):
            if self.over.wait(max(0, begun + at * self.seconds - time.monotonic())):
                return
            self.read(words)
        self.over.wait(max(0, begun + self.seconds - time.monotonic()))
        if not self.failed:
            self.read("at the end", last=True)
            self.is_flat()

    def finish(self):
        for family in self.families:
            family.compare()
            for clip in family.rules.clips:
                for purpose in clip.uses[:1] or ["supervision"]:
                    family.probe(family.me, clip, purpose)
            for v in list(family.seats):
                self.cinema.leave(v)
        people, clips = self.witness.rules.people, self.witness.rules.clips
        self.witness.withdraw(people[0], whole=True)
        self.witness.compare()
        if self.server.stop(SIGNALS["ended"]):
            raise Broken("the server did not end in order")
        for words in (["audit", "verify"], ["check", "--deep"]):
            self.command(*words)
        late = [c for c in self.families[0].rules.clips if c.ended_at and c.ended_at > self.copied_at + 30]
        self.say(archivist(self.server, self.stage, late[-3:] + clips[:-1], clips[-1]))

    def report(self):
        t = self.told
        kinds = sum((f.counts for f in self.families), collections.Counter())
        by_kind = ", ".join(f"{n} {k}" for k, n in kinds.most_common())
        self.say(f"{sum(kinds.values())} actions of {len(self.families)} families: {by_kind}")
        self.say(f"{t['uploads']} uploads and {t['ingests']} ingests became clips; {t['withdrawn_uses']} uses ended by withdrawals; "
                 f"{t['refusals']} refusals and {t['allowances']} openings were as they must be, {t['obscured']} of them obscured")
        self.say(f"{t['made_obscured']} renditions obscured, {t['renewed']} consents renewed ({t['carried_on']} clips carried on), "
                 f"{t['erased']} people erased, {t['glasses']} times glass broken, {t['disabled']} users disabled ({t['ended_with_them']} "
                 f"streams), {t['assigned']} cases assigned, {t['closed']} closed")
        self.say(f"{t['streams_cut']} streams were cut, the slowest {t['slowest_cut_ms']} ms after the command had returned; "
                 f"{t['interrupted']} began again after their server or session; {t['seats'] / max(1, t['looks']):.0f} ran at a time; "
                 f"{t['audit']} times audit verify, {t['check']} times check")


def main():
    soak = Soak(sys.argv[1], sys.argv[2])
    with open(f"{soak.stage}/seed", "w") as f:
        f.write(soak.seed)
    try:
        soak.guarded(soak.run)
        soak.report()
    finally:
        if soak.server.process and soak.server.process.poll() is None:
            soak.server.process.kill()
    if soak.failed:
        print(f"FAILED: {soak.failed}", file=sys.stderr)
    os._exit(1 if soak.failed else 0)


if __name__ == "__main__":
    main()
