#!/bin/bash
# What is made beside the copy — poster, strip, peaks, frame index — against what ffmpeg finds by itself in the same source.
# The layouts are those of docs/format.md, "Derived objects"; they are read here by a program of their own. Needs ffmpeg, python3.
# shellcheck source=tests/flow/driving.bash
. "$(dirname "$0")/driving.bash"
command -v ffprobe >/dev/null && command -v python3 >/dev/null || { echo "ffprobe or python3 is missing"; exit 77; }
mkdir objects

fail() { echo "FAILED  $1: $2"; failed=$((failed + 1)); }
same() { [ "$2" = "$3" ] || fail "$1" "is \"$2\", not \"$3\""; }
make_film() { ffmpeg -nostdin -v error -y "$@"; }
# derive FILE [OPTION…]: the copy into ./copy, the objects into ./objects, the tool's words into ./said
derive() {
  local file=$1
  shift
  timeout 300 "$drive" "$worker" "$file" copy --derive --objects objects "$@" >said 2>&1 || fail "$file" "$(tail -n 2 said)"
}
said() { grep -o "$1=[^ ]*" said | tail -n 1 | cut -d= -f2; }
objects() { find objects -type f -printf '%f\n' | sort | tr '\n' ' '; }

cat >read.py <<'PY'
import json, struct, subprocess, sys

def run(*words): return subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout
def probe(file, *words): return json.loads(run("ffprobe", "-v", "error", "-of", "json", *words, file))

