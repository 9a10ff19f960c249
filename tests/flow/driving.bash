# shellcheck shell=bash disable=SC2034 # its names are for the scripts that source this
# Sourced by stories that give films to the caged worker alone, by the name that they were called by: $drive does that, $worker is it; they
# stand in $work, which goes when they end, $here is the folder of the stories, $failed counts.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/tests/flow
programs=${CLIPVAULT:-$PWD/build/release}
drive=$programs/tests/worker_drive worker=$programs/clipvault-transcode
[ -x "$drive" ] || make -s build/release/clipvault-transcode build/release/tests/worker_drive
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failed=0
