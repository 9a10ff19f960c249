# Sourced by stories in the browser, after story.bash and serving.bash: a vault with somebody in each seat, and Chromium.

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
