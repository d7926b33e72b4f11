#!/usr/bin/env bash
# Two nodes link over TCP where UDP does not get through, and one without IPv6 and TCP of its own is reached all the same.
source "$(dirname -- "$0")/flock.bash"

# Each needs a UDP port, but nobody knows the other's.
node_up anna --no-lan --listen udp://127.0.0.1:7201 --listen tcp://127.0.0.1:7211 --api 127.0.0.1:7301
node_up bert --no-lan --listen udp://127.0.0.1:7202 --api 127.0.0.1:7302 \
  --peer "starling:$(node_key anna)?at=tcp://127.0.0.1:7211"
wait_for_link anna bert
[ "$(link_of bert anna 'peer["carrier"]')" = tcp ] || fail "not over TCP"
[ "$(link_of anna bert 'peer["carrier"]')" = tcp ] || fail "not over TCP"

node_up carl --no-lan --listen udp://127.0.0.1:7203 --api 127.0.0.1:7303 --peer tcp://127.0.0.1:7211
wait_for_link anna carl
[ "$(link_of carl anna 'peer["carrier"]')" = tcp ] || fail "not over TCP"

say "the dialled node restarts, and is dialled again"
node_stop anna
wait_until "bert has seen it go" eval '! is_linked bert anna'
node_up anna --no-lan --listen udp://127.0.0.1:7201 --listen tcp://127.0.0.1:7211 --api 127.0.0.1:7301
wait_for_link anna bert
wait_for_link anna carl
for node in anna bert carl; do node_stop $node; done
