#!/bin/bash
# Someone who can write to the index while the vault is closed, and has no secret, wants what was agreed to only obscured: as filmed,
# or with marks that cover somebody else. Each case starts from the same vault; the first shows that the test would see a success.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
command -v sqlite3 >/dev/null || skip "needs sqlite3"
python=$(command -v python3) || skip "needs python3"
new_vault
ada=$(person "Ada" carer) ben=$(person "Ben" carer)
consent "$ada" intervention --media still >/dev/null
consent "$ada" external_training --media still --identifiability obscured >/dev/null
consent "$ben" intervention --media still >/dev/null
consent "$ben" research,external_training --media still --identifiability obscured >/dev/null

obscure() { # obscure CLIP PERSON…: fills them and confirms
  local clip=$1 p
  shift
  for p; do printf 'person %s fill\n0 10 10 50 50\n' "$p"; done >marks
  vault obscure mark "$clip" --file marks >/dev/null
  vault obscure confirm "$clip" --through end >/dev/null
}
picture a.png; picture b.png; picture c.png
a=$(take_in a.png "$ada" "$ben")
b=$(take_in b.png "$ada")
c=$(take_in c.png "$ada" "$ben")
obscure "$a" "$ada" "$ben"
cp -a vault earlier # when a covered both
obscure "$a" "$ada" # anew: Ben is not covered any more
obscure "$b" "$ada"
obscure "$c" "$ada" "$ben"
printf 'person %s fill\n0 10 10 50 50\n' "$ada" >marks
vault obscure mark "$c" --file marks >/dev/null
may "$a" external_training no
may "$b" external_training yes
may "$c" external_training yes
vault check --deep >/dev/null
cp -a vault pristine

hex() { "$python" -c 'import base64,sys; t=sys.argv[1][4:].upper(); print(base64.b32decode(t + "=" * (-len(t) % 8)).hex())' "$1"; }
A="x'$(hex "$a")'" B="x'$(hex "$b")'" C="x'$(hex "$c")'"
tampered=0
tamper() { # tamper WHAT SQL
  rm -rf vault; cp -a pristine vault
  sqlite3 vault/index.db "ATTACH 'earlier/index.db' AS earlier; $2" || fail "the attack itself failed: $1"
  what=$1 tampered=$((tampered + 1))
}
named() {
  local code=0
  said=$(vault check --deep 2>&1) || code=$?
  [ "$code" = 65 ] || fail "$what: check did not notice (exit code $code: $said)"
}
shut() { # shut CLIP PURPOSE [RENDITION]
  local code=0 more=()
  [ $# -lt 3 ] || more=(--rendition "$3")
  vault export "$1" --purpose "$2" "${more[@]}" --to stolen.jpg >/dev/null 2>&1 || code=$?
  [ "$code" = 77 ] || [ "$code" = 65 ] || [ "$code" = 66 ] || fail "$what: $1 opened for $2 (exit code $code)"
  [ ! -e stolen.jpg ] || fail "$what: a file was left"
}

tamper "control: nothing" ""
vault export "$b" --purpose external_training --to ok.jpg >/dev/null
shut "$b" external_training as-filmed
shut "$a" external_training
vault check --deep >/dev/null

tamper "who is covered, altered" "UPDATE rendition SET sealed = zeroblob(length(sealed)) WHERE clip = $B"
shut "$b" external_training; named
tamper "who is covered, a bit turned" "UPDATE rendition SET sealed = substr(sealed, 1, 30) || x'00' || substr(sealed, 32) WHERE clip = $B"
shut "$b" external_training; named
tamper "who is covered, taken from another clip" "UPDATE rendition SET sealed = (SELECT sealed FROM rendition r WHERE r.clip = $C) WHERE clip = $A"
shut "$a" external_training obscured; shut "$a" external_training; named
tamper "the same with the body it is bound to" "DELETE FROM rendition WHERE clip = $A; UPDATE rendition SET clip = $A WHERE clip = $C"
shut "$a" external_training obscured; shut "$a" external_training; named
tamper "who was covered before" "DELETE FROM rendition WHERE clip = $A; INSERT INTO rendition SELECT * FROM earlier.rendition WHERE clip = $A"
shut "$a" external_training; shut "$a" external_training obscured; shut "$a" research; named
vault consent record --person "$ben" --purpose supervision --media still >/dev/null 2>&1 || true # brings wraps in line, if it can
shut "$a" external_training; shut "$a" research
tamper "the same, and the wraps and objects of then" "DELETE FROM rendition WHERE clip = $A; INSERT INTO rendition SELECT * FROM earlier.rendition WHERE clip = $A;
  DELETE FROM wrap WHERE clip = $A AND rendition = 'obscured'; INSERT INTO wrap SELECT * FROM earlier.wrap WHERE clip = $A AND rendition = 'obscured';
  DELETE FROM object WHERE clip = $A AND rendition = 'obscured'; INSERT INTO object SELECT * FROM earlier.object WHERE clip = $A AND rendition = 'obscured'"
cp -n earlier/objects/* vault/objects/
shut "$a" external_training; shut "$a" research; named
tamper "the row of who is covered dropped" "DELETE FROM rendition WHERE clip = $B"
shut "$b" external_training; shut "$b" external_training obscured; named
tamper "an obscured wrap called as filmed" "UPDATE wrap SET rendition = 'as-filmed' WHERE clip = $B AND purpose = 'external_training'"
shut "$b" external_training as-filmed; shut "$b" external_training; named
tamper "an as-filmed wrap called obscured" "INSERT INTO wrap SELECT clip, 'research', 'obscured', leaf, expires_ms, state, job, ct FROM wrap WHERE clip = $C AND purpose = 'intervention' AND rendition = 'as-filmed'"
shut "$c" research; shut "$c" research obscured; named
tamper "an obscured wrap for a purpose that one of them did not agree to" "INSERT INTO wrap SELECT clip, 'research', rendition, leaf, expires_ms, state, job, ct FROM wrap WHERE clip = $C AND purpose = 'external_training'"
shut "$c" research; shut "$c" research obscured; named
tamper "an obscured wrap of another clip" "UPDATE wrap SET ct = (SELECT ct FROM wrap w WHERE w.clip = $C AND w.purpose = 'external_training') WHERE clip = $B AND purpose = 'external_training'"
shut "$b" external_training; named
tamper "the film as it is put where the obscured one was" "UPDATE object SET rendition = CASE rendition WHEN 'obscured' THEN 'as-filmed' ELSE 'obscured' END WHERE clip = $B"
shut "$b" external_training; shut "$b" external_training obscured; named
tamper "only the ids of the two bodies changed places" "UPDATE object SET role = 'x' WHERE clip = $B AND rendition = 'obscured' AND role <> 'body';
  UPDATE object SET rendition = CASE rendition WHEN 'obscured' THEN 'as-filmed' ELSE 'obscured' END WHERE clip = $B AND role = 'body'"
shut "$b" external_training; shut "$b" external_training obscured; named
tamper "a draft of another clip" "INSERT OR REPLACE INTO marks SELECT $B, sealed FROM marks WHERE clip = $C"
expect 65 obscure show "$b"
expect 65 obscure confirm "$b" --through end
echo "$tampered kinds of tampering"
