#!/usr/bin/env bash
# Two nodes link over UDP: once by a key and an address, once by an address alone.
source "$(dirname -- "$0")/flock.bash"

only_udp=(--no-lan --listen)
node_up anna "${only_udp[@]}" udp://127.0.0.1:7201 --api 127.0.0.1:7301
node_up bert "${only_udp[@]}" udp://127.0.0.1:7202 --api 127.0.0.1:7302 \
  --peer "starling:$(node_key anna)?at=udp://127.0.0.1:7201"
wait_for_link anna bert
[ "$(link_of bert anna 'peer["carrier"]')" = udp ] || fail "not over UDP"
[ "$(link_of bert anna 'peer["remote"]')" = 127.0.0.1:7201 ] || fail "another address"

node_up carl "${only_udp[@]}" udp://127.0.0.1:7203 --api 127.0.0.1:7303 --peer udp://127.0.0.1:7201
wait_for_link anna carl
[ "$(ask anna status --json | json 'it["links"]')" -eq 2 ] || fail "anna must have two links"
if is_linked bert carl; then fail "nobody told bert of carl"; fi

say "a node of another network does not link"
node_up dora "${only_udp[@]}" udp://127.0.0.1:7204 --api 127.0.0.1:7304 --network other --peer udp://127.0.0.1:7201
wait_until "dora's dialling failed" eval \
  '[ "$(ask dora peers --json | json "max(target[\"rounds_failed\"] for target in it[\"dialing\"])")" -ge 1 ]'
[ "$(ask dora status --json | json 'it["links"]')" -eq 0 ] || fail "linked across networks"

for node in anna bert carl dora; do node_stop $node; done
