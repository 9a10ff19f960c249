#!/usr/bin/env python3
"""What is really in a film: the number burnt into each frame, likeness to another film, where its sound lies.

  frames.py numbers FILE|PATTERN          the number in each frame, one a line
  frames.py sequence FILE FROM TO         ends with 1 unless the frames are exactly FROM … TO-1, in order
  frames.py like FILE WHOLE FROM          frame k of FILE must be nearer to frame FROM+k of WHOLE than to those of its neighbours
                                          that look otherwise (by more than a grey level); prints how many are not, how many
                                          are equal to that very frame bit by bit, how many there are, how many were told apart
  frames.py sound FILE WHOLE FIRST RATE   by how many samples FILE's sound lies off WHOLE's from sample FIRST on, at each second
                                          of WHOLE that is in it; and how many samples it has
  frames.py index OBJECT                  of a frame index (docs/format.md): how many frames, the clock at the first, key frames

A number is sixteen blocks, black or white, across the top 32 lines of the picture: the lowest bit is on the left.
Sound is taken as ffmpeg plays it: what the file marks as the encoder's priming is left out."""
import array
import struct
import subprocess
import sys


def ffmpeg(*arguments):
    """What ffmpeg gives out; a word of complaint about the file, and the file is broken."""
    run = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-xerror", *arguments], capture_output=True)
    if run.returncode or run.stderr:
        sys.exit(f"{arguments}: {run.stderr.decode()}")
    return run.stdout


def pictures(path, filters, size, form="gray"):
    glob = ["-pattern_type", "glob"] if "*" in path else []
    data = ffmpeg(*glob, "-i", path, "-map", "0:v:0", "-vsync", "passthrough", "-vf", filters, "-f", "rawvideo", "-pix_fmt", form, "-")
    return [data[at:at + size] for at in range(0, len(data), size)]


def numbers(path):
    frames = pictures(path, "crop=iw:8:0:12,scale=16:1:flags=area", 16)
    return [sum((block > 125) << bit for bit, block in enumerate(frame)) for frame in frames]


def sequence(path, first, end):
    found = numbers(path)
    if found != list(range(first, end)):
        sys.exit(f"{path}: {len(found)} frames, {found[:8]} … {found[-3:]} instead of {first} … {end - 1}")


def distance(a, b):
    return sum(abs(x - y) for x, y in zip(a, b))


def hashes(path):
    lines = ffmpeg("-i", path, "-map", "0:v:0", "-vsync", "passthrough", "-f", "framemd5", "-").decode().split("\n")
    return [line.split()[-1] for line in lines if line and line[0] != "#"]


def like(path, whole, first):
    small = "scale=64:36:flags=area"
    part, film = pictures(path, small, 64 * 36), pictures(whole, small, 64 * 36)
    wrong = apart = 0
    for k, frame in enumerate(part):
        n = first + k
        others = [film[m] for m in (n - 1, n + 1) if 0 <= m < len(film) and distance(film[m], film[n]) > 64 * 36]
        apart += bool(others)
        wrong += any(distance(frame, other) <= distance(frame, film[n]) for other in others)
    equal = sum(a == b for a, b in zip(hashes(path), hashes(whole)[first:]))
    print(f"{wrong} {equal} {len(part)} {apart}")


def samples(path):
    out = array.array("f")
    out.frombytes(ffmpeg("-i", path, "-map", "0:a:0", "-f", "f32le", "-ac", "1", "-"))
    return out


def sound(path, whole, first, rate, window=2000, most=1100):
    part, film = samples(path), samples(whole)
    lags = []
    for at in range((first // rate + 1) * rate, len(film) - window, rate):
        if at - first < most or at - first + most + window > len(part):
            continue

        def alike(lag, step=1):
            return sum(x * y for x, y in zip(film[at:at + window:step], part[at - first + lag:at - first + lag + window:step]))
        # The chirp's waves are longer than ten samples: every second place, looked at roughly, tells which one to look at closely.
        rough = max(range(-most, most + 1, 2), key=lambda lag: alike(lag, 3))
        lags.append(max(range(rough - 8, rough + 9), key=alike))
    print(len(part), *lags)


def index(path):
    data = open(path, "rb").read()
    magic, _, _, _, count, origin = struct.unpack_from("<4sIIIIq", data)
    if magic != b"CVFR":
        sys.exit(f"{path} is no frame index")
    print(count, origin, *[n for n in range(count) if data[28 + n // 8] >> n % 8 & 1])


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    if what == "numbers":
        print(*numbers(given[0]), sep="\n")
    elif what == "sequence":
        sequence(given[0], int(given[1]), int(given[2]))
    elif what == "like":
        like(given[0], given[1], int(given[2]))
    elif what == "sound":
        sound(given[0], given[1], int(given[2]), int(given[3]))
    elif what == "index":
        index(given[0])
    else:
        sys.exit(__doc__)
