#!/bin/bash
# Photographs whose profile says Display P3, as telephones make them: the copy has no profile, so its numbers must be sRGB's.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
python=$(command -v python3) || skip "needs python3"
new_vault
ada=$(person "Ada" carer)
consent "$ada" supervision --media still >/dev/null

# One colour, as a PNG with a profile of our own making or with none; opaque or half transparent on white.
"$python" - <<'P'
import struct, zlib
def profile(xyz):
    tags, data = b"", b""
    for name, value in zip((b"rXYZ", b"gXYZ", b"bXYZ"), xyz):
        tags += name + struct.pack(">II", 128 + 4 + 36 + len(data), 20)
        data += b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in value))
    body = struct.pack(">I", 3) + tags + data
    head = struct.pack(">I4xI4s4s4s", 128 + len(body), 0x02400000, b"mntr", b"RGB ", b"XYZ ").ljust(36, b"\0") + b"acsp"
    return head.ljust(128, b"\0") + body
P3 = profile(((.51512, .24120, -.00105), (.29198, .69225, .04189), (.15710, .06657, .78407)))
SRGB = profile(((.43607, .22249, .01392), (.38515, .71687, .09708), (.14307, .06061, .71410)))
def png(name, colour, icc):
    def chunk(kind, data): return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    row = b"\0" + bytes(colour) * 64
    with open(name, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2 if len(colour) == 3 else 6, 0, 0, 0)))
        if icc: f.write(chunk(b"iCCP", b"any\0\0" + zlib.compress(icc)))
        f.write(chunk(b"IDAT", zlib.compress(row * 64)) + chunk(b"IEND", b""))
png("p3.png", (200, 100, 60), P3)
png("plain.png", (200, 100, 60), None)
png("srgb.png", (200, 100, 61), SRGB)
png("clear.png", (200, 100, 60, 128), P3)
P
colour() { ffmpeg -nostdin -loglevel error -i "$1" -vf crop=16:16:24:24,scale=1:1 -f rawvideo -pix_fmt rgb24 - | od -An -tu1 | tr -s ' ' ' '; }
for name in p3 plain srgb clear; do
  clip=$(take_in $name.png "$ada")
  vault export "$clip" --purpose supervision --to $name.jpg >/dev/null
  colour $name.jpg >$name.seen
  ask show "$clip" | jq -r .settings >$name.settings
  [ -z "$(exiftool -s3 -ICC_Profile:all $name.jpg)" ] || fail "the copy of $name.png has a profile"
done
grep -q "converted from Display P3" p3.settings || fail "$(cat p3.settings)"
! grep -q "Display P3" plain.settings srgb.settings || fail "$(cat plain.settings srgb.settings)"

# What it must be, by the definition of both spaces, and the controls stay what they were.
"$python" - <<'P'
def linear(c): return c / 12.92 if c <= .04045 else ((c + .055) / 1.055) ** 2.4
def coded(c): return 12.92 * c if c <= .0031308 else 1.055 * c ** (1 / 2.4) - .055
TO_SRGB = ((1.2249, -.2247, 0), (-.0420, 1.0419, 0), (-.0197, -.0786, 1.0979))
def converted(rgb): return [255 * coded(min(1, max(0, sum(m * linear(c / 255) for m, c in zip(row, rgb))))) for row in TO_SRGB]
def seen(name): return [int(v) for v in open(name + ".seen").read().split()]
def near(name, meant, apart=3):
    assert all(abs(a - b) <= apart for a, b in zip(seen(name), meant)), (name, seen(name), meant)
near("p3", converted((200, 100, 60)))
near("plain", (200, 100, 60)); near("srgb", (200, 100, 61))
assert abs(seen("p3")[0] - 200) > 8, ("the control: nothing to see", seen("p3"))
near("clear", converted([128 / 255 * c + 127 / 255 * 255 for c in (200, 100, 60)]), 4)
P
