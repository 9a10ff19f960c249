#!/bin/bash
# Vaults that earlier versions wrote (tests/vectors/vaults): they open, show what they showed, and can be worked on.
frozen=$PWD/tests/vectors/vaults
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
count=0
for from in "$frozen"/*/; do
  name=$(basename "$from") count=$((count + 1))
  rm -rf vault; cp -r "$from/vault" vault; cp "$from/key" key
  chmod 700 vault vault/objects; chmod 600 key vault/* 2>/dev/null; chmod 700 vault/objects
  mkdir -p vault/spool vault/objects
  fact() { jq -er ".$1" "$from/facts.json"; }
  "$programs/tests/act_as" vault key - # it was made under another uid
  clip=$(fact live)
  vault check --deep >/dev/null || fail "$name: $(vault check --deep 2>&1)"
  vault audit verify >/dev/null || fail "$name: audit"
  same "$(purposes "$clip")" intervention,supervision "$name"
  vault export "$clip" --purpose supervision --to out.mp4 >/dev/null
  same "$(sha256sum out.mp4 | cut -d' ' -f1)" "$(fact sha256)" "$name: the film"
  rm out.mp4
  expect 77 export "$clip" --purpose research --to no.mp4
  same "$(state "$(fact gone)")" shredded
  same "$(state "$(fact quarantined)")" quarantined
  vault certificate verify "$from/certificate.json" --vault-key "$from/vault.pub" >/dev/null
  if fact remark >/dev/null; then # from 0.3 on
    same "$(ask remark list "$clip" --purpose supervision | jq -r '.remarks[] | "\(.remark) \(.text)"')" "$(fact remark) She looks up" "$name: what was said of it"
    same "$(ask cycle show "$(fact cycle)" | jq -r '"\(.question) \(.clips[0].as) \(.ratings[0].score)"')" "How can meals be calmer? moment 4" "$name: its cycle"
    same "$(ask supervise list | jq -r '.[0].note')" "Where did I miss her turn?" "$name: what was asked"
  fi
  if fact grant >/dev/null; then # from 0.4 on
    same "$(ask grant list | jq -r '.[0] | "\(.grant) \(.user)"')" "$(fact grant) $(fact sue)" "$name: what was shared"
    same "$(ask stats | get .last_backup_at)" "$(fact backup)" "$name: its last backup"
  fi
  vault consent record --person "$(fact lone)" --purpose intervention >/dev/null
  same "$(state "$(fact quarantined)")" live "$name: released by today's version"
  vault consent withdraw --person "$(fact ada)" >/dev/null
  same "$(state "$clip")" shredded
  vault check --deep >/dev/null
done
[ "$count" -gt 0 ] || fail "no frozen vault was found"
