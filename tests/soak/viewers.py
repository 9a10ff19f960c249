"""Slow viewers: each takes a film little by little, range after range at one address, for as long as it is let."""
import random, socket, threading, time

TURN_S, PIECE = 0.04, 4096  # 100 KB a second each
IN_FLIGHT = 128 << 10       # what our own socket may hold of it when the server cuts


class Viewer:
    def __init__(self, who, clip, purpose, address, session, standing):
        self.who, self.clip, self.purpose, self.standing = who, clip, purpose, standing
        self.url, self.rendition = address["url"], address["rendition"]
        self.base, self.cookie = session[0], session[1]["Cookie"]
        self.random, self.socket, self.head, self.left, self.got = random.Random(), None, b"", None, 0
        self.size, self.ended, self.why, self.cut_at, self.after = None, None, None, None, 0

    def end(self, why):
        if not self.ended:
            self.why, self.ended = why, time.time()
        self.close()

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def begin(self):
        host, port = self.base.split("://", 1)[1].split(":")
        first = self.random.randrange(max(1, self.size or 1))
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        self.socket.settimeout(10)
        self.socket.connect((host, int(port)))
        self.socket.sendall(f"GET {self.url} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {self.cookie}\r\nRange: bytes={first}-\r\n"
                            "Connection: close\r\n\r\n".encode())
        self.socket.setblocking(False)
        self.head, self.left = b"", None

    def read_head(self, data):
        self.head += data
        if b"\r\n\r\n" not in self.head:
            return
        head, rest = self.head.split(b"\r\n\r\n", 1)
        status = head.split(b" ", 2)[1]
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if status not in (b"200", b"206"):
            return self.end(f"the answer is {status.decode()}")
        self.size = int(fields.get(b"content-range", b"/" + fields[b"content-length"]).split(b"/")[1])
        self.left = int(fields[b"content-length"])
        self.count(len(rest))

    def count(self, n):
        self.got += n
        self.left -= n
        if self.cut_at:
            self.after += n
        if self.left <= 0:
            self.close()

    def turn(self):
        try:
            if not self.socket:
                return self.begin()
            data = self.socket.recv(PIECE)
        except BlockingIOError:
            return None
        except OSError as failure:
            return self.end(str(failure))
        if not data:
            return self.end("the connection ended in the middle")
        return self.read_head(data) if self.left is None else self.count(len(data))


class Cinema:
    """All viewers, in a thread."""

    def __init__(self):
        self.viewers, self.lock, self.going = [], threading.Lock(), True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.going:
            with self.lock:
                now = list(self.viewers)
            for v in now:
                if not v.ended:
                    v.turn()
            time.sleep(TURN_S)

    def seat(self, viewer):
        with self.lock:
            self.viewers.append(viewer)

    def leave(self, viewer):
        with self.lock:
            self.viewers.remove(viewer)
        viewer.end("left")

    def all(self):
        with self.lock:
            return list(self.viewers)

    def count(self):
        with self.lock:
            return sum(not v.ended and v.got > 0 for v in self.viewers)
