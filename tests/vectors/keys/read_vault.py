#!/usr/bin/env python3
"""Reads a vault without clipvault.

    read_vault.py FOLDER KEYFILE                      what is in it, as JSON
    read_vault.py FOLDER KEYFILE CLIP PURPOSE FILE    writes one clip, as it may be seen for one purpose, to FILE

It knows the formats from docs/format.md only and shares no code with clipvault: BLAKE2b, SHA-2 and SQLite are Python's,
X25519, Ed25519, Salsa20 and ChaCha20 are written out after RFC 7748, RFC 8032, the NaCl paper and RFC 8439. It is slow and
safe for nothing but showing that the page is true. Only key files unlock: Argon2id in pure Python would take minutes.
It works on copies of the databases and writes nothing into the folder. Ends with 1 and a sentence where something does not open.
"""
import base64
import hashlib
import json
import os
import shutil
import sqlite3
import struct
import sys
import tempfile
from datetime import datetime, timedelta, timezone

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "container"))
sys.dont_write_bytecode = True
from make_vectors import CONSTANT, chacha20, hchacha20, poly1305  # noqa: E402


class Shut(Exception):
    """Something does not open, or is not what it must be."""


def need(condition, what):
    if not condition:
        raise Shut(what)


# ---- primitives


def blake(length, *parts, key=b""):
    return hashlib.blake2b(b"".join(parts), key=key, digest_size=length).digest()


def pad16(data):
    return data + bytes(-len(data) % 16)


def chacha_open(subkey, nonce12, sealed, ad, what):
    text, tag = sealed[:-16], sealed[-16:]
    lengths = struct.pack("<QQ", len(ad), len(text))
    right = poly1305(chacha20(subkey, 0, nonce12, bytes(32)), pad16(ad) + pad16(text) + lengths)
    need(len(sealed) >= 16 and right == tag, what + " does not open")
    return chacha20(subkey, 1, nonce12, text)


def xchacha_open(key, nonce24, sealed, ad, what):
    return chacha_open(hchacha20(key, nonce24[:16]), bytes(4) + nonce24[16:], sealed, ad, what)


def aead_open(key, blob, ad, what):
    """nonce || ciphertext || tag"""
    need(len(blob) >= 40, what + " is cut short")
    return xchacha_open(key, blob[:24], blob[24:], ad, what)


def turn(x, by):
    return ((x << by) | (x >> (32 - by))) & 0xFFFFFFFF


SALSA = ((0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11), (0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14))


def salsa_state(key, tail16):
    k, n = struct.unpack("<8I", key), struct.unpack("<4I", tail16)
    return [CONSTANT[0], *k[:4], CONSTANT[1], *n, CONSTANT[2], *k[4:], CONSTANT[3]]


def salsa_rounds(state):
    s = list(state)
    for _ in range(10):
        for a, b, c, d in SALSA:
            s[b] ^= turn((s[a] + s[d]) & 0xFFFFFFFF, 7)
            s[c] ^= turn((s[b] + s[a]) & 0xFFFFFFFF, 9)
            s[d] ^= turn((s[c] + s[b]) & 0xFFFFFFFF, 13)
            s[a] ^= turn((s[d] + s[c]) & 0xFFFFFFFF, 18)
    return s


def hsalsa20(key, nonce16):
    s = salsa_rounds(salsa_state(key, nonce16))
    return struct.pack("<8I", s[0], s[5], s[10], s[15], *s[6:10])


