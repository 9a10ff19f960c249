#!/bin/bash
# Which lines of each parser its fuzz target reaches with the inputs that are in the tree, from a build with COVERAGE=1: printed, and held
# against the floor that stands beside the file: three below what was reached when it was written, so that another compiler or a small
# change does not fail, and a parser that grew does. What is missing to 100 is mostly what no input reaches: failing disks and libraries.
# Memory that runs out has its own (scarce.c).
#   tests/fuzz/coverage.sh build/fuzz-cov [TARGET…]     CORPUS=folder: other inputs than tests/fuzz/corpus
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:?folder of the build}
shift
: "${CORPUS:=tests/fuzz/corpus}"
passed=0 failed=0

# TARGET FLOOR SOURCE [only FUNCTION… | but FUNCTION…]: of a file that holds more than a parser, its functions
floors() {
  cat <<'FLOORS'
audit        91 vault/audit_outside.c
audit        97 vault/audit_proof.c but audit_proof_of_last audit_proof_included
bridge_wire  96 player-bridge/wire_link.c but wire_link_queued
bridge_wire  94 player-bridge/wire_message.c but wire_message_put_text wire_message_put_number
container    95 vault/container_cipher.c
container    95 vault/container_reader.c but container_recovered
container    97 vault/container_whole.c
film         97 ingest/worker/elements.c
film         92 ingest/worker/icc.c
film         97 ingest/worker/kind.c but kind_prepare kind_hint
film         97 ingest/worker/nal.c
film         97 ingest/worker/structure.c
film         97 ingest/worker/units.c
http         97 player-bridge/http/range.c
http         97 player-bridge/http/route.c but route_nth
http         97 player-bridge/http/values.c but wipe_and_free values_prepare put_argument values_from_query values_signed_on
keystore     93 keys/effaceable.c only effaceable_open effaceable_read check_of kind_of
keystore     97 keys/keystore_copies.c only parse_one keystore_copies_load put_one put_all keystore_hash_bound
keystore     92 keys/keystore_open.c but unmake keystore_unmake keystore_assurance_of
keystore     88 keys/slot_record.c
keystore     90 keys/store.c only check_version one_number store_open store_get_node store_each_node store_get_slots store_get_fact store_find_fact
keystore     97 keys/tree.c but tree_grow
marks        96 ingest/marks.c
moov         92 ingest/worker/exif.c
moov         90 ingest/worker/moov.c
note         97 keys/certificate.c
note         97 vault/audit_checkpoint.c
note         97 vault/audit_open.c
note         91 vault/audit_proof.c only audit_proof_of_last audit_proof_included
note         97 vault/note.c
note         97 vault/statement_page.c
note         97 vault/statement_read.c
note         91 vault/statement_verify.c
request      97 vault/reply.c only get_bytes known_status reply_decode
request      97 vault/request.c only get_text fits_option take_fd decode_field decode_head check_required request_decode request_add
settings     97 ingest/place.c
settings     95 vault/base/clock.c but clock_now_ms clock_steady_ms clock_set_zone
settings     92 vault/base/id.c only id_parse id_format
settings     97 vault/config.c but check_owner config_load config_default_text
settings     94 vault/consent.c only find consent_capacity_parse consent_assent_parse bad_rule consent_rule_parse consent_rule_put
settings     97 vault/password.c only is_plain match row match_name worth_nothing left_over password_check_choice
settings     97 vault/plain.c
settings     97 vault/purpose.c only purpose_parse each_word purpose_bit purpose_parse_set media_bit purpose_parse_media purpose_parse_ident purpose_kind_media
settings     97 vault/tags.c but tags_load tags_default_text
share        92 keys/share.c
share        97 vault/shares.c only blank_remarks parse_all read_file shares_read
tpm          97 keys/effaceable_tpm.c only parse_handle parse_where open_store
tpm          97 keys/slot_tpm.c only slot_tpm_open
tpm          97 keys/tpm_seal.c only parse_blob
tus          97 player-bridge/http/tus.c
wire         97 ingest/wire.c
wire         94 ingest/wire_marks.c
FLOORS
}

# "97.5 120": per cent of the lines, and how many those are. A function that gcov does not know is an error: it was renamed.
reached() { # SOURCE [only|but FUNCTION…]
  gcov -f -n -o "$build/obj/${1%.c}.gcno" "$1" 2>/dev/null | awk -v source="$1" -v how="${2:-}" -v names="${*:3}" -v quote="'" '
    BEGIN {n = split(names, list, " "); for (i = 1; i <= n; i++) named[list[i]] = 1}
    /^Function / {name = substr($2, 2, length($2) - 2); if (name in named) seen[name] = 1; counts = how == "" || (how == "only") == (name in named)}
    /^File / {counts = 0}
    /^Lines executed/ && counts {split($2, part, /[:%]/); lines += $4; hit += part[2] * $4 / 100; counts = 0}
    END {for (i in named) if (!(i in seen)) {print "no function " i " in " source | "cat >&2"; lines = 0}
         printf "%.1f %d\n", lines ? 100 * int(hit + 0.5) / lines : 0, lines}'
}

check() { # TARGET
  local target floor source rest percent lines word inputs=()
  for folder in "$CORPUS/$1" "tests/vectors/$1"; do [ ! -d "$folder" ] || inputs+=("$folder"); done
  find "$build/obj" -name '*.gcda' -delete
  if ! "$build/replay_$1" "${inputs[@]}" >"$build/replay_$1.log" 2>&1; then
    tail -n 5 "$build/replay_$1.log"
    echo "FAILED   $1: an input in the tree upsets it"
    failed=$((failed + 1))
    return
  fi
  while read -r target floor source rest; do
    [ "$target" = "$1" ] || continue
    # shellcheck disable=SC2086 # words
    read -r percent lines < <(reached "$source" $rest)
    word=ok
    awk -v p="$percent" -v f="$floor" 'BEGIN {exit !(p + 0 >= f)}' || word=FAILED
    [ "$word" = ok ] && passed=$((passed + 1)) || failed=$((failed + 1))
    printf '%-8s %-11s %6s %% of %4s lines (floor %3s)  %s\n' "$word" "$1" "$percent" "$lines" "$floor" "$source${rest:+, of it}"
  done < <(floors)
}

names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(floors | awk '{print $1}' | sort -u)
for name in "${names[@]}"; do check "$name"; done
for target in tests/fuzz/fuzz_*.c; do # nobody forgets a floor; media's lines are another process's
  name=${target##*/fuzz_} name=${name%.c}
  [ "$name" = media ] || [[ $(floors) =~ (^|$'\n')$name\  ]] || { echo "FAILED   $name has no floor"; failed=$((failed + 1)); }
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
