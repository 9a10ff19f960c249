#!/usr/bin/env python3
"""A flood of sign-ins that fail: signing_in.py PORT CONNECTIONS SECONDS. Each connection sends POST /api/session with a name of its
own, so that no throttle of an account helps, takes the answer and sends the next."""
import collections, socket, sys, threading, time

port, count, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
answers, lock, until = collections.Counter(), threading.Lock(), time.monotonic() + float(sys.argv[3])

def flood(number):
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.settimeout(120)
        for attempt in range(1 << 30):
            if time.monotonic() > until:
                return
            body = f'{{"name":"nobody{number}.{attempt}","password":"not the right one"}}'
            s.sendall(f"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
            got = b""
            while b"\r\n\r\n" not in got or not got.endswith(b"}"):
                piece = s.recv(65536)
                if not piece:
                    return
                got += piece
            with lock:
                answers[got.split()[1].decode()] += 1

threads = [threading.Thread(target=flood, args=(n,)) for n in range(count)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(f"  sign-ins from {count} connections for {seconds:.0f} s, by answer: " + ", ".join(f"{n} times {status}" for status, n in sorted(answers.items())))
