"""One upload by tus 1.0, in pieces, to a server that may be ended or killed at any moment."""
import base64, time

from server import Unsure

TUS = {"Tus-Resumable": "1.0.0"}


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Upload:
    def __init__(self, server, who, source, name, case, people):
        self.server, self.who, self.source, self.lost = server, who, source, None
        self.path, self.acknowledged = None, 0
        self.metadata = f"filename {b64(name)},case {b64(case)},persons {b64(','.join(people))}"

    def once(self, method, path, body=None, **headers):
        return self.server.ask_once(self.who, method, path, body, {**TUS, **{k.replace("_", "-"): v for k, v in headers.items()}})

    def create(self):
        answer = self.once("POST", "/api/uploads", None, Upload_Length=str(len(self.source)), Upload_Metadata=self.metadata)
        if answer.status == 429:
            raise Unsure("too many")
        if answer.status != 201:
            raise SystemExit(f"an upload was refused: {answer.status} {answer.body}")
        self.path, self.acknowledged = answer.headers["Location"], 0

    def resume(self):
        answer = self.once("HEAD", self.path)
        there = int(answer.headers.get("Upload-Offset", "-1")) if answer.status == 200 else -1
        if there < self.acknowledged:
            state = self.once("GET", self.path)
            if state.status == 200 and state.json["state"] != "arriving":
                there = len(self.source)
            else:
                self.lost = f"{there} bytes are there, {self.acknowledged} were acknowledged ({answer.status})"
        self.acknowledged = max(there, 0)

    def pieces(self, count):
        size = -(-len(self.source) // count)
        while self.acknowledged < len(self.source):
            piece = self.source[self.acknowledged:self.acknowledged + size]
            answer = self.once("PATCH", self.path, piece, Upload_Offset=str(self.acknowledged), Content_Type="application/offset+octet-stream")
            if answer.status != 204:
                raise Unsure(f"{answer.status} {answer.body[:200]}")
            self.acknowledged += len(piece)

    def settled(self):
        while True:
            told = self.once("GET", self.path).json
            if told.get("state") not in ("waiting", "arriving", "taking-in"):
                return told
            time.sleep(0.05)

    def send(self, pieces, give_up):
        broken = False
        until, last = time.monotonic() + 300, None
        while not self.lost and time.monotonic() < until:
            try:
                if not self.path:
                    self.create()
                if broken and not give_up:
                    self.resume()
                broken = False
                if give_up:
                    self.once("DELETE", self.path)
                    return {"state": "gone"}
                self.pieces(pieces)
                return self.settled()
            except Unsure as failure:
                broken, last = True, failure
                time.sleep(0.1)
        raise SystemExit(f"upload {self.path} did not come to an end: {self.lost or last}")