def xsalsa20(key, nonce24, length):
    subkey, out = hsalsa20(key, nonce24[:16]), b""
    while len(out) < length:
        state = salsa_state(subkey, nonce24[16:] + struct.pack("<Q", len(out) // 64))
        out += struct.pack("<16I", *((x + y) & 0xFFFFFFFF for x, y in zip(salsa_rounds(state), state)))
    return out[:length]


P = 2**255 - 19


def x25519(scalar, point):
    """RFC 7748, 5."""
    k = int.from_bytes(scalar, "little") & ~7 & ~(1 << 255) | 1 << 254
    u = int.from_bytes(point, "little") & ((1 << 255) - 1)
    x2, z2, x3, z3, swapped = 1, 0, u, 1, 0
    for t in range(254, -1, -1):
        bit = k >> t & 1
        if swapped ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swapped = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a % P, c * b % P, a * a % P, b * b % P
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, (aa - bb) * (aa + 121665 * (aa - bb)) % P
    if swapped:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def box_seal_open(private, public, sealed):
    ephemeral, tag, text = sealed[:32], sealed[32:48], sealed[48:]
    key = hsalsa20(x25519(private, ephemeral), bytes(16))
    stream = xsalsa20(key, blake(24, ephemeral, public), 32 + len(text))
    need(poly1305(stream[:32], text) == tag, "the master root key of a slot does not open")
    return bytes(x ^ y for x, y in zip(text, stream[32:]))


# Ed25519, RFC 8032, 5.1, in extended coordinates.
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def ed_add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def ed_times(n, p):
    q = (0, 1, 1, 0)
    while n:
        if n & 1:
            q = ed_add(q, p)
        p, n = ed_add(p, p), n >> 1
    return q


def ed_encode(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def ed_decode(data):
    whole = int.from_bytes(data, "little")
    y, sign = whole & ((1 << 255) - 1), whole >> 255
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if x * x % P != xx:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != xx or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


ED_BASE = ed_decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed_public(seed):
    a = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little") & ~7 & ~(1 << 255) & ((1 << 256) - 1) | 1 << 254
    return ed_encode(ed_times(a, ED_BASE))


def ed_verify(public, message, signature):
    a, r, s = ed_decode(public), ed_decode(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    return ed_encode(ed_times(s, ED_BASE)) == ed_encode(ed_add(r, ed_times(h, a)))


def check_primitives():
    """RFC 7748, 5.2; RFC 8032, 7.1 (test 2); HSalsa20 and XSalsa20 of the NaCl paper."""
    h = bytes.fromhex
    assert x25519(h("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                  h("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")).hex() == \
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
    shared = h("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
    assert hsalsa20(shared, bytes(16)).hex() == "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"
    nonce = h("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37")
    assert xsalsa20(h("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"), nonce, 8).hex() == "eea6a7251c1e7291"
    public = ed_public(h("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    signature = h("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    assert public.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert ed_verify(public, b"\x72", signature) and not ed_verify(public, b"\x73", signature)


# ---- small forms


def u32(n):
    return struct.pack("<I", n)


def u64(n):
    return struct.pack("<Q", n)


def i64(n):
    return struct.pack("<q", n)


def word(text):
    return text.encode().ljust(32, b"\0")


def show(prefix, raw):
    return prefix + "_" + base64.b32encode(raw).decode().lower().rstrip("=")


def parse_id(text):
    return base64.b32decode(text[4:].upper() + "======")


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def raw(self, length):
        need(self.at + length <= len(self.data), "a record is cut short")
        self.at += length
        return self.data[self.at - length:self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.raw(struct.calcsize(form)))[0]

    def field(self):
        return self.raw(self.number("I"))

    def text(self):
        return self.field().decode()

    def rest(self):
        return self.raw(len(self.data) - self.at)

    def done(self):
        need(self.at == len(self.data), "something stands behind the end of a record")


def database(folder, name, scratch, application, version):
    for end in ("", "-wal"):
        if os.path.exists(os.path.join(folder, name + end)):
            shutil.copyfile(os.path.join(folder, name + end), os.path.join(scratch, name + end))
    need(os.path.exists(os.path.join(scratch, name)), name + " is missing")
    db = sqlite3.connect(os.path.join(scratch, name))
    need(db.execute("PRAGMA application_id").fetchone()[0] == application, name + " is something else")
    need(db.execute("PRAGMA user_version").fetchone()[0] <= version, name + " is of a newer version")
    return db


# ---- key store


class Keys:
    def __init__(self, folder, key_file, scratch):
        self.db = database(folder, "keys.db", scratch, 0x43564B59, 1)
        fact = dict(self.db.execute("SELECT k, v FROM fact"))
        self.vault = fact["vault"]
        with open(os.path.join(folder, fact["effaceable"].decode()), "rb") as f:
            self.effaceable = f.read(8192)
        self.copies = fact.get("copies", b"")
        self.slots = self.db.execute("SELECT id, kind, ops, kib, salt, public, nonce, private, mrk FROM slot ORDER BY id").fetchall()
        self.open_root(self.master(key_file))
        self.read_extra()

    def master(self, secret):
        for slot, kind, ops, kib, salt, public, nonce, private, mrk in self.slots:
            if kind != 2:
                continue
            key = blake(32, b"clipvault-key-file\0", salt, key=secret)
            ad = b"clipvault-slot" + self.vault + slot + u32(kind) + public + u32(ops) + u32(kib)
            try:
                half = xchacha_open(key, nonce, private, ad, "a slot")
            except Shut:
                continue
            return box_seal_open(half, public, mrk)
        raise Shut("the key file opens no slot")

    def records(self):
        for place in (0, 1):
            record = self.effaceable[place * 4096:place * 4096 + 64]
            if record[:4] == b"CVE1" and blake(16, record[:44]) == record[44:60]:
                yield struct.unpack("<Q", record[4:12])[0], record[12:44]

    def blob(self, node):
        row = self.db.execute("SELECT b FROM node WHERE id = ?", (node,)).fetchone()
        need(row and len(row[0]) == 2280, "a node of the key tree is missing")
        return row[0]

    def open_root(self, mrk):
        bound = blake(32, *(s[0] + bytes((s[1],)) + s[5] for s in self.slots))
        if self.copies:
            bound = blake(32, bound, self.copies)
        for t, e in self.records():
            rk = blake(32, b"clipvault-root", self.vault, u64(t), e, key=mrk)
            ad = b"clipvault-root" + self.vault + u64(t) + bound
            try:
                self.root = aead_open(rk, self.blob(127 << 56), ad, "the root")
                self.epoch = t
                return
            except Shut:
                continue
        raise Shut("keys.db and the effaceable store do not belong together")

    def read_extra(self):
        c = Cursor(self.root[2048:])
        self.next_leaf, self.height, self.high_water = c.number("Q"), c.number("B"), c.number("q")
        self.audit_entries, self.audit_root = c.number("Q"), c.raw(32)
        c.raw(7)
        self.signing, self.blind, self.audit, self.users = (c.raw(32) for _ in range(4))
        c.done()
        need(1 <= self.height <= 8, "the height of the key tree")

    def leaf(self, number_and_one, what):
        """The key of a leaf as a row names it; Shut if it is gone."""
        n = number_and_one - 1
        need(0 <= n < self.next_leaf, what + " is destroyed")
        node = self.root
        for level in range(self.height - 1, -1, -1):
            place = n // 64**level % 64
            key = node[place * 32:place * 32 + 32]
            need(key != bytes(32), what + " is destroyed")
            if level == 0:
                return key
            below = (level - 1 << 56) + n // 64**level
            node = aead_open(key, self.blob(below), b"clipvault-node" + self.vault + u64(below), "a node of the key tree")


# ---- sealed container


def read_container(path, dek, ids, binding):
    with open(path, "rb") as f:
        file = f.read()
    head = file[:128]
    need(len(head) == 128 and head[:10] == b"CLIPVLT1\1\1" and head[11:16] == b"\0\x80\0\0\0" and 12 <= head[10] <= 20, "no container")
    need(head[16:64] == ids, "the container is another object's")
    need(blake(32, b"CLIPVLT1-commit-", head[:96], key=dek) == head[96:], "the container's commitment is of another key")
    keys, chunk = blake(64, b"CLIPVLT1-keys---", head[:96], key=dek)[:56], 1 << head[10]
    subkey, last = hchacha20(keys[:32], keys[32:48]), (len(file) - 144) // (chunk + 16)

    def open_chunk(i, flag):
        mask = bytes((flag,)) + i.to_bytes(7, "big")
        nonce = bytes(4) + bytes(a ^ b for a, b in zip(keys[48:], mask))
        return chacha_open(subkey, nonce, file[128 + i * (chunk + 16):128 + (i + 1) * (chunk + 16)], b"", f"chunk {i}")

    out = b"".join(open_chunk(i, 0) for i in range(last))
    try:
        out += open_chunk(last, 1)
    except Shut:
        need(len(file) == 144 + last * (chunk + 16), "the final chunk does not open")
        open_chunk(last, 2)
    need(blake(32, head, u64(len(out)), file[-16:]) == binding, "the container is another than the index knows")
    return out


# ---- index

PURPOSES = ("intervention case_consultation supervision accreditation peer_training service_training external_training research "
            "publication quality_assurance client_copy").split()
MEDIUM = {"recording": 1, "clip": 2, "still": 4, "audio": 8, "document": 16}
EVENTS = (None, "given", "recording", "end-of-involvement", "born", "until", "accreditation")


def purposes(bits):
    return [p for i, p in enumerate(PURPOSES) if bits >> i & 1]


def rule_text(rule):
    event, years, months, days, until = rule
    if EVENTS[event] == "until":
        at = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=until // 1000)
        return "until:" + at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return EVENTS[event] + (f":{years}y" if years else f":{months}m" if months else f":{days}d")


class Vault:
    def __init__(self, folder, key_file, scratch):
        self.folder, self.keys = folder, Keys(folder, key_file, scratch)
        self.vault = self.keys.vault
        self.db = database(folder, "index.db", scratch, 0x43564958, 3)
        self.version = self.db.execute("PRAGMA user_version").fetchone()[0]
        need(self.one("SELECT v FROM meta WHERE k = 'vault'")[0] == self.vault, "index.db is another vault's")

    def rows(self, sql, *values):
        return self.db.execute(sql, values).fetchall()

    def one(self, sql, *values):
        row = self.db.execute(sql, values).fetchone()
        need(row, "there is no such row")
        return row

    @staticmethod
    def field(key, label, row, sealed):
        return aead_open(key, sealed, b"clipvault-field" + label.encode() + b"\0" + row, f"a sealed field ({label})")

    def person_key(self, person):
        return self.keys.leaf(self.one("SELECT leaf FROM person WHERE id = ?", person)[0], "the key of a person")

    # -- consents
    def consent(self, consent):
        person, sealed = self.one("SELECT person, sealed FROM consent WHERE id = ?", consent)
        c = Cursor(self.field(self.person_key(person), "consent", consent, sealed))
        need(c.number("B") == 1, "a consent of an unknown form")
        out = {"capacity": c.number("B"), "assent": c.number("B"), "granted": c.number("I"), "refused": c.number("I"),
               "refused_as": c.number("B"), "method": c.text(), "signed_by": c.text()}
        out["rules"] = [rule_text((c.number("B"), *(c.number("I") for _ in range(3)), c.number("q"))) for _ in range(c.number("B"))]
        out["form"], out["form_sha256"] = c.raw(16), c.raw(32)
        row = (c.raw(16), c.raw(16), c.number("q"), c.number("q"), c.number("I"), c.number("I"))
        said = sorted((c.text(), c.number("Q"), c.text(), c.number("q")) for _ in range(c.number("B")))
        c.done()
        clear = self.one("SELECT person, coalesce(kase, zeroblob(16)), given_ms, expires_ms, media, ident FROM consent WHERE id = ?", consent)
        need(row == clear, "what a consent says was changed in the index")
        kept = self.rows("SELECT purpose, leaf, state, ended_after FROM consent_purpose WHERE consent = ? ORDER BY purpose", consent)
        same = len(said) == len(kept) and all(
            s[0] == k[0] and s[2:] == k[2:] and (s[1] == k[1] or (k[1] == 0 and k[2] != "live")) for s, k in zip(said, kept))
        need(same, "what a consent says was changed in the index")
        return out

    # -- grants and wraps
    def spk(self, person, purpose, case, media, ident):
        for consent, leaf, ct in self.rows("SELECT consent, leaf, ct FROM grant_ WHERE person = ? AND purpose = ? AND kase = ? AND "
                                           "media = ? AND ident = ?", person, purpose, case, media, ident):
            try:
                ck = self.keys.leaf(leaf, "CK")
            except Shut:
                continue
            given, expires = self.one("SELECT given_ms, expires_ms FROM consent WHERE id = ?", consent)
            rules = blake(32, *(r.encode() + b"\n" for r in self.consent(consent)["rules"]))
            ad = (b"clipvault-grant" + self.vault + person + word(purpose) + case + u32(media) + u32(ident) + consent + i64(given) +
                  i64(expires) + rules)
            return aead_open(ck, ct, ad, "a grant")
        raise Shut(f"nobody's consent holds a key of {show('per', person)} for {purpose}")

    def covered(self, clip, rendition, xk):
        """Whom the rendition makes unrecognisable."""
        if rendition != "obscured":
            return ()
        body, sealed = self.one("SELECT body, sealed FROM rendition WHERE clip = ? AND name = ?", clip, rendition)
        c = Cursor(self.field(blake(32, b"meta", key=xk), "obscured", body, sealed))
        need(c.number("B") == 1, "an obscured rendition of an unknown form")
        ids = c.field()
        return [ids[i:i + 16] for i in range(0, len(ids), 16)]

    def dek(self, clip, purpose, rendition="as-filmed"):
        """purpose "": by the quarantine wrap."""
        kind, case, leaf, recorded, expires = self.one("SELECT kind, kase, leaf, recorded_ms, expires_ms FROM clip WHERE id = ?", clip)
        wraps = self.rows("SELECT leaf, ct FROM wrap WHERE clip = ? AND purpose = ? AND rendition = ? AND state = 'live'", clip, purpose, rendition)
        need(wraps, f"there is no wrap for {purpose or 'quarantine'}")
        bk_leaf, ct = wraps[0]
        people = [p for p, in self.rows("SELECT person FROM clip_person WHERE clip = ? ORDER BY person", clip)]
        asked = people if purpose else []
        xk = self.keys.leaf(leaf, "XK") if purpose else bytes(32)
        subject = self.vault + clip + word(purpose) + word(rendition)
        covered = self.covered(clip, rendition, xk) if purpose else ()
        ident = {p: 2 if p in covered else 1 for p in asked}
        kek = blake(32, b"clipvault-kek", subject, u32(len(asked)),
                    *(p + case + u32(MEDIUM[kind]) + u32(ident[p]) + self.spk(p, purpose, case, MEDIUM[kind], ident[p]) for p in asked),
                    key=xk + self.keys.leaf(bk_leaf, "BK or QK"))
        objects = self.rows("SELECT role, id, binding FROM object WHERE clip = ? AND rendition = ? ORDER BY role", clip, rendition)
        ad = (b"clipvault-wrap" + subject + blake(32, *people) + case + word(kind) + i64(recorded) + i64(expires) +
              b"".join(word(role) + o + binding for role, o, binding in objects))
        return aead_open(kek, ct, ad, "a wrap")

    def object(self, owner, rendition, role, dek):
        row = self.rows("SELECT id, binding, sha256, file_bytes FROM object WHERE clip = ? AND rendition = ? AND role = ?", owner, rendition, role)
        if not row:
            return b""
        o, binding, sha256, size = row[0]
        path = os.path.join(self.folder, "objects", show("obj", o))
        with open(path, "rb") as f:
            file = f.read()
        need(len(file) == size and hashlib.sha256(file).digest() == sha256, "an object's file is not the one the index knows")
        return read_container(path, dek, self.vault + owner + o, binding)

    def film(self, clip, purpose):
        dek = self.dek(clip, purpose)
        return self.object(clip, "as-filmed", "head", dek) + self.object(clip, "as-filmed", "body", dek)

    # -- what is in it
    def people(self):
        for person, state, leaf, sealed in self.rows("SELECT id, state, leaf, sealed FROM person ORDER BY n"):
            out = {"person": show("per", person), "state": state}
            if leaf:
                c = Cursor(self.field(self.person_key(person), "person", person, sealed))
                need(c.number("B") == 1, "a person of an unknown form")
                kind, _, out["name"] = c.number("B"), c.number("q"), c.text()
                out["kind"] = (None, "child", "carer", "staff", "practitioner", "other")[kind]
                c.done()
            yield out

    def consents(self):
        for consent, person in self.rows("SELECT c.id, person FROM consent c JOIN person p ON p.id = person WHERE p.leaf > 0 ORDER BY c.n"):
            said = self.consent(consent)
            out = {"consent": show("con", consent), "person": show("per", person), "signed_by": said["signed_by"], "rules": said["rules"],
                   "granted": purposes(said["granted"]), "refused": purposes(said["refused"])}
            if any(said["form"]):
                form = self.object(consent, "evidence", "form", blake(32, b"consent-form", key=self.person_key(person)))
                need(hashlib.sha256(form).digest() == said["form_sha256"], "a form is not the one that was signed")
                out["form"] = form.decode(errors="replace")
            yield out

    def clips(self):
        for clip, state, leaf, mac, sealed in self.rows("SELECT id, state, leaf, source_mac, sealed FROM clip ORDER BY n"):
            out = {"clip": show("clp", clip), "state": state}
            if leaf:
                mk = blake(32, b"meta", key=self.keys.leaf(leaf, "XK"))
                c = Cursor(self.field(mk, "clip", clip, sealed))
                form = c.number("B")
                need(form == 1, "a clip of an unknown form")
                out["file_name"], out["mime"], _, _, _ = (c.text() for _ in range(5))
                sha256, _, out["width"], out["height"] = c.raw(32), c.number("Q"), c.number("I"), c.number("I")
                out["frame_rate"] = f"{c.number('I')}/{c.number('I')}"
                out["duration_ms"], out["frames"], _, _ = c.number("q"), c.number("Q"), c.number("Q"), c.number("Q")
                out["choice"], out["repairs"], places = c.text(), c.text(), c.number("I")
                out["damaged_at_ms"] = [c.number("q") for _ in range(8)][:places]
                c.raw(16 + 8 + 8)
                c.done()
                need(mac is None or blake(32, sha256, key=self.keys.blind) == mac, "the blind index of a clip")
                out["source_sha256"] = sha256.hex()
                wraps = self.rows("SELECT purpose, rendition FROM wrap WHERE clip = ? AND state = 'live' ORDER BY purpose", clip)
                for purpose, rendition in wraps:
                    self.dek(clip, purpose, rendition)
                out["purposes"] = [p for p, rendition in wraps if p and rendition == "as-filmed"]
            yield out

    # -- what was said in review
    def remarks(self):
        if self.version < 3:
            return
        for remark, clip, leaf, sealed in self.rows("SELECT r.id, clip, leaf, r.sealed FROM remark r JOIN clip c ON c.id = clip ORDER BY r.n"):
            if not leaf:
                continue  # a hold keeps it
            c = Cursor(self.field(blake(32, b"meta", key=self.keys.leaf(leaf, "XK")), "remark", remark, sealed))
            need(c.number("B") == 1, "a remark of an unknown form")
            author, made, edited, start, end = c.raw(16), c.number("q"), c.number("q"), c.number("q"), c.number("q")
            purpose, shared, answers, resolved_by, resolved = c.text(), c.number("B"), c.raw(16), c.raw(16), c.number("q")
            out = {"remark": show("rem", remark), "clip": show("clp", clip), "author": show("usr", author), "frames": [start, end],
                   "purpose": purpose, "shared": bool(shared), "tag": c.text(), "text": c.text()}
            c.done()
            need(made <= edited and made <= resolved and any(resolved_by) == (resolved < 2**63 - 1), "when a remark was made")
            yield {**out, "reply_to": show("rem", answers) if any(answers) else None}

    def case_key(self, case):
        return self.keys.leaf(self.one("SELECT leaf FROM casework WHERE id = ?", case)[0], "a case")

    def cycles(self):
        never = 2**63 - 1
        for cycle, case, opened, closed, sealed in self.rows(
                f"SELECT id, kase, opened_ms, ifnull(closed_ms, {never}), sealed FROM cycle ORDER BY n") if self.version > 2 else ():
            c = Cursor(self.field(self.case_key(case), "cycle", cycle, sealed))
            need(c.number("B") == 1, "a cycle of an unknown form")
            need((c.raw(16), c.number("q"), c.number("q")) == (case, opened, closed), "a cycle was changed in the index")
            question = c.text()
            c.done()
            clips = self.rows("SELECT clip, role FROM cycle_clip WHERE cycle = ? ORDER BY clip", cycle)
            yield {"cycle": show("cyc", cycle), "question": question, "clips": [[show("clp", clip), role] for clip, role in clips]}

    def goals(self):
        for goal, case, sealed in self.rows("SELECT id, kase, sealed FROM goal ORDER BY n") if self.version > 2 else ():
            c = Cursor(self.field(self.case_key(case), "goal", goal, sealed))
            need(c.number("B") == 1 and c.raw(16) == case, "a goal of an unknown form, or another case's")
            c.number("q")
            out = {"goal": show("goa", goal), "text": c.text()}
            out["scores"] = [(c.raw(8 + 16 + 16), c.number("B"))[1] for _ in range(c.number("H"))]
            c.done()
            yield out

    def supervision(self):
        never = 2**63 - 1
        for row, account, target, kind, sealed in self.rows(
                "SELECT id, account, target, target_kind, sealed FROM supervision ORDER BY n") if self.version > 2 else ():
            if kind == 4:
                leaf = self.one("SELECT leaf FROM clip WHERE id = ?", target)[0]
                if not leaf:
                    continue  # a hold keeps it
                key = blake(32, b"meta", key=self.keys.leaf(leaf, "XK"))
            else:
                key = self.case_key(self.one("SELECT kase FROM cycle WHERE id = ?", target)[0])
            c = Cursor(self.field(key, "supervision", row, sealed))
            need(c.number("B") == 1, "a request for supervision of an unknown form")
            need((c.raw(16), c.number("B"), c.raw(16)) == (account, kind, target), "for whom something waits was changed in the index")
            by, asked, done = c.raw(16), c.number("q"), c.number("q")
            out = {"supervision": show("sup", row), "by": show("usr", by), "asked": c.text(), "said": c.text()}
            c.done()
            yield {**out, "about": show("clp" if kind == 4 else "cyc", target), "waits": done == never, "late": done < asked}

    def sign_offs(self):
        for row, cycle, practitioner, sealed, note in self.rows(
                "SELECT id, cycle, practitioner, sealed, note FROM sign_off ORDER BY n") if self.version > 2 else ():
            c = Cursor(self.field(self.keys.users, "sign-off", row, sealed))
            need(c.number("B") == 1, "a sign-off of an unknown form")
            need((c.raw(16), c.raw(16)) == (cycle, practitioner), "whose training a cycle counts for was changed in the index")
            supervisor, external, minutes, _ = c.raw(16), c.number("B"), c.number("I"), c.number("q")
            c.done()
            case = self.one("SELECT kase FROM cycle WHERE id = ?", cycle)[0]
            yield {"cycle": show("cyc", cycle), "supervisor": show("usr", supervisor), "external": external, "minutes": minutes,
                   "note": self.field(self.case_key(case), "sign-off-note", row, note).decode()}

    # -- audit log
    @staticmethod
    def merkle(leaves):
        if not leaves:
            return hashlib.sha256(b"").digest()
        if len(leaves) == 1:
            return leaves[0]
        half = 1 << (len(leaves) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + Vault.merkle(leaves[:half]) + Vault.merkle(leaves[half:])).digest()

    def read_audit(self):
        leaves, verbs, links, published, told = [], [], [], {}, 0
        for seq, entry in self.rows("SELECT seq, entry FROM audit ORDER BY seq"):
            need(seq == len(leaves), "an entry of the audit log is missing")
            opened, sealed = self.open_part(entry)
            published.update({opened[1][at:at + 32]: seq for at in range(0, len(opened[1]), 32)} if opened[0] == ord("K") else {})
            place = bytes(8) + struct.pack(">Q", seq)
            c = Cursor(self.field(self.keys.audit, "audit", place, sealed))
            form = c.number("B")
            need(form in (1, 2), "an audit entry of an unknown form")
            c.raw(8 + 16)
            verbs.append(c.text())
            c.raw(1)
            subject, details = c.raw(16), c.raw(c.number("I"))
            c.done()
            if form == 2:
                told += self.told(subject, place, details) is not None
            if verbs[-1].startswith("clip.person-"):
                links.append(self.link(subject, bytes.fromhex(details.decode())))
            leaves.append(hashlib.sha256(b"\0" + struct.pack(">Q", seq) + entry).digest())
        anchored = self.keys.audit_entries
        need(len(leaves) >= anchored and self.merkle(leaves[:anchored]) == self.keys.audit_root, "the audit log is not the anchored one")
        kept = self.one("SELECT v FROM meta WHERE k = 'audit'")[0]
        peaks, at = [], 0
        for digit in range(63, -1, -1):
            if len(leaves) >> digit & 1:
                peaks.append(self.merkle(leaves[at:at + (1 << digit)]))
                at += 1 << digit
        need(kept == u64(len(leaves)) + b"".join(peaks), "the kept head of the audit log")
        return {"entries": len(leaves), "head": self.merkle(leaves).hex(), "verbs": verbs, "links": links,
                "told": told, "commitments": self.read_commitments(published)}

    @staticmethod
    def open_part(entry):
        if entry[:8] != b"CLIPVOP1":
            return (0, b""), entry
        end = 11 + struct.unpack("<H", entry[9:11])[0]
        return (entry[8], entry[11:end]), entry[end:]

    def told(self, clip, place, details):
        """What was said about a clip: readable while it lives."""
        leaf = self.one("SELECT leaf FROM clip WHERE id = ?", clip)[0]
        return self.field(blake(32, b"audit", key=self.keys.leaf(leaf, "XK")), "audit-details", place, details) if leaf else None

    def read_commitments(self, published):
        count = 0
        if not self.rows("SELECT 1 FROM sqlite_master WHERE name = 'commitment'"):
            return count  # written before there were any
        for leaf, kept, said, entry in self.rows("SELECT leaf, hash, published, entry FROM commitment WHERE entry >= 0"):
            try:
                key = self.keys.leaf(leaf, "a key that was committed to")
            except Shut:
                continue  # killed between its destruction and its certificate
            need(kept == blake(32, b"clipvault-leaf-commit" + self.vault + u64(leaf), key=key), "a commitment")
            need(published.get(said) == entry, "a commitment was not published where the index says")
            count += 1
        return count

    def link(self, clip, sealed):
        """Who was added to a clip or removed from it: readable while both live."""
        leaf = self.one("SELECT leaf FROM clip WHERE id = ?", clip)[0]
        for person, in self.rows("SELECT id FROM person WHERE leaf > 0") if leaf else ():
            both = blake(32, self.keys.leaf(leaf, "XK"), key=self.person_key(person))
            try:
                need(self.field(both, "audit-link", clip, sealed) == person, "a link names another")
                return show("per", person)
            except Shut:
                continue
        return None

    # -- certificates
    def certificates(self):
        public = ed_public(self.keys.signing)
        for crt, line in self.rows("SELECT id, signed FROM certificate ORDER BY n"):
            signed, found, signature = line.rpartition(b',"signature":"')
            need(found and signature.endswith(b'"}\n'), "a certificate without a signature")
            valid = ed_verify(public, b"clipvault-certificate-1\0" + signed, base64.b64decode(signature[:-3]))
            yield {"certificate": show("crt", crt), "valid": valid, "kinds": [i["kind"] for i in json.loads(line)["items"]]}

    def cases(self):
        never = 2**63 - 1
        anchor = "accredited_ms" if self.version > 1 else "NULL"
        for case, leaf, closed, accredited, practitioner, sealed in self.rows(
                f"SELECT id, leaf, ifnull(closed_ms, {never}), ifnull({anchor}, {never}), practitioner, sealed FROM casework ORDER BY n"):
            c = Cursor(self.field(self.keys.leaf(leaf, "a case"), "case", case, sealed))
            form = c.number("B")
            need(form in (1, 2), "a case of an unknown form")
            need(c.number("q") == closed, "when a case ended was changed in the index")
            need((c.number("q") if form > 1 else never) == accredited, "when its training was accredited was changed in the index")
            need(c.raw(16) == practitioner, "whose case it is was changed in the index")
            yield {"case": show("cas", case), "title": c.rest().decode()}

    def accounts(self):
        for account, uid, roles, state, sealed in self.rows("SELECT id, ifnull(uid, -1), roles, state, sealed FROM account ORDER BY n"):
            c = Cursor(self.field(self.keys.users, "account", account, sealed))
            form = c.number("B")
            need(form in (1, 2, 3), "an account of an unknown form")
            need((c.number("q"), c.number("I"), c.number("B")) == (uid, roles, state == "live"), "what a user may do was changed in the index")
            if form > 1:  # generation of sessions, number of the credential, whether external, until when, reference of the agreement
                c.number("I"), c.number("Q") if form > 2 else None, c.number("B"), c.number("q"), c.field()
            yield c.rest().decode()

    def permits(self):
        if self.version < 2:
            return
        kinds = {1: ("clip", "clp"), 2: ("case", "cas"), 3: ("link", "usr"), 4: ("break-glass", "clp")}
        for permit, account, target, sealed in self.rows("SELECT id, account, target, sealed FROM permit ORDER BY n"):
            c = Cursor(self.field(self.keys.users, "permit", permit, sealed))
            need(c.number("B") == 1, "a grant of an unknown form")
            kind, state = c.number("B"), c.number("B")
            need((c.raw(16), c.raw(16)) == (account, target), "what somebody may see was changed in the index")
            purpose, until, views, used = c.text(), c.number("q"), c.number("I"), c.number("I")
            by, confirmed, made, ended, reason = c.raw(16), c.raw(16), c.number("q"), c.number("q"), c.text()
            need(not c.rest() and made <= ended and len(by) == len(confirmed), "a grant of another length")
            yield {"permit": show("grn", permit), "kind": kinds[kind][0], "target": show(kinds[kind][1], target), "account": show("usr", account),
                   "state": state, "purpose": purpose, "until": until, "views": views, "used": used, "reason": reason}

    def holds(self):
        if self.version < 2:
            return
        kinds = {1: "per", 2: "cas", 4: "clp"}
        for hold, kind, target_kind, target, leaf, placed, review, account, sealed in self.rows(
                "SELECT id, kind, target_kind, target, leaf, placed_ms, review_ms, account, sealed FROM hold ORDER BY n"):
            c = Cursor(self.field(self.keys.audit, "hold", hold, sealed))
            need(c.number("B") == 1, "a hold of an unknown form")
            need((c.text(), c.number("B"), c.raw(16)) == (kind, target_kind, target), "what a hold is about was changed in the index")
            need(c.number("Q") == leaf or leaf == 0, "the key of a hold was changed in the index")
            need((c.number("q"), c.number("q"), c.raw(16)) == (placed, review, account), "a hold was changed in the index")
            kept = []
            for clip, rendition, ct in self.rows("SELECT clip, rendition, ct FROM held WHERE hold = ? ORDER BY clip, rendition", hold):
                key = self.field(self.keys.leaf(leaf, "a hold"), "held:" + rendition, clip, ct)
                need(len(key) == 32, "what a hold keeps is of another size")
                kept.append(show("clp", clip) + ":" + rendition)
            yield {"hold": show("hld", hold), "target": show(kinds[target_kind], target), "reason": c.text(), "owner": c.text(), "keeps": kept}

    def all(self):
        return {"vault": show("vlt", self.vault), "epoch": self.keys.epoch, "people": list(self.people()),
                "cases": list(self.cases()), "holds": list(self.holds()),
                "accounts": list(self.accounts()), "permits": list(self.permits()),
                "consents": list(self.consents()), "clips": list(self.clips()), "remarks": list(self.remarks()),
                "cycles": list(self.cycles()), "goals": list(self.goals()),
                "supervision": list(self.supervision()), "sign_offs": list(self.sign_offs()), "audit": self.read_audit(),
                "public_key": ed_public(self.keys.signing).hex(), "certificates": list(self.certificates())}


def read_key_file(path):
    with open(path, encoding="ascii") as f:
        line = f.read().rstrip("\n")
    need(line.startswith("CLIPVAULT-KEY-1 ") and len(line) == 80, "this is not a key file")
    return bytes.fromhex(line[16:])


def main(folder, key_path, clip=None, purpose=None, out=None):
    check_primitives()
    with tempfile.TemporaryDirectory() as scratch:
        vault = Vault(folder, read_key_file(key_path), scratch)
        if clip is None:
            print(json.dumps(vault.all(), indent=1))
            return
        film = vault.film(parse_id(clip), purpose)
        with open(out, "xb") as f:
            f.write(film)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 6):
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except Shut as shut:
        sys.exit(f"read_vault.py: {shut}")
