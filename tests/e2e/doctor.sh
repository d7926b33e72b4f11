#!/usr/bin/env bash
# `starling doctor` names what is broken in real set-ups, one trouble each, and is content with a healthy pair.
source "$(dirname -- "$0")/flock.bash"

# NAME STATUS: runs the doctor, which must exit so, with and without --json. The findings are in $flock/NAME.doctor.
examine() {
  local name=$1 wanted=$2 status=0
  ask "$name" doctor >"$flock/text.doctor" || status=$?
  [ $status -eq "$wanted" ] || fail "exit status $status: $(cat "$flock/text.doctor")"
  status=0
  ask "$name" doctor --json >"$flock/$name.doctor" || status=$?
  [ $status -eq "$wanted" ] || fail "exit status $status with --json: $(cat "$flock/$name.doctor")"
  json 'it["healthy"]' <"$flock/$name.doctor" | grep -qx "$([ "$wanted" -eq 0 ] && echo True || echo False)" ||
    fail "'healthy' contradicts the exit status"
}

problems() { json '" ".join(f["check"] for f in it["findings"] if not f["ok"])' <"$flock/$1.doctor"; }

# NAME CHECKS [TEXT]...: exactly these checks are problems, and their sentences hold each text.
expect_problems() {
  local name=$1 checks=$2 text
  shift 2
  examine "$name" 1
  [ "$(problems "$name")" = "$checks" ] || fail "not '$checks': $(cat "$flock/text.doctor")"
  grep '^PROBLEM' "$flock/text.doctor" >"$flock/problems"
  for text in "$@"; do expect_text "$text" "$flock/problems"; done
}

# KIND ADDRESS PORT: another program takes a port; returns when it has it.
take_port() {
  python3 -c '
import signal, socket, sys
kind = socket.SOCK_DGRAM if sys.argv[1] == "udp" else socket.SOCK_STREAM
taken = socket.socket(socket.AF_INET, kind)
taken.bind((sys.argv[2], int(sys.argv[3])))
if kind == socket.SOCK_STREAM: taken.listen()
print("taken", flush=True)
signal.pause()' "$@" >"$flock/port.$1.$3" &
  bystander=$!
  bystanders+=("$bystander")
  wait_until "port $3 ($1) is taken" grep -qx taken "$flock/port.$1.$3"
}

free_port() {
  kill "$bystander"
  wait "$bystander" 2>/dev/null || true
  bystanders=()
}

say "no node, and no identity yet"
expect_problems anna node "no node has run in this home yet; start one with: starling up --home $flock/anna"
[ ! -e "$flock/anna" ] || fail "the doctor made something"

say "ports in use"
take_port udp 0.0.0.0 7117
expect_problems anna "node port" "port 7117 (UDP)" "--listen udp://0.0.0.0:7127"
free_port
take_port tcp 0.0.0.0 7117
expect_problems anna "node port" "port 7117 (TCP)"
free_port
take_port tcp 127.0.0.1 7118
expect_problems anna "node api_port" "--api 127.0.0.1:7128"
free_port

anna=(--no-lan --listen udp://127.0.0.1:7201 --api 127.0.0.1:7301)
say "no neighbour"
node_up anna "${anna[@]}"
expect_problems anna neighbours "starling join"

say "a healthy pair"
node_up bert --no-lan --listen udp://127.0.0.1:7202 --api 127.0.0.1:7302 \
  --peer "starling:$(node_key anna)?at=udp://127.0.0.1:7201"
wait_for_link anna bert
for name in anna bert; do
  examine $name 0
  for check in home identity disk node api neighbours udp copies; do
    grep -q "^ok  *$check " "$flock/text.doctor" || fail "no fine $check: $(cat "$flock/text.doctor")"
  done
done

say "a stale api.json after kill -9"
dead=${node_pid[anna]}
node_kill anna KILL
node_end anna
[ -e "$flock/anna/data/run/api.json" ] || fail "nothing stale was left"
expect_problems anna api "process $dead" "start one with: starling up --home $flock/anna"
node_up anna "${anna[@]}"
wait_for_link anna bert
examine anna 0
node_stop bert

say "an identity that others may read"
chmod 644 "$flock/anna/data/identity"
node_stop anna
expect_problems anna "identity node" "chmod 600" "no node is running in this home"
chmod 600 "$flock/anna/data/identity"
say "a damaged identity"
truncate -s -1 "$flock/anna/data/identity"
expect_problems anna "identity node" "is damaged"
[ "$(stat -c %s "$flock/anna/data/identity")" = 115 ] || fail "the doctor changed the identity"

say "a home that is a file"
: >"$flock/file"
expect_problems file home "is not a folder"
