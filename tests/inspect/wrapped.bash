# shellcheck shell=bash
# What threads.sh and memcheck.sh share: the tests, run with programs that a tool looks at from inside.

# $reports: where it tells what it finds, of whichever process and user; a name that needs no quoting.
reports=$(mktemp -d /tmp/clipvault-reports.XXXXXX)
chmod 1777 "$reports"
trap 'rm -rf "$reports"' EXIT

# starter FILE PROGRAM [LINE…]: FILE starts PROGRAM, whose path begins where FILE lies, after these lines of shell; the last may end in
# words that go before it. An environment would not do: confined programs get none.
starter() {
  local file=$1 program=$2
  # shellcheck disable=SC2016 # for the script that is written
  printf '#!/bin/sh\n%s"${0%%/*}/%s" "$@"\n' "${3:-exec }" "$program" >"$file"
  chmod 755 "$file"
}

# wrap VARIANT NAME WORDS [VARIANT]: build/NAME, where whatever was built as build/VARIANT starts by way of these words of shell: commands,
# the unit tests, and the confined programs, which a command looks for beside itself. The worker may be of another build: it starts as it is.
wrap() {
  local from=build/$1 to=build/$2 words=$3 plain=${4:-} file name
  rm -rf "$to"
  mkdir -p "$to/it/within" "$to/tests/it"
  ln "$from/clipvault" "$to/it/clipvault"
  starter "$to/clipvault" it/clipvault "$words"
  for name in clipvault-transcode clipvault-bridge; do
    ln "$from/$name" "$to/it/within/$name"
    starter "$to/it/$name" "within/$name" "$words"
    starter "$to/$name" "it/$name"
  done
  [ -z "$plain" ] || ln -f "build/$plain/clipvault-transcode" "$to/it/clipvault-transcode"
  for file in "$from"/tests/*; do
    name=${file##*/}
    if [[ $name != test_* ]]; then ln "$file" "$to/tests/$name"; continue; fi
    ln "$file" "$to/tests/it/$name"
    starter "$to/tests/$name" "it/$name" "$words"
  done
}

# run_wrapped NAME: those tests that ONLY and EXCEPT leave. Each process of which something was told is a failure, whatever the test said;
# `sift` passes on what is worth it.
run_wrapped() {
  local file passed failed
  VARIANTS=$1 tests/run.sh | tee "$reports/run" || true
  read -r passed failed < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed.*/\1 \2/p' "$reports/run" | tail -n 1)
  for file in "$reports"/told.*; do
    [ -s "$file" ] || continue # no such file, where nothing was told
    sift <"$file" >"$reports/left"
    [ -s "$reports/left" ] || continue
    failed=$((failed + 1))
    printf 'FAILED   %s\n' "${file##*/}"
    sed 's/^/    | /' "$reports/left"
  done
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}
