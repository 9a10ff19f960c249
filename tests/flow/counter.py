#!/usr/bin/env python3
"""A film that can be measured, and what is left of it after it was taken in.

  counter.py make RATE_NUM RATE_DEN SECONDS PICTURE SOUND   raw grey 320x240 frames and s16le mono 48 kHz, written to two files
  counter.py compare NAME SOURCE COPY FASTEST               one line of a table; ends with 1 if something is wrong

Every frame carries its number as 16 blocks of black or white, twice: plain above, inverted below, so that damage does not pass
for a number. At each whole second the lower half turns white for four frames, and a 1 kHz beep of 80 ms begins with the first
of them. `compare` decodes both files with ffmpeg, without dropping or repeating anything, and reads all of it back."""
import array
import math
import pathlib
import subprocess
import sys
import tempfile

WIDTH, HEIGHT, BITS, BLOCK, SOUND_RATE = 320, 240, 16, 20, 48000


def flashes(num, den, frames):
    """Numbers of the frames at which a flash begins: the first at or after each whole second from 1 on."""
    seconds = 1
    while (n := -(-seconds * num // den)) < frames:
        yield n
        seconds += 1


def make(num, den, seconds, picture, sound):
    frames = seconds * num // den
    starts = list(flashes(num, den, frames))
    lit = {n + i for n in starts for i in range(4)}
    with open(picture, "wb") as out:
        for n in range(frames):
            bits = [n >> (BITS - 1 - i) & 1 for i in range(BITS)]
            plain = b"".join(bytes([235 if b else 16]) * BLOCK for b in bits)
            inverse = b"".join(bytes([16 if b else 235]) * BLOCK for b in bits)
            lower = bytes([235 if n in lit else 16]) * WIDTH
            out.write(plain * 60 + inverse * 60 + lower * 120)
    samples = array.array("h", bytes(2 * SOUND_RATE * seconds))
    for n in starts:
        first = n * den * SOUND_RATE // num
        for i in range(min(SOUND_RATE * 80 // 1000, len(samples) - first)):
            samples[first + i] = int(20000 * math.sin(2 * math.pi * 1000 * i / SOUND_RATE))
    with open(sound, "wb") as out:
        out.write(samples.tobytes())


def decoded(path, *outputs):
    """What ffmpeg writes for each of these outputs, all of one run; it need not come to its end."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["ffmpeg", "-nostdin", "-v", "quiet", "-copyts", "-i", path]
        for n, output in enumerate(outputs):
            command += [*output, f"{folder}/{n}"]
        code = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
        return code, [file.read_bytes() if (file := pathlib.Path(folder, str(n))).exists() else b"" for n in range(len(outputs))]


def clock(framecrc):
    """The times in a framecrc."""
    return [int(line.split(",")[2]) for line in framecrc.decode().splitlines() if line and line[0] != "#"]


def read_number(frame):
    number = 0
    for i in range(BITS):
        x = i * BLOCK + BLOCK // 2
        plain = sum(frame[y * WIDTH + x] for y in (20, 30, 40)) > 3 * 125
        inverse = sum(frame[y * WIDTH + x] for y in (80, 90, 100)) > 3 * 125
        if plain == inverse:
            return None
        number = number << 1 | plain
    return number


def pictures(path):
    """(time, number or None, lit) of every frame, in the order in which they are shown."""
    shown = ("-map", "0:v:0", "-vsync", "passthrough")
    code, (raw, times) = decoded(
        path, (*shown, "-vf", f"scale={WIDTH}:{HEIGHT}:flags=area:out_range=tv,format=gray", "-f", "rawvideo"),
        (*shown, "-enc_time_base", "1:1000000", "-f", "framecrc", "-c:v", "wrapped_avframe"))
    if code:
        raise SystemExit(f"{path}: ffmpeg cannot read it")
    size, out = WIDTH * HEIGHT, []
    times = [time / 1e6 for time in clock(times)]
    if len(times) * size != len(raw):
        raise SystemExit(f"{path}: {len(times)} times for {len(raw) / size} frames")
    for i, time in enumerate(times):
        frame = raw[i * size:(i + 1) * size]
        out.append((time, read_number(frame), sum(frame[y * WIDTH + x] for y in (160, 180, 200, 220) for x in (40, 160, 280)) > 12 * 125))
    return out


def flash_times(shown):
    return [now[0] for before, now in zip([(0, 0, False)] + shown, shown) if now[2] and not before[2]]


def beep_times(path):
    """Where it gets loud after at least 200 ms of silence; gaps count as silence, as a player shows them."""
    heard = ("-map", "0:a:0", "-af", "aresample=48000:async=1:min_hard_comp=0.01", "-ac", "1")
    _, (packets, raw) = decoded(path, (*heard, "-c:a", "pcm_s16le", "-f", "framecrc"), (*heard, "-f", "s16le"))
    if not clock(packets):
        return []
    samples = array.array("h", raw[:len(raw) // 2 * 2])
    start, quiet, out = clock(packets)[0] / SOUND_RATE, SOUND_RATE, []
    for i, value in enumerate(samples):
        if abs(value) > 3000:
            if quiet > SOUND_RATE // 5:
                out.append(start + i / SOUND_RATE)
            quiet = 0
        else:
            quiet += 1
    return out


def offsets(path, shown):
    beeps, flashed = beep_times(path), flash_times(shown)
    nearest = [min(beeps, key=lambda b: abs(b - f)) - f for f in flashed] if beeps else []
    return [1000 * apart for apart in nearest if abs(apart) < 0.5]  # one of the two tracks may end first


def compare(name, source, copy, fastest):
    before, after = pictures(source), pictures(copy)
    numbers = [n for _, n, _ in after]
    unread = sum(n is None for n in numbers)
    known = [n for n in numbers if n is not None]
    disorder = sum(b < a for a, b in zip(known, known[1:]))
    wanted = sorted({n for _, n, _ in before if n is not None})
    step = 1
    if fastest:  # the copy has at most 60 a second: so many may be passed over at a time
        step = fastest
    seen = sorted(set(known))
    lost = sum(1 for n in wanted if n not in set(known)) if step == 1 else sum(1 for a, b in zip(seen, seen[1:]) if b - a > step)
    # When each picture is first shown, against when the source shows it, wherever the clocks begin. The very first may be held
    # from zero on, while sound leads.
    first_shown, source_time = {}, {}
    for time, n, _ in after:
        first_shown.setdefault(n, time)
    for time, n, _ in before:
        source_time.setdefault(n, time)
    common = [n for n in wanted if n in first_shown]
    shifts = sorted(first_shown[n] - source_time[n] for n in common[1:])
    late = max((abs(shift - shifts[len(shifts) // 2]) for shift in shifts), default=9)
    frame = min((b[0] - a[0] for a, b in zip(after, after[1:])), default=1)
    found, was = offsets(copy, after), offsets(source, before)
    worst = max((abs(o) for o in found), default=None)
    wrong = unread + disorder + lost
    bad = wrong > 0 or not common or late > 1.5 * frame + 0.002
    if was:
        bad = bad or not found or worst > 1000 * frame + 1
    text = lambda values: f"{min(values):6.1f} … {max(values):5.1f}" if values else "      -       "
    print(f"{name:34} {len(before):5} {len(after):5} {wrong:6} {1000 * late:8.1f} {text(was):>16} {text(found):>16}  {'WRONG' if bad else 'ok'}"
          + (f" (unread {unread}, out of order {disorder}, lost {lost})" if wrong else ""))
    return 1 if bad else 0


if sys.argv[1] == "make":
    make(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], sys.argv[6])
else:
    sys.exit(compare(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])))
