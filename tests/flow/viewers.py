#!/usr/bin/env python3
"""Slow viewers: viewers.py HOST PORT PATH COOKIE COUNT. Each asks for the film and takes it little by little, with a receive buffer so
small that what it has is what was sent. Says "watching" once all of them have something, and ends when all of them were ended: one
line of JSON, with the time (epoch, ms) at which the last byte came and the last connection ended."""
import json, selectors, socket, sys, time

host, port, path, cookie, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
viewers, ready = {}, selectors.DefaultSelector()
for _ in range(count):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    s.connect((host, port))
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\n\r\n".encode())
    s.setblocking(False)
    viewers[s] = {"head": b"", "got": 0, "length": None}
    ready.register(s, selectors.EVENT_READ)

def take(s):
    v = viewers[s]
    try:
        data = s.recv(16384)
    except BlockingIOError:
        return True
    except OSError:
        return False
    if v["length"] is None:
        v["head"] += data
        if b"\r\n\r\n" in v["head"]:
            head, rest = v["head"].split(b"\r\n\r\n", 1)
            if b" 200 " not in head.split(b"\r\n")[0]:
                sys.exit("the answer is " + head.decode())
            v["length"] = int([l for l in head.split(b"\r\n") if l.lower().startswith(b"content-length:")][0].split(b":")[1])
            v["got"] = len(rest)
    else:
        v["got"] += len(data)
    return bool(data) and v["got"] != v["length"]

said, last_byte, last_end, alive = False, 0, 0, count
deadline = time.monotonic() + 30
while alive:
    if time.monotonic() > deadline:
        sys.exit(f"{alive} viewers were not ended")
    for key, _ in ready.select(0.05):
        s = key.fileobj
        before = viewers[s]["got"]
        going = take(s)
        if viewers[s]["got"] > before:
            last_byte = time.time()
        if not going:
            last_end = time.time()
            ready.unregister(s)
            alive -= 1
    time.sleep(0.005)
    if not said and all(v["got"] for v in viewers.values()):
        said = True
        print("watching", flush=True)
print(json.dumps({"viewers": count, "whole": sum(v["got"] == v["length"] for v in viewers.values()),
                  "most": max(v["got"] for v in viewers.values()),
                  "last_byte_ms": int(last_byte * 1000), "last_end_ms": int(last_end * 1000)}))
