#!/usr/bin/env bash
# A leaf on the last of three nodes in a row: it is reached and reaches others, and only its neighbour knows of it.
source "$(dirname -- "$0")/flock.bash"

local_only=(--no-lan --listen)
node_up anna "${local_only[@]}" udp://127.0.0.1:7201 --api 127.0.0.1:7301
node_up bert "${local_only[@]}" udp://127.0.0.1:7202 --api 127.0.0.1:7302 \
  --peer "starling:$(node_key anna)?at=udp://127.0.0.1:7201"
node_up carl "${local_only[@]}" udp://127.0.0.1:7203 --api 127.0.0.1:7303 \
  --peer "starling:$(node_key bert)?at=udp://127.0.0.1:7202"
node_up lena "${local_only[@]}" udp://127.0.0.1:7204 --api 127.0.0.1:7304 --leaf 0 \
  --peer "starling:$(node_key carl)?at=udp://127.0.0.1:7203"
wait_for_link carl lena
[ "$(ask lena status --json | json 'it["leaf"]')" = True ] || fail "lena must be a leaf"
[ "$(ask carl status --json | json 'it["leaf"]')" = False ] || fail "carl must not be a leaf"

wait_until "anna reaches the leaf" ask anna ping "$(node_key lena)" --count 1
wait_until "the leaf reaches anna" ask lena ping "$(node_key anna)" --count 1

knows() { ask "$1" routes --all --json | grep -q "$(node_key "$2")"; }
wait_until "carl knows anna" knows carl anna
knows carl lena || fail "its neighbour must know the leaf"
if knows anna lena; then fail "others must not hear of the leaf"; fi
if knows lena anna; then fail "the leaf must know its neighbours only"; fi

say "bad input"
if ask anna up --leaf never 2>"$flock/bad"; then fail "'never' is no number"; fi
grep -q "'never' is not a number of minutes from 0 to 700" "$flock/bad" || fail "$(cat "$flock/bad")"

for node in anna bert carl lena; do node_stop $node; done
