#!/usr/bin/env bash
# An invitation makes friends, works once, and the friendship survives that both restart.
source "$(dirname -- "$0")/flock.bash"

up_anna() { node_up anna --no-lan --listen udp://127.0.0.1:7201 --api 127.0.0.1:7301 "$@"; }
up_bert() { node_up bert --no-lan --listen udp://127.0.0.1:7202 --api 127.0.0.1:7302; }
is_friend() { [ "$(link_of "$1" "$2" 'peer["friend"]')" = True ]; }

up_anna
up_bert
invitation=$(ask anna invite --lifetime 1h 2>"$flock/hint")
expect_text "works once" "$flock/hint"
[[ $invitation == "starling:$(node_key anna)?"* ]] || fail "no invitation: $invitation"
ask bert join "$invitation" >"$flock/joined" || fail "join"
expect_text "friends" "$flock/joined"
say "bert has joined"
wait_for_link anna bert
wait_until "they are friends" eval 'is_friend anna bert && is_friend bert anna'

say "a second node cannot use it"
node_up carl --no-lan --listen udp://127.0.0.1:7203 --api 127.0.0.1:7303
if ask carl join "$invitation" >"$flock/refused" 2>&1; then fail "a used invitation was accepted"; fi
expect_text "used this invitation already" "$flock/refused"
[ "$(ask carl join --json "$invitation" 2>"$flock/refused" | json 'it["outcome"]')" = used ] || fail "outcome"
if ask anna join "$invitation" 2>"$flock/self"; then fail "anna joined herself"; fi
if ask anna join nonsense 2>"$flock/nonsense"; then fail "joined nonsense"; fi
node_stop carl

say "both restart"
node_stop anna
node_stop bert
up_bert
up_anna
wait_for_link anna bert
wait_until "they are still friends" eval 'is_friend anna bert && is_friend bert anna'

say "an open invitation survives a restart too, and --invite prints one"
open=$(ask anna invite --json | json 'it["link"]')
node_stop anna
up_anna --invite
expect_text "Invitation: starling:$(node_key anna)?" "$flock/anna.out"
node_up dora --no-lan --listen udp://127.0.0.1:7204 --api 127.0.0.1:7304
[ "$(ask dora join --json "$open" | json 'it["outcome"]')" = accepted ] || fail "dora was not accepted"
for node in anna bert dora; do node_stop $node; done
