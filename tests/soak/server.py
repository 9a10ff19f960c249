"""The server that is soaked, and how it is asked: over HTTP as somebody, or by a command; also while it is ended, killed and started."""
import collections, contextlib, http.client, json, os, signal, socket, subprocess, threading, time


class Unsure(Exception):
    """No answer came: what was asked may have been done, or not."""


class Answer:
    def __init__(self, status, body, headers):
        self.status, self.body, self.headers, self.after_unsure = status, body, headers, False

    @property
    def json(self):
        return json.loads(self.body) if self.body else {}


class Server:
    def __init__(self, programs, stage, passwords):
        self.program, self.stage, self.passwords = os.path.join(programs, "clipvault"), stage, passwords
        self.process, self.base, self.life, self.bridges_lost = None, None, 0, 0
        self.up, self.lock, self.sessions, self.signing = threading.Event(), threading.Lock(), {}, {}
        self.doors, self.asking, self.barred, self.bars = threading.Condition(), collections.Counter(), set(), collections.Counter()
        self.errors = open(os.path.join(stage, "serve.err"), "ab")

    # ---- its life

    def start(self):
        self.process = subprocess.Popen([self.program, "--wait", "60", "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                        stderr=self.errors, cwd=self.stage)
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening on "):
            raise SystemExit(f"serve did not get ready: exit code {self.process.wait()}, see serve.err")
        with self.lock:
            self.base, self.life = line.split()[-1], self.life + 1
            self.sessions.clear()
        self.up.set()

    def stop(self, how):
        """TERM or KILL; returns its exit code. Whoever asks meanwhile is not sure of what became of it."""
        self.up.clear()
        self.process.send_signal(how)
        code = self.process.wait(60)
        self.process.stdout.close()
        return code

    def bridge(self):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as f:
                    name, rest = f.read().rsplit(")", 1)
            except OSError:
                continue
            if "clipvault-brid" in name and int(rest.split()[1]) == self.process.pid and rest.split()[0] != "Z":
                return int(pid)
        return None

    def standing(self, who):
        """By which it is told whether what ran could go on: the life of the server, its bridge, and that nobody barred them."""
        return self.life, self.bridge(), self.bars[who]

    # ---- who cannot act for a while

    @contextlib.contextmanager
    def acting(self, who):
        """Everybody else who asks as somebody that is barred waits; nobody is barred while somebody asks as them."""
        with self.doors:
            self.doors.wait_for(lambda: who not in self.barred)
            self.asking[who] += 1
        try:
            yield
        finally:
            with self.doors:
                self.asking[who] -= 1
                self.doors.notify_all()

    @contextlib.contextmanager
    def barring(self, who):
        with self.doors:
            self.doors.wait_for(lambda: who not in self.barred)
            self.barred.add(who)
            self.bars[who] += 1
            self.doors.wait_for(lambda: not self.asking[who])
        try:
            yield
        finally:
            with self.doors:
                self.barred.remove(who)
                self.doors.notify_all()

    # ---- asking over HTTP

    def connect(self):
        host, port = self.base.split("://", 1)[1].split(":")
        return socket.create_connection((host, int(port)))

    def send(self, method, path, body=None, headers=None, base=None):
        connection = http.client.HTTPConnection((base or self.base).split("://", 1)[1], timeout=150)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), answer.headers)
        except (OSError, http.client.HTTPException) as failure:
            raise Unsure(str(failure)) from failure
        finally:
            connection.close()

    def session(self, who):
        """Its base, and the headers of somebody who has signed in."""
        with self.lock:
            signing = self.signing.setdefault(who, threading.Lock())
        with signing:
            with self.lock:
                there, life, base = self.sessions.get(who), self.life, self.base
            if there:
                return there
            answer = self.send("POST", "/api/session", json.dumps({"name": who, "password": self.passwords[who]}),
                               {"Origin": base, "Content-Type": "application/json"}, base)
            if answer.status != 200:
                raise Unsure(f"signing in as {who}: {answer.status} {answer.body[:200]}")
            session = (base, {"Origin": base, "Cookie": answer.headers["Set-Cookie"].split(";")[0], "X-CSRF": answer.json["csrf"]})
            with self.lock:
                if self.life == life:
                    self.sessions[who] = session
            return session

    def ask_once(self, who, method, path, body=None, headers=None):
        if not self.up.wait(120):
            raise SystemExit("the server does not come back")
        with self.acting(who):
            return self.ask_as(who, method, path, body, headers)

    def ask_as(self, who, method, path, body, headers):
        base, mine = self.session(who)
        given = {**mine, **(headers or {})}
        if isinstance(body, dict):
            body, given["Content-Type"] = json.dumps(body), "application/json"
        answer = self.send(method, path, body, given, base)
        if answer.status == 401:  # a server that came anew knows nobody
            with self.lock:
                if self.sessions.get(who) == (base, mine):
                    del self.sessions[who]
            raise Unsure("signed out")
        if answer.status == 403 and b'"confirm"' in answer.body:
            proof = json.dumps({"password": self.passwords[who]})
            self.send("POST", "/api/session/confirm", proof, {**mine, "Content-Type": "application/json"}, base)
            raise Unsure("to be confirmed")
        if answer.status >= 500:
            raise Unsure(f"{answer.status} {answer.body[:200]}")
        return answer

    def ask(self, who, method, path, body=None, settle=None, headers=None):
        """Until there is an answer. settle() looks whether what was not answered was done, and returns an Answer then."""
        unsure, until, last = False, time.monotonic() + 240, None
        while time.monotonic() < until:
            try:
                if unsure and settle and (found := settle()):
                    return found
                answer = self.ask_once(who, method, path, body, headers)
                answer.after_unsure = unsure
                return answer
            except Unsure as failure:
                unsure, last = True, failure
                time.sleep(0.1)
        raise SystemExit(f"{method} {path} as {who} was not answered in 240 s: {last}")

    def sign_all_out(self):
        with self.lock:
            sessions, self.sessions = self.sessions, {}
        for base, mine in sessions.values():
            self.send("DELETE", "/api/session", None, mine, base)

    # ---- by a command, as the operator

    def command(self, *words, **env):
        done = subprocess.run([self.program, "--json", "--wait", "60", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              cwd=self.stage, env={**os.environ, **env}, stdin=subprocess.DEVNULL, check=False)
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else {}, done.stderr.decode(errors="replace")


def memory_kb(pid):
    """Resident, and of that what is no file."""
    with open(f"/proc/{pid}/status") as f:
        facts = dict(line.split(":", 1) for line in f)
    return int(facts["VmRSS"].split()[0]), int(facts["RssAnon"].split()[0])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


SIGNALS = {"ended": signal.SIGTERM, "killed": signal.SIGKILL}
