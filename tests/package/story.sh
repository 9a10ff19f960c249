#!/bin/bash
# The main job by the package, as root on a bare Debian (tests/package/chroots.sh): story.sh PACKAGE FILM VAULTS
# Installed by apt; a vault of its service's user; served on a socket; a film seen, withdrawn and certified; vaults of earlier versions;
# and after removal and purge the vault is where it was.
set -euo pipefail
package=$1 film=$2 vaults=$3
trap 'echo "line $LINENO: $BASH_COMMAND: exit code $?" >&2' ERR
fail() { echo "FAILED: $*" >&2; exit 1; }
same() { [ "$1" = "$2" ] || fail "$3: \"$1\" and \"$2\""; }
step() { echo "== $*"; }
export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -q -o Dpkg::Use-Pty=0 -y --no-install-recommends "$@" </dev/null >apt.log 2>&1 || { tail -n 40 apt.log; fail "apt-get $*"; }; }

step "apt installs the package, alone"
apt install "$package"
clipvault version
same "$(stat -c '%U %a' /var/lib/clipvault)" "clipvault 700" "the vaults' folder"
same "$(stat -c '%U %a' /etc/clipvault)" "root 700" "the keys' folder"
[ -x /usr/libexec/clipvault/clipvault-transcode ] && [ -x /usr/libexec/clipvault/clipvault-bridge ] || fail "the confined programs"
for file in usr/share/man/man1/clipvault-ingest.1.gz etc/apparmor.d/clipvault usr/share/bash-completion/completions/clipvault \
  usr/share/zsh/vendor-completions/_clipvault usr/share/doc/clipvault/installing.md usr/share/clipvault/proxy/nginx.conf; do
  [ -e "/$file" ] || fail "/$file is not there"
done
find /lib/systemd/system/ /usr/lib/systemd/system/ -name 'clipvault*' 2>/dev/null | sed 's|.*/||' | sort -u | paste -sd' ' | grep -qx 'clipvault-sweep.service clipvault-sweep.timer clipvault.service' || fail "the units"

step "what this script needs besides"
apt install curl jq
place=$(mktemp -d)
chmod 755 "$place"
cp "$film" "$place/film.mp4"
cd "$place"
chown clipvault: .
for name in clipvault-transcode clipvault-bridge; do # planted: nobody runs them
  printf '#!/bin/sh\n: >%s/ran.%s\n' "$place" $name >$name
  chmod 755 $name
done
export CLIPVAULT_DIR=/var/lib/clipvault/vault CLIPVAULT_KEY_FILE=/var/lib/clipvault/clipvault.key
as_service=(setpriv --reuid=clipvault --regid=clipvault --init-groups env HOME=/var/lib/clipvault PATH="$place:/usr/bin:/bin")
ask() { "${as_service[@]}" clipvault --json "$@"; }

step "init, case, person, consent, ingest"
ask init --slot key-file --key-file "$CLIPVAULT_KEY_FILE" >/dev/null
case=$(ask case open --title "Family Zebrafink" | jq -er .case)
ada=$(ask person add --name "Ada" --kind child --case "$case" | jq -er .person)
ask consent record --person "$ada" --case "$case" --purpose supervision --refuse research --media recording,clip >/dev/null
clip=$(ask ingest film.mp4 --case "$case" --person "$ada" | jq -er '.ingested[0].clip')
same "$(ask show "$clip" | jq -r '.state + " " + (.purposes | join(","))')" "live supervision" "the clip"
printf 'a lantern over water' >password
chown clipvault: password
ask user password "$(ask user list | jq -er '.[0].user')" --password-file password >/dev/null
name=$(ask user list | jq -er '.[0].name')

