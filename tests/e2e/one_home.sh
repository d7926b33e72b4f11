#!/usr/bin/env bash
# One home, one node: a second start is refused, a killed node can start again at once, stopping cleans up.
source "$(dirname -- "$0")/flock.bash"

options=(--no-lan --listen udp://127.0.0.1:7201 --api 127.0.0.1:7301)
if ask anna status 2>"$flock/none"; then fail "a node where there is none"; fi
expect_text "no node is running in this home; start one with: starling up" "$flock/none"

node_up anna "${options[@]}"
key=$(node_key anna)
expect_text "Key: $key" "$flock/anna.out"
expect_text "Account: a" "$flock/anna.out"
expect_text "Address: fd53:54" "$flock/anna.out"
expect_text "Listening: udp://127.0.0.1:7201" "$flock/anna.out"
expect_text "API: http://127.0.0.1:7301" "$flock/anna.out"
expect_text "starling invite" "$flock/anna.out"
[ "$(stat -c %a "$flock/anna/data/run/api.json")" = 600 ] || fail "the token is open to others"

say "a second start on the same home"
status=0
"$starling" up --home "$flock/anna" --listen udp://127.0.0.1:7202 --api 127.0.0.1:7302 >"$flock/second" 2>&1 || status=$?
[ $status -eq 1 ] || fail "exit status $status"
expect_text "this home is in use by process ${node_pid[anna]}" "$flock/second"
ask anna status >"$flock/status" || fail "the first node suffered"

say "kill -9 and a new start"
node_kill anna KILL
node_end anna
if ask anna status 2>"$flock/gone"; then fail "a dead node answers"; fi
expect_text "no node is running in this home" "$flock/gone"
node_up anna "${options[@]}"
[ "$(node_key anna)" = "$key" ] || fail "another identity"
ask anna status --json | json 'it["key"]' | grep -qx "$key" || fail "another identity"

say "Ctrl-C"
node_stop anna INT
say "SIGTERM"
node_up anna "${options[@]}"
node_stop anna TERM
say "starling stop, and at once a new start"
node_up anna "${options[@]}"
ask anna stop >"$flock/stopped" || fail "stop"
"$starling" up --home "$flock/anna" "${node_proof[@]}" "${options[@]}" >"$flock/again" 2>&1 &
again=$!
node_end anna
[ "$status" -eq 0 ] || fail "exit status $status"
wait_until "the next node is ready" grep -qx 'Ready.' "$flock/again"
kill "$again"
wait "$again" || fail "exit status $?"
