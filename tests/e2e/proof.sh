#!/usr/bin/env bash
# The work behind a node's priority: one that is in the home is used, neighbours see it, a damaged one is not believed, and nobody
# waits for work that is under way.
source "$(dirname -- "$0")/flock.bash"

# The keys of docs/wire/routing.md and the proof of docs/wire/work-proof.md.
node_seed=9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60
proof=0607d322cef9cc4ee55622b8c380cdf58ae3319d7ffe107e0f3e147cb370bb4892eae862e0103578a763c99fcb1708
store=$flock/anna/data/store

write_hex() { python3 -c 'import sys; open(sys.argv[1], "wb").write(bytes.fromhex(sys.argv[2]))' "$1" "$2"; }
proof_of() { ask "$1" status --json | json 'it["proof"]'; }
up_bert() {
  node_up bert --no-lan --listen udp://127.0.0.1:7202 --api 127.0.0.1:7302 \
    --peer "starling:$(node_key anna)?at=udp://127.0.0.1:7201"
}
up_anna() { node_up anna --no-lan --listen udp://127.0.0.1:7201 --api 127.0.0.1:7301; }

mkdir -p "$store"
chmod -R go= "$flock/anna"
python3 - "$flock/anna/data/identity" "$node_seed" <<'END'
import hashlib, sys
body = b"starling identity 1\n" + bytes.fromhex(sys.argv[2]) + bytes(range(32))
open(sys.argv[1], "wb").write(body + hashlib.sha256(body).digest())
END
chmod 600 "$flock/anna/data/identity"

say "without a proof, and told to make none"
up_anna
[ "$(proof_of anna)" = off ] || fail "$(proof_of anna)"
ask anna status >"$flock/status"
grep -qx 'Proof of work  off' "$flock/status" || fail "$(cat "$flock/status")"
node_stop anna

say "with a proof"
write_hex "$store/proof" "01$proof"
up_anna
[ "$(proof_of anna)" = made ] || fail "$(proof_of anna)"
if grep -q 'proof of work' "$flock/anna.err"; then fail "something to say about a right proof"; fi
up_bert
wait_for_link anna bert
# Who believes that the proof is wrong closes the link.
wait_until "bert knows a way" ask bert ping "$(node_key anna)"
wait_until "anna knows a way" ask anna ping "$(node_key bert)"
node_stop anna
node_stop bert

say "with a damaged proof: reported, and made anew while the node does everything else"
node_proof=() # here the work is wanted
write_hex "$store/proof" "01${proof%8}9"
up_anna
expect_text "the proof of work in $store/proof is damaged" "$flock/anna.err"
[ "$(proof_of anna)" = making ] || fail "$(proof_of anna)"
node_proof=(--no-proof)
up_bert
wait_for_link anna bert
wait_until "anna answers while she works" ask bert ping "$(node_key anna)"

say "stopping is no matter of seconds of work"
begun=$(now_ms)
node_stop anna
say "it took $(($(now_ms) - begun)) ms"
[ -z "$(find "$store" -name 'proof?*')" ] || fail "half a proof is left"

say "killed while it works, and again a start"
node_proof=()
rm -f "$store/proof" # if the work was done after all
up_anna
node_kill anna KILL
node_end anna
up_anna
[ "$(proof_of anna)" = making ] || fail "$(proof_of anna)"
node_stop anna
node_stop bert
