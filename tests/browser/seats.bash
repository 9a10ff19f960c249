# Sourced by stories in the browser, by the name that they were called by; story.bash and serving.bash come with it: a vault with
# somebody in each seat, and Chromium.

# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
command -v chromium >/dev/null || skip "no chromium is installed"
browser=$(cd "$OLDPWD/tests/browser" && pwd)

# password NAME: of one of those whom seats adds.
password() { echo "the lantern of $1 is lit"; }
# seats: a new vault with ida (practitioner), sue (supervisor, linked with ida), omar (officer) and ada (administrator).
seats() {
  local name
  new_vault
  for name in ida:practitioner sue:supervisor omar:officer ada:administrator; do
    password "${name%:*}" >pw
    declare -g "${name%:*}=$(ask user add --name "${name%:*}" --role "${name#*:}" --password-file pw | get .user)"
  done
  rm pw
  ask user link "$sue" "$ida" >/dev/null
}
# walk STORY: runs tests/browser/STORY.mjs against the running server.
walk() { node "$browser/$1.mjs" "$base" "${@:2}"; }
# numbered FILE FRAMES RATE WIDTH HEIGHT [OPTION…]: below the number something moves, so that there is something to decode.
numbered() {
  local file=$1 frames=$2 rate=$3 width=$4 half=$(($5 / 2))
  shift 5
  python3 "$browser/numbered.py" "$frames" | ffmpeg -nostdin -loglevel error -f rawvideo -pix_fmt gray -s 16x1 -r "$rate" -i - \
    -f lavfi -i "testsrc2=size=${width}x$half:rate=$rate" \
    -filter_complex "[0]scale=${width}x$half:flags=neighbor,format=yuv420p[n];[n][1]vstack=shortest=1" \
    -frames:v "$frames" -c:v libx264 -preset ultrafast "$@" -pix_fmt yuv420p -y "$file"
}
