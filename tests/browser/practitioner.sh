#!/bin/bash
# A practitioner from a school: opens a case, says who may be filmed and what each of them agreed to, sends a film from the laptop, and
# watches it, with nothing but the mouse, the keyboard and plain words.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
# shellcheck source=tests/browser/seats.bash
. "$OLDPWD/tests/browser/seats.bash"
seats
film kitchen.mp4 8 640x360
film refused.mp4 2
head -c 3000 refused.mp4 >broken.mp4
serve
walk practitioner "$PWD"
# What the pages did is what the vault holds.
same "$(ask ls --state live | jq length)" 1 "clips that can be seen"
end_server
