#!/usr/bin/env bash
# Nodes of one local network find each other by their beacons alone: two on one computer and one on another. A node that
# wants no part of it stays alone, and so does one of another network name.
source "$(dirname -- "$0")/flock.bash"

# The other computer is a second network namespace at the far end of a cable.
unshare --net sleep 600 &
other_computer=$!
bystanders+=("$other_computer")
wait_until "the other computer is there" eval \
  '[ "$(readlink /proc/$other_computer/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
there="nsenter --net=/proc/$other_computer/ns/net"
ip link add cable0 type veth peer name cable1
ip link set cable1 netns $other_computer
ip addr add 10.9.0.1/24 dev cable0
ip link set cable0 up
$there ip addr add 10.9.0.2/24 dev cable1
$there ip link set cable1 up
$there ip link set lo up

node_place[emil]=$there
node_up anna --listen udp://0.0.0.0:7201 --api 127.0.0.1:7301
node_up bert --listen udp://0.0.0.0:7202 --api 127.0.0.1:7302
node_up carl --listen udp://0.0.0.0:7203 --api 127.0.0.1:7303 --no-lan
node_up dora --listen udp://0.0.0.0:7204 --api 127.0.0.1:7304 --network other
node_up emil --listen udp://0.0.0.0:7201 --api 127.0.0.1:7301
wait_for_link anna bert
wait_for_link anna emil
wait_for_link bert emil
[[ $(link_of anna emil 'peer["remote"]') == 10.9.0.2:* ]] || fail "not over the cable"
ask anna status --json | json 'it["lan"]' | grep -qx True || fail "anna says that she sends no beacons"
ask carl status --json | json 'it["lan"]' | grep -qx False || fail "carl says that he sends beacons"
for node in carl dora; do
  [ "$(ask $node status --json | json 'it["links"]')" -eq 0 ] || fail "$node has a link"
done
for node in anna bert carl dora emil; do node_stop $node; done
