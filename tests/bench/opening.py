#!/usr/bin/env python3
"""How long opening a film takes: opening.py PORT COOKIE CSRF CLIP TIMES FOLDER, on one keep-alive connection: POST …/open and the first
byte of the film (each time it is decided, entered in the log and handed over anew), another byte of it, and for comparison an fsync in
FOLDER: the log is on the disk before a key leaves."""
import json, os, socket, subprocess, sys, tempfile, time

port, cookie, csrf, clip, times, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]), sys.argv[6]
origin = f"http://127.0.0.1:{port}"
s = socket.create_connection(("127.0.0.1", port))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

def ask(method, path, body="", more=""):
    s.sendall(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nOrigin: {origin}\r\nX-CSRF: {csrf}\r\n"
              f"{more}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    got = b""
    while b"\r\n\r\n" not in got:
        got += s.recv(65536)
    head, rest = got.split(b"\r\n\r\n", 1)
    length = int([l for l in head.lower().split(b"\r\n") if l.startswith(b"content-length:")][0].split(b":")[1])
    while len(rest) < length:
        rest += s.recv(65536)
    if int(head.split()[1]) not in (200, 206):
        sys.exit(f"{method} {path}: {head.decode()}: {rest.decode()}")
    return rest

def kind(folder):
    """Of the file system, as stat calls it."""
    return subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True, check=True).stdout.strip()

def percentiles(took):
    took.sort()
    return f"p50 {took[len(took) // 2]:.2f} ms, p99 {took[len(took) * 99 // 100]:.2f} ms"

whole, first, again = [], [], []
for _ in range(times):
    start = time.perf_counter()
    url = json.loads(ask("POST", f"/api/clips/{clip}/open", '{"purpose":"supervision"}'))["url"]
    middle = time.perf_counter()
    ask("GET", url, more="Range: bytes=0-0\r\n")
    end = time.perf_counter()
    ask("GET", url, more="Range: bytes=70000-70000\r\n")
    whole.append((end - start) * 1000)
    first.append((end - middle) * 1000)
    again.append((time.perf_counter() - end) * 1000)
synced = []
with tempfile.TemporaryFile(dir=folder) as f:
    for _ in range(50):
        f.write(b"x" * 4096)
        f.flush()
        start = time.perf_counter()
        os.fsync(f.fileno())
        synced.append((time.perf_counter() - start) * 1000)
print(f"  open and first byte, {times} times, the vault on {kind(folder)}:")
print(f"    {percentiles(whole)} (goal: p50 2 ms); of it the first byte, with the keys and the log: {percentiles(first)}")
print(f"    another byte of it: {percentiles(again)}; an fsync there: {percentiles(synced)}")
