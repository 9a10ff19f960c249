#!/bin/bash
# What a person must look at is told to alarm_command; a sweep without a key says what waits, and that it could not.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
export TZ=UTC CLIPVAULT_TEST_NOW=2030-01-01T10:00:00Z CLIPVAULT_TEST_JUMP_OK=1
at() { export CLIPVAULT_TEST_NOW=$1; }
new_vault
ada=$(person "Ada Zebrafink" carer)
consent "$ada" supervision --media still --until 2030-01-10 >/dev/null
for n in 1 2 3; do picture "a$n.png"; ask ingest "a$n.png" --case "$family" --person "$ada" >/dev/null; done

# The program writes down its words, its environment and what it has open.
cat >teller <<'T'
#!/bin/bash
{ printf '%s|' "$@"; echo; } >>"$2/said"
tr '\0' '\n' </proc/$$/environ >"$2/environment"
ls /proc/$$/fd >"$2/open"
T
chmod +x teller
mkdir "with space"
echo "alarm_command = $stage/teller first \"$stage/with space\"" >>vault/clipvault.conf
told() { # told EVENT WORDS: what it was told last; the program runs in the background
  for _ in $(seq 50); do [ -s "with space/open" ] && break; sleep 0.1; done
  [ -s "with space/open" ] || fail "nothing was told"
  grep -q "^first|$stage/with space|$1|.*$2" "with space/said" || fail "expected $1 … $2, but it was told: $(cat "with space/said")"
  same "$(wc -l <"with space/said")" 1 "told once"
  rm "with space"/*
}
quiet() { sleep 0.3; [ ! -e "with space/said" ] || fail "told without a cause: $(cat "with space/said")"; }

ask sweep >/dev/null; quiet
at 2030-01-11T00:00:00Z
ask sweep --dry-run >/dev/null; quiet
ask sweep --max 1 >/dev/null
for _ in $(seq 50); do [ -s "with space/open" ] && break; sleep 0.1; done
same "$(sort "with space/environment" | cut -d= -f1 | grep -vxE '_|PWD|SHLVL' | paste -sd,)" HOME,LANG,PATH "its environment"
[ "$(grep -cvxE '0|1|2|255|3' "with space/open")" = 0 ] || fail "descriptors are passed on: $(cat "with space/open")"
! grep -q Zebrafink "with space/said" || fail "a name is told"
told overdue "2 clips or uses are still due"
ask sweep >/dev/null; quiet # in time

# Without a key: what waits, in words and on the log, and try again.
consent "$ada" supervision --media still --until 2030-02-01 >/dev/null
picture b.png; b=$(take_in b.png "$ada")
at 2030-02-05T00:00:00Z
locked() { env -u CLIPVAULT_KEY_FILE "$programs/clipvault" "$@" </dev/null >out 2>err; }
code=0; locked sweep || code=$?
same "$code" 75 "a locked sweep: $(cat err)"
grep -q "1 clips or uses are due, the first since 2030-02-01" err || fail "$(cat err)"
told overdue "1 clips or uses are due"
code=0; locked --json sweep || code=$?
same "$code" 75
[ ! -s out ] || fail "an error wrote to standard output"
tail -n 1 err | jq -e '.error == "busy"' >/dev/null || fail "$(cat err)"
told overdue "vault is locked"
code=0; locked ls || code=$?
same "$code" 77 "anything else needs a key"
same "$(state "$b")" expired "nothing is destroyed without a key"; quiet
ask sweep >/dev/null # a key again, days late
told overdue "had been due since 2030-02-01"
code=0; locked sweep || code=$?
same "$code" 75 "locked, and nothing due"; quiet

# A destruction that could not be finished: somebody reads keys.db and keeps its log from being emptied.
consent "$ada" research --media still >/dev/null
picture c.png; c=$(take_in c.png "$ada")
mkfifo reader
sqlite3 vault/keys.db <reader >read.out &
pid=$!
exec 4>reader
echo "BEGIN; SELECT count(*) FROM node;" >&4
for _ in $(seq 50); do [ -s read.out ] && break; sleep 0.1; done
code=0; ask consent withdraw --person "$ada" >withdrawn.json 2>&1 || code=$?
same "$code" 75 "a destruction that waits"
told pending "1 destructions are pending, the first is job_"
exec 4>&-
wait $pid
ask ls >/dev/null; quiet # finished by the next command
same "$(state "$c")" shredded

# No room; a verification that fails; a program that is not there.
consent "$ada" publication --media still >/dev/null
picture d.png; d=$(take_in d.png "$ada")
expect 74 export "$d" --purpose publication --to /dev/full
told disk-full "no room"
: >vault/objects/stray
expect 65 check
told verification "check"
rm vault/objects/stray
sed -i 's|^alarm_command.*|alarm_command = /nonexistent/teller x|' vault/clipvault.conf
expect 74 export "$d" --purpose publication --to /dev/full
says "alarm_command cannot be run (disk-full)"
ask check >/dev/null
