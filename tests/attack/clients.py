#!/usr/bin/env python3
"""Hostile clients, one kind a run; each says what it saw and ends with 1 where the server let something through.

  clients.py crowd HOST PORT            as many idle and slow connections as we may open, from one address and from many
  clients.py bombs HOST PORT            headers that are too large or too many, a body without an end
  clients.py paths HOST PORT [CA]       paths that mean something else to somebody (CA: over TLS, through a proxy)
  clients.py smuggle HOST PORT CA LOG SOCKET   requests whose end two programs might see in different places, through a proxy that writes
                                        LOG, in front of a server that listens on SOCKET; without CA: to the server itself
  clients.py timing HOST PORT NAME…     how long signing in takes with a wrong password, and with a name that nobody has
"""
import json, re, resource, selectors, socket, ssl, statistics, sys, time

kind, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
rest = sys.argv[4:]
failures = []

def expect(true, words):
    if not true:
        failures.append(words)
        print("NOT AS IT SHOULD BE:", words)

def connect(ca=None, source=None, wait=30):
    s = socket.create_connection((host, port), wait, source_address=(source, 0) if source else None)
    s.settimeout(wait)
    return ssl.create_default_context(cafile=ca).wrap_socket(s, server_hostname="localhost") if ca else s

def talk(data, ca=None, wait=1.0, source=None):
    """What comes back until the other side closes, or nothing comes for a while."""
    got = b""
    s = connect(ca, source)
    try:
        s.sendall(data)
        s.settimeout(wait)
        while piece := s.recv(65536):
            got += piece
    except OSError:
        pass
    s.close()
    return got

def statuses(got):
    return [int(n) for n in re.findall(rb"(?:^|(?<=[\n}>]))HTTP/1\.1 (\d{3})", got)]

def is_well(ca=None, source=None, wait=30):
    name = "localhost" if ca else host
    began = time.monotonic()
    s = connect(ca, source, wait)
    s.sendall(f"GET /healthz HTTP/1.1\r\nHost: {name}:{port}\r\nConnection: close\r\n\r\n".encode())
    got = b""
    try:
        while piece := s.recv(65536):
            got += piece
    except OSError:
        pass
    s.close()
    return got.startswith(b"HTTP/1.1 200") and b'"status":"ok"' in got, time.monotonic() - began

# ---- many connections

