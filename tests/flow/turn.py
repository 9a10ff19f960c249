"""Writes another display matrix into the first track of an MP4 file: how a telephone that was held otherwise states it. (The options
of ffmpeg for this are others in each of its versions.)

    turn.py FROM TO [a b c d [ANYTHING]]     default: a quarter turn, 0 1 -1 0
"""
import struct
import sys

source, target, *matrix = sys.argv[1:]
a, b, c, d = (int(v) << 16 for v in (matrix or ["0", "1", "-1", "0"])[:4])
data = bytearray(open(source, "rb").read())
at = data.index(b"tkhd") + 4 + 4 + 4 * 5 + 8 + 8  # version, times, id, duration, reserved, layer, volume
data[at:at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
open(target, "wb").write(data)
