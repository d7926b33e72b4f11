# A flock of real nodes in the network namespace of a test: starting, asking, waiting, ending.
#
# Use:  source "$(dirname -- "$0")/flock.bash", then `node_up NAME [OPTION]...` and so on. NAME is a folder below
#       $flock and the node's home. Whatever still runs at the end is ended; if the script fails, it prints what the
#       nodes said.
set -euo pipefail

: "${STARLING_BINARY_DIR:?is set by ./test}"
starling=$STARLING_BINARY_DIR/apps/starling/starling
flock=$(mktemp -d)
wait_seconds_max=30  # generous: a loaded computer is slow, and a test that waits too short tells nothing
declare -A node_pid=()
bystanders=() # processes that are no nodes and end with the script
node_proof=(--no-proof) # seconds of work for each node that starts would only be in the way
declare -A node_place=() # words put in front of what runs where a node lives, such as nsenter with its options

now_ms() { echo $(($(date +%s%N) / 1000000)); }
begun_ms=$(now_ms)

# TEXT...: a line with the time since the script began.
say() { printf '%7d ms  %s\n' $(($(now_ms) - begun_ms)) "$*"; }

fail() {
  say "FAILED: $*"
  exit 1
}

end_flock() {
  local status=$? name
  trap - EXIT
  for name in "${!node_pid[@]}"; do
    kill -KILL "${node_pid[$name]}" 2>/dev/null || true
    wait "${node_pid[$name]}" 2>/dev/null || true
  done
  [ ${#bystanders[@]} -eq 0 ] || kill "${bystanders[@]}" 2>/dev/null || true
  if [ $status -ne 0 ]; then
    for name in "$flock"/*.out "$flock"/*.err; do
      [ -s "$name" ] && echo "--- ${name##*/}" && tail -n 40 -- "$name"
    done
    echo "--- failed with status $status"
  fi
  rm -rf -- "$flock"
  exit $status
}
trap end_flock EXIT

# WHAT COMMAND...: repeats the command until it succeeds. Its output is in $flock/waited.
wait_until() {
  local what=$1 give_up_at=$((SECONDS + wait_seconds_max))
  shift
  until "$@" >"$flock/waited" 2>&1; do
    [ $SECONDS -lt $give_up_at ] || fail "waited $wait_seconds_max s in vain: $what: $(tail -n 3 "$flock/waited")"
    sleep 0.05
  done
  say "$what"
}

# NAME [OPTION]...: starts a node without waiting. Its output goes to $flock/NAME.out and .err.
node_begin() {
  local name=$1
  shift
  # Here and not by the new process: an earlier life's "Ready." must not be taken for this one's.
  : >"$flock/$name.out"
  ${node_place[$name]-} "$starling" up --home "$flock/$name" --log info "${node_proof[@]}" "$@" \
    >"$flock/$name.out" 2>"$flock/$name.err" &
  node_pid[$name]=$!
}

is_ready() { grep -qx 'Ready.' "$flock/$1.out" || ! kill -0 "${node_pid[$1]}" 2>/dev/null; }

# NAME [OPTION]...: starts a node and waits until it is ready.
node_up() {
  local name=$1
  node_begin "$@"
  wait_until "$name has started or ended" is_ready "$name"
  grep -qx 'Ready.' "$flock/$name.out" || fail "$name did not start: $(tail -n 3 "$flock/$name.err")"
}

# NAME: waits for the end of a node; its exit status is in $status.
node_end() {
  status=0
  wait "${node_pid[$1]}" || status=$?
  unset "node_pid[$1]"
  say "$1 ended with status $status"
}

# NAME SIGNAL
node_kill() { kill "-$2" "${node_pid[$1]}"; }

# NAME SIGNAL: ends a node that must end well.
node_stop() {
  node_kill "$1" "${2-TERM}"
  node_end "$1"
  [ "$status" -eq 0 ] || fail "$1 exited with $status after SIG${2-TERM}: $(cat "$flock/$1.err")"
  [ ! -e "$flock/$1/data/run/api.json" ] || fail "$1 left its api.json behind"
}

# NAME COMMAND [ARGUMENT]...: a command of starling for that node.
ask() {
  local name=$1 command=$2
  shift 2
  ${node_place[$name]-} "$starling" "$command" --home "$flock/$name" "$@"
}

# EXPRESSION: evaluates Python on the JSON of standard input, called `it`.
json() { python3 -c 'import json, sys; it = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }

node_key() { ask "$1" id --json | json 'it["key"]'; }

# A B: succeeds when A has a link to B.
is_linked() {
  ask "$1" peers --json | json 'chr(10).join(peer["key"] for peer in it["peers"])' | grep -qx "$(node_key "$2")"
}

# A B EXPRESSION: what the expression says about the link of A to B, called `peer`.
link_of() {
  ask "$1" peers --json | json "[$3 for peer in it['peers'] if peer['key'] == '$(node_key "$2")'][0]"
}

# A B: waits until each has a link to the other.
wait_for_link() {
  wait_until "$1 has a link to $2" is_linked "$1" "$2"
  wait_until "$2 has a link to $1" is_linked "$2" "$1"
}

# TEXT FILE: fails unless the file holds the text.
expect_text() { grep -qF -- "$1" "$2" || fail "'$1' is not in: $(cat "$2")"; }

# NAME TEXT [OPTION]...: a start that must fail with exit status 1 and a reason that holds the text.
expect_refused() {
  local name=$1 text=$2
  shift 2
  node_begin "$name" "$@"
  node_end "$name"
  [ "$status" -eq 1 ] || fail "exit status $status instead of 1: $(cat "$flock/$name.err")"
  [ "$(wc -l <"$flock/$name.err")" -eq 1 ] || fail "not one sentence: $(cat "$flock/$name.err")"
  grep -q '^starling: ' "$flock/$name.err" || fail "no 'starling: ': $(cat "$flock/$name.err")"
  expect_text "$text" "$flock/$name.err"
}
