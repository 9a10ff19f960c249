#!/usr/bin/env python3
"""Writes the test vectors of the sealed container into the folder it lies in.

It knows the format from docs/format.md only and shares no code with clipvault: BLAKE2b and SHA-256 are Python's, ChaCha20,
Poly1305 and HChaCha20 are written out below after RFC 8439 and draft-irtf-cfrg-xchacha. It is slow and safe for nothing but
this. Run by hand, with no argument, when a vector is added. Vectors are kept for ever: the output for an existing name must
not change, and `git diff` shows that it did not.
"""
import hashlib
import os
import struct

# ---- the primitives


def quarter(s, a, b, c, d):
    for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & 0xFFFFFFFF
        s[z] ^= s[x]
        s[z] = ((s[z] << turn) | (s[z] >> (32 - turn))) & 0xFFFFFFFF


def rounds(state):
    s = list(state)
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(s, a, b, c, d)
    return s


CONSTANT = struct.unpack("<4I", b"expand 32-byte k")


def hchacha20(key, nonce16):
    s = rounds(CONSTANT + struct.unpack("<8I", key) + struct.unpack("<4I", nonce16))
    return struct.pack("<8I", *s[0:4], *s[12:16])


def chacha20(key, counter, nonce12, data):
    out = bytearray()
    for at in range(0, len(data), 64):
        state = CONSTANT + struct.unpack("<8I", key) + (counter + at // 64,) + struct.unpack("<3I", nonce12)
        stream = struct.pack("<16I", *((x + y) & 0xFFFFFFFF for x, y in zip(rounds(state), state)))
        out += bytes(x ^ y for x, y in zip(data[at:at + 64], stream))
    return bytes(out)


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at:at + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    return ((total + int.from_bytes(key[16:], "little")) & ((1 << 128) - 1)).to_bytes(16, "little")


def xchacha20_poly1305(key, nonce24, plain):
    subkey, nonce12 = hchacha20(key, nonce24[:16]), bytes(4) + nonce24[16:]
    sealed = chacha20(subkey, 1, nonce12, plain)
    padded = sealed + bytes(-len(sealed) % 16) + struct.pack("<QQ", 0, len(sealed))
    return sealed + poly1305(chacha20(subkey, 0, nonce12, bytes(32)), padded)


def check_primitives():
    """RFC 8439, 2.5.2 and 2.4.2; draft-irtf-cfrg-xchacha, 2.2.1."""
    tag = poly1305(bytes.fromhex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"),
                   b"Cryptographic Forum Research Group")
    assert tag.hex() == "a8061dc1305136c6c22b8baf0c0127a9"
    key = bytes(range(32))
    assert hchacha20(key, bytes.fromhex("000000090000004a0000000031415927")).hex() == \
        "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"
    sealed = chacha20(key, 1, bytes.fromhex("000000000000004a00000000"), b"Ladies and Gentlemen of the class of '99")
    assert sealed.hex().startswith("6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b")


# ---- the container

MIDDLE, FINAL, RECOVERED = 0, 1, 2
LOG2, CHUNK = 12, 4096


def stream(label, length):
    """Bytes that everybody can make again."""
    out = b""
    while len(out) < length:
        out += hashlib.sha256(label.encode() + struct.pack("<Q", len(out) // 32)).digest()
    return out[:length]


class Container:
    def __init__(self, label="a", dek=None, log2=LOG2):
        self.dek = dek or stream("dek " + label, 32)
        self.vault, self.clip, self.object = (stream(f"{kind} {label}", 16) for kind in ("vault", "clip", "object"))
        self.salt = stream("salt " + label, 32)
        self.log2, self.version, self.suite, self.flags, self.header_length = log2, 1, 1, 0, 128

    def salted(self):
        return (b"CLIPVLT1" + bytes((self.version, self.suite, self.log2, self.flags)) +
                struct.pack("<I", self.header_length) + self.vault + self.clip + self.object + self.salt)

    def keyed(self, label, length):
        return hashlib.blake2b(label + self.salted(), key=self.dek, digest_size=length).digest()

    def header(self):
        return self.salted() + self.keyed(b"CLIPVLT1-commit-", 32)

    def seal(self, index, flag, plain):
        keys = self.keyed(b"CLIPVLT1-keys---", 64)[:56]
        mask = bytes(16) + bytes((flag,)) + index.to_bytes(7, "big")
        return xchacha20_poly1305(keys[:32], bytes(a ^ b for a, b in zip(keys[32:], mask)), plain)

    def chunks(self, plain, end=FINAL):
        size = 1 << self.log2
        full = len(plain) // size
        body = [self.seal(i, MIDDLE, plain[i * size:(i + 1) * size]) for i in range(full)]
        return body + [self.seal(full, end, plain[full * size:])]

    def file(self, plain, end=FINAL):
        return self.header() + b"".join(self.chunks(plain, end))


def binding(file, length, tag):
    return hashlib.blake2b(file[:128] + struct.pack("<Q", length) + tag, digest_size=32).hexdigest()


# ---- the vectors


def write(name, about, c, file, result, plain=None, recovered=False, recovers_to=None):
    """result: what opening and verifying answers, ok, data or refused. plain: what is in it. recovers_to: after recovery, how
    many bytes of plaintext there are; None: recovery answers `result` too and changes nothing."""
    lines = ["clipvault test vector: sealed container", "about: " + about, "result: " + result,
             "dek: " + c.dek.hex(), "vault: " + c.vault.hex(), "clip: " + c.clip.hex(), "object: " + c.object.hex()]
    if plain is not None:
        lines += [f"length: {len(plain)}", "plain-sha256: " + hashlib.sha256(plain).hexdigest()]
    if result == "ok":
        lines += ["file-sha256: " + hashlib.sha256(file).hexdigest(), "binding: " + binding(file, len(plain), file[-16:]),
                  "recovered: " + ("yes" if recovered else "no")]
    if recovers_to is not None:
        lines += [f"recovers-to: {len(recovers_to[0])}", "recovered-sha256: " + hashlib.sha256(recovers_to[1]).hexdigest()]
    text = file.hex()
    lines += ["---"] + [text[i:i + 128] for i in range(0, len(text), 128)]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".txt"), "w", encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")


def flip(data, at, bit=1):
    return data[:at] + bytes((data[at] ^ bit,)) + data[at + 1:]


def good():
    for name, length in (("empty", 0), ("one-byte", 1), ("one-less-than-a-chunk", CHUNK - 1), ("one-chunk", CHUNK),
                         ("a-chunk-and-one-byte", CHUNK + 1), ("three-chunks", 3 * CHUNK)):
        c, plain = Container(name), stream("plain " + name, length)
        write("good-" + name, f"{length} bytes in chunks of 4096", c, c.file(plain), "ok", plain)
    c, plain = Container("c16", log2=16), stream("plain c16", 300)
    write("good-chunks-of-64k", "the default size of a chunk", c, c.file(plain), "ok", plain)
    c, plain = Container("c20", log2=20), stream("plain c20", 17)
    write("good-chunks-of-1m", "the largest size of a chunk", c, c.file(plain), "ok", plain)
    c, plain = Container("recovered"), stream("plain recovered", CHUNK)
    write("good-recovered", "one chunk and the empty chunk that recovery appends", c, c.file(plain, RECOVERED), "ok", plain, True)
    c = Container("recovered to nothing")
    write("good-recovered-empty", "only the chunk that recovery appends", c, c.file(b"", RECOVERED), "ok", b"", True)


def bad_header():
    c, plain = Container("header"), stream("plain header", 20)
    file = c.file(plain)
    for name, at, result in (("magic", 0, "data"), ("version", 8, "data"), ("suite", 9, "data"), ("flags", 11, "data"),
                             ("header-length", 12, "data"), ("vault", 16, "data"), ("clip", 47, "data"),
                             ("object", 48, "data"), ("salt", 64, "refused"), ("commitment", 127, "refused")):
        write("bad-header-" + name, f"one bit of the header's byte {at} is wrong", c, flip(file, at), result)
    write("bad-header-chunk-size", "log2 of the size of a chunk is 13 where 12 was sealed", c, flip(file, 10), "refused")
    write("bad-header-cut", "127 bytes: not even a header", c, file[:127], "data")
    for name, field, value in (("version-2", "version", 2), ("suite-2", "suite", 2), ("flag-1", "flags", 1),
                               ("length-129", "header_length", 129), ("chunk-2k", "log2", 11), ("chunk-2m", "log2", 21)):
        odd = Container("odd " + name)
        setattr(odd, field, value)
        write("bad-committed-" + name, f"sealed as a form that does not exist: {field} is {value}", odd,
              odd.header() + odd.seal(0, FINAL, plain), "data")
    other = Container("header", dek=stream("another dek", 32))
    write("bad-key", "the key is another object's", other, file, "refused")
    two = Container("header")
    two.dek = other.dek
    write("bad-two-keys", "commits to one key, body sealed under another: open with the first", c,
          c.header() + two.seal(0, FINAL, plain), "data", recovers_to=(b"", c.header() + c.seal(0, RECOVERED, b"")))


def bad_body():
    c, plain = Container("body"), stream("plain body", 2 * CHUNK + 30)
    header, parts, file = c.header(), c.chunks(plain), c.file(plain)
    first = (plain[:CHUNK], header + parts[0] + c.seal(1, RECOVERED, b""))
    both = (plain[:2 * CHUNK], header + parts[0] + parts[1] + c.seal(2, RECOVERED, b""))
    none = (b"", header + c.seal(0, RECOVERED, b""))
    one_bit = "one bit is wrong in "
    write("bad-middle-chunk", one_bit + "chunk 0", c, flip(file, 128 + 99), "data")
    write("bad-middle-tag", one_bit + "the tag of chunk 1", c, flip(file, 128 + 2 * (CHUNK + 16) - 1), "data")
    write("bad-final-chunk", one_bit + "the final chunk", c, flip(file, len(file) - 20), "data", recovers_to=both)
    write("bad-final-tag", one_bit + "the final tag", c, flip(file, len(file) - 1, 0x80), "data", recovers_to=both)
    write("bad-cut-at-boundary", "the final chunk is missing", c, header + parts[0] + parts[1], "data", recovers_to=both)
    write("bad-cut-one-byte", "the last byte is missing", c, file[:-1], "data", recovers_to=both)
    write("bad-cut-to-header", "only the header is there", c, header, "data", recovers_to=none)
    write("bad-appended", "one byte too many", c, file + b"\0", "data", recovers_to=both)
    write("bad-appended-to-recovered", "one byte behind the chunk that recovery appended", c,
          header + parts[0] + c.seal(1, RECOVERED, b"") + b"\0", "data", recovers_to=first)
    write("bad-swapped", "chunks 0 and 1 changed places", c, header + parts[1] + parts[0] + parts[2], "data")
    write("bad-dropped", "chunk 0 is missing", c, header + parts[1] + parts[2], "data", recovers_to=none)
    write("bad-twice", "chunk 1 is there twice", c, header + parts[0] + parts[1] + parts[1] + parts[2], "data", recovers_to=both)
    twin = Container("body")
    twin.salt = stream("another salt", 32)
    write("bad-mixed", "chunk 1 is of a file with the same key and ids", c, header + parts[0] + twin.chunks(plain)[1] + parts[2],
          "data")
    tail = plain[CHUNK:CHUNK + 30]
    for name, about, body, recovers in (
            ("middle-at-end", "a short chunk with the flag of a middle one at the end", [(MIDDLE, tail)], first),
            ("recovered-not-empty", "a chunk of recovery that holds something", [(RECOVERED, tail)], first),
            ("final-full", "a final chunk of full length", [(FINAL, plain[CHUNK:2 * CHUNK])], first),
            ("flag-3", "an empty chunk with a flag that does not exist", [(3, b"")], first),
            ("final-in-middle", "a final chunk where a middle one must be", [(FINAL, plain[CHUNK:2 * CHUNK]), (FINAL, b"")], None)):
        made = header + parts[0] + b"".join(c.seal(i + 1, flag, part) for i, (flag, part) in enumerate(body))
        write("bad-flag-" + name, about, c, made, "data", recovers_to=recovers)


if __name__ == "__main__":
    check_primitives()
    good()
    bad_header()
    bad_body()