step "serve, sign in, open, range"
install -d -m 750 -o clipvault -g clipvault /run/clipvault
"${as_service[@]}" clipvault serve --listen unix:/run/clipvault/http.sock >serve.out 2>serve.err &
server=$!
trap 'kill -9 $server 2>/dev/null || true' EXIT
for _ in $(seq 200); do grep -q '^listening on ' serve.out && break; kill -0 $server || fail "$(cat serve.err)"; sleep 0.1; done
call() { # call METHOD PATH [JSON]; the answer is in answer, its number in $status
  local more=()
  [ -z "${3:-}" ] || more=(-d "$3")
  status=$(curl -sS --unix-socket /run/clipvault/http.sock -o answer -w '%{http_code}' -b "$cookie" -D head -X "$1" -H 'Host: vault.example' \
    -H 'Origin: https://vault.example' -H "X-CSRF: $csrf" "${more[@]}" "http://vault.example$2")
}
cookie='' csrf=''
call POST /api/session "$(jq -n --arg n "$name" '{name: $n, password: "a lantern over water"}')"
same "$status" 200 "signing in ($(cat answer))"
csrf=$(jq -er .csrf answer)
cookie=$(sed -n 's/^[Ss]et-[Cc]ookie: \([^;]*\);.*/\1/p' head)
call GET /; same "$status" 200 "the first page"
call POST "/api/clips/$clip/open" '{"purpose":"supervision"}'
same "$status" 200 "opening the clip ($(cat answer))"
url=$(jq -er .url answer)
call GET "$url"; same "$status" 200 "the film"
cp answer seen.mp4
status=$(curl -sS --unix-socket /run/clipvault/http.sock -o part -w '%{http_code}' -b "$cookie" -H 'Host: vault.example' -r 1000-2999 "http://vault.example$url")
same "$status $(stat -c %s part)" "206 2000" "a range"
cmp -s part <(tail -c +1001 seen.mp4 | dd bs=2000 count=1 iflag=fullblock status=none) || fail "the bytes of a range"

step "withdraw, certificate, check"
consent=$(ask consent list --person "$ada" | jq -er '.[0].consent')
call POST "/api/consents/$consent/withdraw" '{}'; same "$status" 200 "withdrawing ($(cat answer))"
call GET "$url"; [ "$status" != 200 ] || fail "the film is still served"
same "$(ask show "$clip" | jq -r .state)" shredded "the clip"
ask certificate key --to vault.pub >/dev/null
ask certificate show "$(ask certificate list | jq -er '.[0].certificate')" --format json >certificate.json
clipvault certificate verify certificate.json --vault-key vault.pub
kill $server; wait $server || fail "serve ended with $?: $(cat serve.err)"
ask check --deep >/dev/null
ask audit verify >/dev/null
[ -z "$(find . -name 'ran.*')" ] || fail "a planted program was run"

step "vaults of earlier versions, by the service's user"
for old in "$vaults"/*/; do
  version=$(basename "$old")
  rm -rf old; cp -r "$old" old
  mkdir -p old/vault/spool old/vault/objects
  chmod 700 old/vault old/vault/*/; chmod 600 old/key
  before() { CLIPVAULT_DIR=$place/old/vault CLIPVAULT_KEY_FILE=$place/old/key ask "$@"; }
  # They were made as root, who hands them over.
  own() { clipvault --json --vault old/vault --key-file old/key "$@"; }
  own user map "$(id -u clipvault)" "$(own user list | jq -er '.[0].user')" >/dev/null
  chown -R clipvault: old
  before check --deep >/dev/null
  before export "$(jq -er .live old/facts.json)" --purpose supervision --to old/out.mp4 >/dev/null
  same "$(sha256sum old/out.mp4 | cut -d' ' -f1)" "$(jq -er .sha256 old/facts.json)" "the film of $version"
  before consent withdraw --person "$(jq -er .ada old/facts.json)" >/dev/null
  same "$(before show "$(jq -er .live old/facts.json)" | jq -r .state)" shredded "a clip of $version"
  before check --deep >/dev/null
  echo "$version: opened, seen, withdrawn, whole"
done

step "again over itself, removal, purge: the vault stays"
content() { find /var/lib/clipvault -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum; }
was=$(content)
install -m 600 /var/lib/clipvault/clipvault.key /etc/clipvault/clipvault.key
apt install --reinstall "$package"
same "$(content)" "$was" "the vault after an upgrade"
apt remove clipvault
[ ! -e /usr/bin/clipvault ] || fail "it was not removed"
same "$(content)" "$was" "the vault after removal"
apt purge clipvault
[ ! -e /etc/apparmor.d/clipvault ] || fail "a file of the package is left"
same "$(content)" "$was" "the vault after a purge"
[ -s /etc/clipvault/clipvault.key ] || fail "the key is gone after a purge"
id clipvault >/dev/null || fail "the vault's user is gone after a purge"
apt install "$package"
ask check --deep >/dev/null
echo "the main job is done by the package on $(sed -n 's/^PRETTY_NAME=//p' /etc/os-release)"
