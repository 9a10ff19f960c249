#!/usr/bin/env python3
"""How long opening a film takes: opening.py PORT COOKIE CSRF CLIP TIMES, on one keep-alive connection. "open": POST …/open and the
first byte of the film, again and again (it stays with the bridge). "anew": POST …/ticket and the first byte, so that each is
decided, entered in the log and handed over anew."""
import json, socket, sys, time

port, cookie, csrf, clip, times = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
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

def measure(what):
    whole, first = [], []
    for _ in range(times):
        start = time.perf_counter()
        url = json.loads(ask("POST", f"/api/clips/{clip}/{what}", '{"purpose":"supervision"}'))["url"].removeprefix(origin)
        middle = time.perf_counter()
        ask("GET", url, more="Range: bytes=0-0\r\n")
        end = time.perf_counter()
        whole.append((end - start) * 1000)
        first.append((end - middle) * 1000)
    whole.sort()
    first.sort()
    return f"p50 {whole[times // 2]:.2f} ms, p99 {whole[times * 99 // 100]:.2f} ms (of it the first byte: p50 {first[times // 2]:.2f} ms)"

print(f"  open, and the first byte: {measure('open')}; goal 2 ms")
print(f"  opened anew each time:    {measure('ticket')}")