def crowd():
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))
    for words, sources, wanted in (("one address", ["127.0.0.9"], 10000),
                                   ("many addresses", [f"127.0.{i}.{j}" for i in range(3, 7) for j in range(1, 51)], 5000)):
        most = min(wanted, allowed - 200)
        began, all, slowest, well = time.monotonic(), [], 0, 0
        tries = 0
        for n in range(most):
            s = socket.socket()
            s.setblocking(False)
            s.bind((sources[n % len(sources)], 0))
            s.connect_ex((host, port))
            all.append(s)
            if n % 2:  # half of them begin a request, and go on for ever
                try:
                    s.send(b"GET /healthz HTTP/1.1\r\nX-")
                except OSError:
                    pass
            if n % (most // 8) == most // 8 - 1:
                tries += 1
                try:
                    good, took = is_well(source="127.0.0.1", wait=10)
                except OSError:
                    good, took = False, 10
                well += good
                slowest = max(slowest, took)
        time.sleep(0.5)
        here = 0
        for s in all:
            try:
                s.send(b"a")
                here += s.recv(1) != b""
            except BlockingIOError:
                here += 1
            except OSError:
                pass
        print(f"{most} connections from {words} in {time.monotonic() - began:.1f} s: {here} are held; "
              f"{well} of {tries} new clients were answered, the slowest after {slowest * 1000:.0f} ms")
        expect(well == tries, f"{tries - well} new clients were not answered beside a crowd from {words}")
        expect(here <= (512 if len(sources) == 1 else 1024), f"{here} connections from {words} are held")
        for s in all:
            s.close()

# ---- too much of it

def bombs():
    begin = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
    for words, data in (("a header of 1 MB", begin + b"X: " + b"a" * 1000000 + b"\r\n\r\n"),
                        ("20,000 headers", begin + b"X: y\r\n" * 20000 + b"\r\n"),
                        ("a path of 1 MB", b"GET /" + b"a" * 1000000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
                        ("a method of 1 MB", b"A" * 1000000 + b" / HTTP/1.1\r\n\r\n"),
                        ("20,000 cookies", begin + b"Cookie: " + b"a=b; " * 20000 + b"\r\n\r\n"),
                        ("20,000 arguments", b"GET /api/clips?" + b"case=a&" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")):
        got = statuses(talk(data))
        print(f"{words}: {got or 'closed'}")
        expect(not got or got[0] >= 400, f"{words} was taken")
    began = time.monotonic()
    s = connect()
    s.sendall(b"POST /api/session HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nTransfer-Encoding: chunked\r\n\r\n")
    sent = 0
    try:
        while sent < 20000000:
            s.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
            sent += 4096
    except OSError:
        pass
    print(f"a body without an end: closed after about {sent} bytes, {time.monotonic() - began:.1f} s")
    expect(sent < 20000000, "a body without an end was taken")
    expect(is_well()[0], "the server is not well afterwards")

# ---- paths

def paths():
    ca = rest[0] if rest else None
    name = ("localhost" if ca else host).encode() + b":%d" % port
    for path in (b"/api/clips/../../etc/passwd", b"/..", b"/../../../../etc/passwd", b"/%2e%2e/%2e%2e/etc/passwd", b"/api/%2e%2e/%2e%2e/etc/shadow",
                 b"/..%2f..%2fetc/passwd", b"/..%5c..%5cetc", b"//etc/passwd", b"/api/clips%00", b"/film/%00", b"/api/clips/%c0%ae%c0%ae", b"/%",
                 b"/%zz", b"/.git/config", b"/api/clips;x=1", b"/api/clips%3fstate=live", b"/api/clips/a%2fopen", b"http://other.example/etc/passwd",
                 b"file:///etc/passwd", b"*", b"", b"etc/passwd", b"/film/" + b"0" * 5000, b"/" + b"a/" * 4000, b"/ticket/" + b"%30" * 64,
                 b"/film/\xff\xfe", b"/api/me\x01"):
        got = talk(b"GET " + path + b" HTTP/1.1\r\nHost: " + name + b"\r\nConnection: close\r\n\r\n", ca, 0.5)
        first = statuses(got)[:1]
        expect(not first or 400 <= first[0] < 500, f"{path[:40]!r} is answered with {first}")
        expect(b"root:" not in got and b"clipvault_requests" not in got, f"{path[:40]!r} gave out a file")
    # (What follows a NUL in a path does not exist for libmicrohttpd 0.9.75; no proxy passes one on.)
    for data in (b"GET /api/nothing\x00/../../healthz HTTP/1.1\r\nHost: " + name + b"\r\n\r\n", b"GET\x00/healthz HTTP/1.1\r\nHost: " + name + b"\r\n\r\n",
                 b"GET /healthz HTTP/1.1\r\n\r\n", b"CONNECT other.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
                 b"TRACE /healthz HTTP/1.1\r\nHost: " + name + b"\r\nConnection: close\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"\r\n" * 1000):
        first = statuses(talk(data, ca, 0.4))[:1]
        expect(not first or first[0] >= 400, f"{data[:40]!r} is answered with {first}")
    expect(is_well(ca)[0], "the server is not well afterwards")
    print("paths: none led anywhere")

# ---- where does a request end?

def asked(path):
    """How many questions reached the monitor; this one is of them."""
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    got = b""
    while piece := s.recv(65536):
        got += piece
    return int(re.search(rb"\nclipvault_requests_total (\d+)", got)[1])

def ambiguous(name):
    hidden = b"GET /api/me HTTP/1.1\r\nHost: " + name + b"\r\nX: "
    outer = b"POST /healthz HTTP/1.1\r\nHost: " + name + b"\r\n"
    chunk = b"0\r\n\r\n" + hidden
    def with_both(te, body=chunk, length=None):
        return outer + b"Content-Length: %d\r\n" % (len(body) if length is None else length) + te + b"\r\n\r\n" + body
    def chunked(body, te=b"Transfer-Encoding: chunked"):
        return outer + te + b"\r\n\r\n" + body
    yield "CL.TE", with_both(b"Transfer-Encoding: chunked")
    yield "TE.CL", with_both(b"Transfer-Encoding: chunked", b"%x\r\n" % len(hidden) + hidden + b"\r\n0\r\n\r\n", 4)
    for te in (b"Transfer-Encoding: xchunked", b"Transfer-Encoding : chunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
               b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked", b"Transfer-Encoding:\tchunked", b"Transfer-Encoding: chunked, identity",
               b"Transfer-Encoding: identity, chunked", b"X: y\r\n Transfer-Encoding: chunked", b"Transfer-Encoding:\r\n chunked",
               b"Transfer-Encoding: \x0bchunked", b"Transfer-Encoding: chunked\x00", b"X: y\nTransfer-Encoding: chunked", b"X: y\rTransfer-Encoding: chunked",
               b'Transfer-Encoding: "chunked"', b"Transfer_Encoding: chunked", b"Transfer-Encoding: CHUNKED"):
        yield f"TE.TE {te!r}", with_both(te)
        yield f"TE alone {te!r}", chunked(chunk, te)
    body = hidden
    for cl in (b"Content-Length: 0\r\nContent-Length: %d" % len(body), b"Content-Length: %d\r\nContent-Length: 0" % len(body),
               b"Content-Length: 0, %d" % len(body), b"Content-Length: +%d" % len(body), b"Content-Length: 0x%x" % len(body),
               b"Content-Length : %d" % len(body), b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Content-Length: 0 %d" % len(body),
               b"Content-Length: %d\r\n\tfolded: x" % len(body), b"Content_Length: %d" % len(body), b"Content-Length: 00%d" % len(body),
               b"Content-Length: %d\x00" % len(body), b"Content-Length:\x0b%d" % len(body)):
        yield f"CL.CL {cl!r}", outer + cl + b"\r\n\r\n" + body
    for b in (b"0\n\n" + hidden, b"0\r\r" + hidden, b"0;a=b\r\nc\r\n\r\n" + hidden, b"00000000000000000\r\n\r\n" + hidden, b"0x0\r\n\r\n" + hidden, b"-0\r\n\r\n" + hidden,
              b"10000000000000000\r\n" + hidden, b"ffffffffffffffff\r\n" + hidden, b"1\r\naX0\r\n\r\n" + hidden, b"1\r\na0\r\n\r\n" + hidden, b" 0\r\n\r\n" + hidden,
              b"0 \r\n\r\n" + hidden, b"0\r\nContent-Length: 5\r\n\r\n" + hidden, b"0;\n\r\n\r\n" + hidden, b"\r\n0\r\n\r\n" + hidden, b"g\r\n\r\n" + hidden):
        yield f"chunks {b[:24]!r}", chunked(b)
    yield "a body of GET", b"GET /healthz HTTP/1.1\r\nHost: " + name + b"\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden
    yield "HTTP/1.0 in chunks", b"POST /healthz HTTP/1.0\r\nHost: " + name + b"\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk
    # In what follows the second request is one, to everybody.
    yield "bare LF", b"GET /healthz HTTP/1.1\nHost: " + name + b"\nX: y\n\n" + hidden
    yield "two hosts", b"GET /healthz HTTP/1.1\r\nHost: " + name + b"\r\nHost: other.example\r\n\r\n" + hidden
    yield "LF in a path", b"GET /healthz%0d%0aX:%20y HTTP/1.1\r\nHost: " + name + b"\r\n\r\n" + hidden
    yield "a line before the first", b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: " + name + b"\r\n\r\n" + hidden
    yield "expect", outer + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden

def smuggle():
    ca, log, path = rest if len(rest) == 3 else (None, None, None)
    name = ("localhost" if ca else host).encode() + b":%d" % port
    count = 0
    for words, data in ambiguous(name):
        lines, before = (sum(1 for _ in open(log, errors="replace")), asked(path)) if log else (0, 0)
        # What hides is ended, and a second one follows, as if of somebody else on the same connection.
        got = talk(data + b"y\r\n\r\nGET /api/me HTTP/1.1\r\nHost: " + name + b"\r\nConnection: close\r\n\r\n", ca, 0.15)
        answers = [n for n in statuses(got) if n >= 200]
        count += 1
        if log:
            came, until = asked(path) - before - 1, time.monotonic() + 2
            while (seen := sum(1 for _ in open(log, errors="replace")) - lines) < max(came, len(answers)) and time.monotonic() < until:
                time.sleep(0.01)  # a log may be a moment late
            expect(len(answers) <= seen and came <= seen, f"{words}: the proxy saw {seen} requests, the server {came}; answers: {answers}")
        else:
            # (libmicrohttpd 0.9.75 says the head of some refusals twice.)
            plain = words in ("bare LF", "two hosts", "LF in a path", "a line before the first")
            expect(plain or 401 not in answers, f"{words}: what was hidden in it was answered: {answers}")
        good, _ = is_well(ca)
        expect(good, f"after {words}, somebody else's answer is not theirs")
    print(f"{count} ambiguous requests {'through the proxy' if log else 'to the server itself'}, none of which was more than it seemed")

# ---- signing in

def timing():
    took = {"a wrong password": [], "a name that nobody has": []}
    number = 0
    for turn in range(4):
        for name in rest:
            for words, who in (("a wrong password", name), ("a name that nobody has", f"no{name}{turn}")):
                number += 1
                body = json.dumps({"name": who, "password": "wrong wrong wrong"}).encode()
                s = connect(source=f"127.0.9.{number}")
                began = time.monotonic()
                s.sendall(f"POST /api/session HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                got = s.recv(65536)
                took[words].append(time.monotonic() - began)
                s.close()
                expect(got.startswith(b"HTTP/1.1 401"), f"{words}: {got[:30]!r}")
    for words, all in took.items():
        print(f"{words}: {min(all) * 1000:.0f} to {max(all) * 1000:.0f} ms, median {statistics.median(all) * 1000:.0f} of {len(all)}")
    one, other = (statistics.median(all) for all in took.values())
    expect(1 / 3 < one / other < 3, "signing in tells by its time who there is")

{"crowd": crowd, "bombs": bombs, "paths": paths, "smuggle": smuggle, "timing": timing}[kind]()
sys.exit(1 if failures else 0)
