#!/bin/bash
# What the first page weighs over the wire and how soon it can be used, in Chromium on a throttled laptop (processor 4 times slower,
# 10 Mbit/s, 40 ms), over plain HTTP/1.1; and the time from the drop of a film to its first frame on screen.
#   tests/bench/pages.sh [ROUNDS] [SECONDS OF FILM]
#
#: title    The pages
#: what     The first page in Chromium on a slow laptop (processor 4 times slower, 10 Mbit/s, 40 ms): bytes, requests, until it can be used; and from the drop of a film to its first picture.
#: limits   The processor, which parses and runs the scripts four times slower than this one; then the round trips of 40 ms. From drop to picture, the encoder.
#: needs    chromium node ffmpeg
#: tiny     1 2
#: quick    3 10
#: full     5 60
rounds=${1:-5} seconds=${2:-60}
# shellcheck source=tests/browser/seats.bash
. "$(dirname "$0")/../browser/seats.bash"
bench=$(cd "$OLDPWD/tests/bench" && pwd)
seats
family=$(ask case open --title "The Example family" --practitioner "$ida" | get .case)
mira=$(person "Mira Example" carer)
consent "$mira" intervention --media recording >/dev/null
film phone.mp4 "$seconds" 1280x720
serve
node "$bench/pages.mjs" "$base" "$PWD/phone.mp4" "$rounds" "$family" "$seconds"
end_server