class Frames:
    def __init__(self, path):
        data = open(path, "rb").read()
        magic, version, _, num, den, count, self.origin = struct.unpack_from("<4sHHIIIq", data)
        assert (magic, version) == (b"CVFR", 1)
        self.rate, at = (num, den), 28
        bits = data[at:at + (count + 7) // 8]
        self.keys = [n for n in range(count) if bits[n // 8] >> n % 8 & 1]
        at += len(bits)
        self.times, last, beat = [], None, 1000000 * den // num
        for _ in range(count):
            folded = shift = 0
            while True:
                byte, at = data[at], at + 1
                folded |= (byte & 127) << shift
                shift += 7
                if byte < 128: break
            off = (folded >> 1) ^ -(folded & 1)
            last = off if last is None else last + beat + off
            self.times.append(last)
        assert at == len(data)

class Strip:
    def __init__(self, path):
        data = open(path, "rb").read()
        magic, version, self.columns, self.width, self.height, self.count, self.interval, num, den = struct.unpack_from("<4sHHHHIIII", data)
        assert (magic, version) == (b"CVST", 1)
        self.rate, self.jpeg = (num, den), data[28:]
    def sheet(self): # luma, black 0 … white 255
        open("sheet.jpg", "wb").write(self.jpeg)
        stream = probe("sheet.jpg", "-show_streams")["streams"][0]
        rows = (self.count + self.columns - 1) // self.columns
        assert (stream["width"], stream["height"]) == (self.columns * self.width, rows * self.height)
        return run("ffmpeg", "-v", "error", "-i", "sheet.jpg", "-vf", "extractplanes=y", "-f", "rawvideo", "-")
    def means(self):
        luma, across = self.sheet(), self.columns * self.width
        for n in range(self.count):
            top, left = n // self.columns * self.height, n % self.columns * self.width
            total = sum(sum(luma[(top + y) * across + left:(top + y) * across + left + self.width]) for y in range(self.height))
            yield total / (self.width * self.height)

class Peaks:
    def __init__(self, path):
        data = open(path, "rb").read()
        magic, version, levels, self.rate, self.samples = struct.unpack_from("<4sHHIQ", data)
        assert (magic, version, levels) == (b"CVPK", 1, 3)
        self.levels, at = [], 20 + 8 * levels
        for level in range(levels):
            stretch, count = struct.unpack_from("<II", data, 20 + 8 * level)
            points = struct.unpack_from("<%db" % (2 * count), data, at)
            self.levels.append((stretch, list(zip(points[::2], points[1::2]))))
            at += 2 * count
        assert at == len(data)
PY
check() { python3 -c "from read import *
$2" >check 2>&1 && echo "ok      $1" || fail "$1" "$(tail -n 3 check | tr '\n' ' ')"; }

# ---- the poster is the one frame that shows something; no side of it is large, and it is upright
make_film -f lavfi -i "color=black:s=1280x720:r=25:d=8" -f lavfi -i "testsrc2=s=1280x720:r=25:d=8" \
  -filter_complex "[0][1]overlay=enable='between(t,5,6.9)'" -pix_fmt yuv420p -c:v libx264 -preset ultrafast -g 25 -bf 2 hidden.mp4
for way in '' --may-copy; do
  # shellcheck disable=SC2086 # an option, or none
  derive hidden.mp4 $way
  ffmpeg -nostdin -v error -y -ss 6 -i hidden.mp4 -frames:v 1 -vf scale=852:480 -pix_fmt yuvj420p expected.png
  check "the poster shows what there is to see ${way:-(re-encoded)}" '
stream = probe("objects/poster", "-f", "jpeg_pipe", "-show_streams")["streams"][0]
assert (stream["codec_name"], stream["width"], stream["height"]) == ("mjpeg", 852, 480), stream
a, b = [run("ffmpeg", "-v", "error", *f, "-vf", "scale=106:60,format=gray", "-f", "rawvideo", "-") for f in (["-f", "jpeg_pipe", "-i", "objects/poster"], ["-i", "expected.png"])]
mean = sum(a) / len(a)
assert 60 < mean < 200, mean
# testsrc2 moves; its fixed bars make any of its frames much nearer to each other than to black
apart = sum(abs(x - y) for x, y in zip(a, b)) / len(a)
assert apart < 25 and sum(b) / len(b) > 60, apart'
done
python3 "$here/turn.py" hidden.mp4 turned.mp4
derive turned.mp4
check "the poster of a turned film stands upright" '
stream = probe("objects/poster", "-f", "jpeg_pipe", "-show_streams")["streams"][0]
assert (stream["width"], stream["height"]) == (480, 852), stream
strip = Strip("objects/strip")
assert (strip.width, strip.height) == (90, 160)'

# ---- five minutes whose brightness tells the frame: more than may be held at one a second
grey="nullsrc=s=64x36:r=25,geq=lum='40+mod(floor(N/25)*3,160)':cb=128:cr=128"
make_film -f lavfi -i "$grey" -t 300 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -crf 10 -g 25 grey.mp4
for way in '' --may-copy; do
  # shellcheck disable=SC2086
  derive grey.mp4 $way
  [ -z "$way" ] || same "grey.mp4 is copied" "$(said picture_copied)" 1
  check "every tile of the strip is of its frame ${way:-(re-encoded)}" '
strip = Strip("objects/strip")
assert (strip.interval, strip.count, strip.columns, strip.width, strip.height, strip.rate) == (50, 150, 16, 64, 36, (25, 1)), vars(strip)
for n, mean in enumerate(strip.means()):
    expected = (40 + n * strip.interval // 25 * 3 % 160 - 16) * 255 / 219
    assert abs(mean - expected) < 3, (n, mean, expected)'
done

# ---- the index of a film with uneven frames whose brightness tells the frame
make_film -f lavfi -i "nullsrc=s=64x36:r=30,geq=lum='20+mod(N*5,200)':cb=128:cr=128,select='not(mod(n,3))+between(n,24,61)+between(n,90,91)'" -t 6 \
  -vsync vfr -pix_fmt yuv420p -c:v libx264 -preset ultrafast -crf 6 -g 15 -output_ts_offset 3.5 uneven.mkv
derive uneven.mkv --may-copy
same "uneven.mkv is encoded" "$(said picture_copied)" 0
check "frame n of the copy is the frame of the source at the time the index states" '
def luma(file):
    data = run("ffmpeg", "-v", "error", "-i", file, "-vsync", "passthrough", "-vf", "extractplanes=y", "-f", "rawvideo", "-")
    return [sum(data[i:i + 64 * 36]) / (64 * 36) for i in range(0, len(data), 64 * 36)]
frames = Frames("objects/frames")
packets = probe("uneven.mkv", "-select_streams", "v", "-show_packets")["packets"]
source = sorted(round(float(p["pts_time"]) * 1e6) for p in packets)
assert frames.origin == source[0] and frames.origin > 3400000, frames.origin
shown, made = dict(zip(source, luma("uneven.mkv"))), luma("copy")
assert len(frames.times) == len(made) and len(made) > len(source)
for n, time in enumerate(frames.times): # the very microsecond, the very picture
    assert abs(shown[frames.origin + time] - made[n]) < 1.5, (n, time, made[n])
assert sorted(set(frames.times)) == [t - frames.origin for t in source]'
check "the index names the key frames of the copy" '
frames = Frames("objects/frames")
packets = probe("copy", "-select_streams", "v", "-show_packets")["packets"]
beat = frames.rate[1] / frames.rate[0]
keys = sorted(round(float(p["pts_time"]) / beat) for p in packets if "K" in p["flags"])
assert frames.keys == keys and len(keys) > 3, (frames.keys, keys)'

# ---- peaks of a burst, of a channel that is silent at times, and of noise; at every level
make_film -f lavfi -i "aevalsrc='0.5*sin(2*PI*1000*t)*between(t,1,2)+0.1*(random(0)-0.5)*gt(t,4)|0.25*sin(2*PI*300*t)*gt(t,3)':s=48000:d=6" -c:a flac burst.flac
make_film -f lavfi -i testsrc2=s=320x240:r=25:d=6 -i burst.flac -c:v libx264 -preset ultrafast -g 25 -bf 2 -c:a aac -b:a 192k burst.mp4
same_peaks() { # SOURCE TOLERANCE
  ffmpeg -nostdin -v error -y -i "$1" -map a -f f32le -ac 2 samples
  check "peaks are those of the samples ($1)" '
import array
samples = array.array("f", open("samples", "rb").read())
count = len(samples) // 2
peaks = Peaks("objects/peaks")
assert peaks.rate == 48000 and abs(peaks.samples - count) <= 2048, (peaks.samples, count)
for level, (stretch, points) in enumerate(peaks.levels):
    assert stretch == 256 * 16 ** level and len(points) == (peaks.samples + stretch - 1) // stretch
    for n in range(count // stretch):
        part = samples[2 * n * stretch:2 * (n + 1) * stretch]
        low, high = (max(-127, min(127, round(127 * v))) for v in (min(part), max(part)))
        assert abs(points[n][0] - low) <= '"$2"' and abs(points[n][1] - high) <= '"$2"', (level, n, points[n], low, high)
finest = peaks.levels[0][1]
second = lambda s: finest[s * 48000 // 256]
assert max(second(0)) <= 1 and second(1)[1] < 70 and 60 <= finest[48000 * 3 // 2 // 256][1] <= 66, finest[280]'
}
derive burst.flac
same "objects of a sound" "$(objects)" "peaks "
same_peaks burst.flac 1
derive burst.mp4 --may-copy
same "burst.mp4 is copied" "$(said picture_copied)$(said sound_copied)" 11
same "objects of a film" "$(objects)" "frames peaks poster strip "
same_peaks burst.mp4 1
derive burst.mp4 --no-picture
same "objects of a film whose sound is kept" "$(objects)" "peaks "
derive burst.mp4 --no-sound
same "objects of a film whose picture is kept" "$(objects)" "frames poster strip "

# ---- a photograph
make_film -f lavfi -i testsrc2=s=1600x1200 -frames:v 1 photograph.png
derive photograph.png
same "objects of a photograph" "$(objects)" "poster "
check "the poster of a photograph is small" '
stream = probe("objects/poster", "-f", "jpeg_pipe", "-show_streams")["streams"][0]
assert (stream["width"], stream["height"]) == (640, 480), stream'
timeout 60 "$drive" "$worker" burst.mp4 copy --objects objects >said 2>&1
same "objects where none are ordered" "$(objects)" ""

# ---- memory hardly grows with the film: the sheet of thumbnails has its full size at four minutes, the rest is the copy's index
make_film -f lavfi -i testsrc2=s=128x72:r=10 -f lavfi -i sine=r=48000 -t 900 -c:v libx264 -preset ultrafast -g 10 -c:a aac long.mp4
make_film -i long.mp4 -t 10 -c copy short.mp4
for way in '' --may-copy; do
  # shellcheck disable=SC2086
  derive short.mp4 $way
  short=$(said worker_peak_kib)
  # shellcheck disable=SC2086
  derive long.mp4 $way
  long=$(said worker_peak_kib)
  [ "$long" -lt $((short + 40960)) ] || fail "memory ${way:-(re-encoded)}" "10 s take $short KiB, 15 minutes $long"
  echo "ok      memory ${way:-(re-encoded)}: 10 s $short KiB, 15 minutes $long KiB"
done

[ "$failed" = 0 ] || { echo "$failed failed"; exit 1; }
