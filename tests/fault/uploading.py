"""Uploads a picture to a server that may fail at any moment: a part of tests/fault/torture.sh.
uploading.py ADDRESS FILE CASE PERSON PASSWORD TOLD [UPLOAD ACKNOWLEDGED]
Signs in as ida, arms the fault (the last byte of TOLD), sends the file in two pieces by tus, or what is missing of UPLOAD, disarms it, and
prints one JSON object: upload, acknowledged (bytes the server said it has), state (live, or what there was instead), and lost: whether
of UPLOAD less is there than was acknowledged."""
import base64, http.client, json, os, sys, time

address, path, case, person, password, told = sys.argv[1:7]
host = address.split("://", 1)[1]
film = open(path, "rb").read()
state = {"upload": None, "acknowledged": 0, "state": "nothing", "lost": False}
if len(sys.argv) > 8:
    state["upload"], state["acknowledged"] = sys.argv[7] or None, int(sys.argv[8])
headers = {"Origin": address, "Tus-Resumable": "1.0.0"}


def ask(method, where, body=None, **more):
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request(method, where, body, {**headers, **{k.replace("_", "-"): v for k, v in more.items()}})
    answer = connection.getresponse()
    answer.read_body = answer.read()
    return answer


def armed(yes):
    with open(told, "r+b") as f:
        f.seek(4095)
        f.write(b"1" if yes else b"0")


def b64(text):
    return base64.b64encode(text.encode()).decode()


def sign_in():
    answer = ask("POST", "/api/session", json.dumps({"name": "ida", "password": password}), Content_Type="application/json")
    headers["Cookie"] = answer.getheader("Set-Cookie").split(";")[0]
    headers["X-CSRF"] = json.loads(answer.read_body)["csrf"]


def create():
    metadata = f"filename {b64('up.png')},case {b64(case)},persons {b64(person)}"
    answer = ask("POST", "/api/uploads", None, Upload_Length=str(len(film)), Upload_Metadata=metadata)
    if answer.status != 201:
        raise OSError(f"create: {answer.status} {answer.read_body}")
    state["upload"], state["acknowledged"] = answer.getheader("Location"), 0


def resume():
    answer = ask("HEAD", state["upload"])
    if answer.status != 200:
        if state["acknowledged"]:
            state["lost"] = True
        state["upload"] = None
        return create()
    there = int(answer.getheader("Upload-Offset"))
    state["lost"] = there < state["acknowledged"]
    state["acknowledged"] = there


def send():
    while (at := state["acknowledged"]) < len(film):
        piece = film[at : at + (len(film) + 1) // 2]
        answer = ask("PATCH", state["upload"], piece, Upload_Offset=str(at), Content_Type="application/offset+octet-stream")
        if answer.status != 204:
            raise OSError(f"send: {answer.status} {answer.read_body}")
        state["acknowledged"] = at + len(piece)


def struck():
    with open(told, "rb") as f:
        return f.read(5) == b"fired"


def wait():
    for left in range(400, 0, -1):
        answer = ask("GET", state["upload"])
        told_of = json.loads(answer.read_body)
        now = told_of.get("state", str(answer.status))
        if now not in ("waiting", "arriving"):
            state["state"], state["reason"] = now, told_of.get("reason")
            return
        if struck() and left < 300:  # it is tried again later: that is for the next server
            break
        time.sleep(0.05)
    state["state"] = "still waiting"


try:
    sign_in()
    armed(True)
    resume() if state["upload"] else create()
    send()
    wait()
except (OSError, http.client.HTTPException, ValueError) as failure:
    state["state"] = str(failure)
armed(False)
print(json.dumps(state))
