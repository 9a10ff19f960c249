#!/usr/bin/env python3
"""Somebody at the keys of a player, through its remote control: remote.py mpv|vlc SOCKET SECOND FOLDER. Waits until the player listens
and plays, jumps to that second, pauses, steps a frame and, where the player can, one back, lets it run on 2 seconds before the end, and
says as one line of JSON what came of it. FOLDER is where VLC may lay pictures, by which its step is seen."""
import glob, hashlib, json, os, re, socket, sys, time

player, path, second, folder = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
deadline = time.monotonic() + 30

def until(what, test):
    while True:
        got = test()
        if got:
            return got
        if time.monotonic() > deadline:
            sys.exit(f"{player}: {what} never came to be")
        time.sleep(0.05)

def connect():
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect(path)
        return s
    except OSError:
        return None

control = until("its socket", connect)

def mpv(*command):
    control.sendall((json.dumps({"command": command, "request_id": 7}) + "\n").encode())
    for line in control.makefile():
        answer = json.loads(line)
        if answer.get("request_id") == 7:
            return answer.get("data")

def step_mpv():
    def at():
        return mpv("get_property", "time-pos") or 0
    def stepped(command, from_):
        mpv(command)
        return until(command, lambda: at() != from_ and at())
    until("the first second", lambda: at() > 0.2)
    mpv("seek", second, "absolute", "exact")
    until("the jump", lambda: at() >= second)
    mpv("set_property", "pause", True)
    time.sleep(0.3)
    before = at()
    after = stepped("frame-step", before)
    back = stepped("frame-back-step", after)
    mpv("seek", mpv("get_property", "duration") - 2, "absolute", "exact")
    mpv("set_property", "pause", False)
    return {"jumped": before, "step_ms": round(1000 * (after - before)), "back_ms": round(1000 * (back - after))}

def vlc(command):
    control.sendall((command + "\n").encode())
    answer = b""
    control.settimeout(0.2)
    try:
        while chunk := control.recv(65536):
            answer += chunk
    except TimeoutError:
        pass
    numbers = re.findall(r"^\s*(\d+)\s*$", answer.decode(), re.M)
    return int(numbers[-1]) if numbers else 0

def picture():
    before = set(glob.glob(os.path.join(folder, "*.png")))
    vlc("snapshot")
    name = until("a picture", lambda: set(glob.glob(os.path.join(folder, "*.png"))) - before).pop()
    time.sleep(0.2)
    return hashlib.sha256(open(name, "rb").read()).hexdigest()

def step_vlc():
    until("the first second", lambda: vlc("get_time") >= 1)
    vlc(f"seek {second:.0f}")
    until("the jump", lambda: vlc("get_time") >= second)
    vlc("pause")
    time.sleep(0.3)
    jumped, one, same = vlc("get_time"), picture(), picture()
    vlc("frame")
    time.sleep(0.3)
    other = picture()
    vlc("pause")
    vlc(f"seek {vlc('get_length') - 2}")
    return {"jumped": jumped, "stands": one == same, "stepped": other != same}

print(json.dumps(step_mpv() if player == "mpv" else step_vlc()))
