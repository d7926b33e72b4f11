#!/usr/bin/env bash
# What keeps a node from starting is said in one sentence that names the remedy, and changes nothing.
source "$(dirname -- "$0")/flock.bash"

api=(--api 127.0.0.1:7302)
node_up first --no-lan # the default ports
say "the ports are in use"
expect_refused second "port 7117 (UDP) is in use" --no-lan "${api[@]}"
expect_text "--listen udp://0.0.0.0:7127" "$flock/second.err"
expect_refused second "port 7118 for the API is in use" --no-lan --listen udp://0.0.0.0:7127
expect_text "--api 127.0.0.1:7128" "$flock/second.err"
expect_refused second "cannot listen on tcp://0.0.0.0:7117" --no-lan \
  --listen udp://0.0.0.0:7127 --listen tcp://0.0.0.0:7117 "${api[@]}"
expect_refused second "127.0.0.1:7118" --no-lan --listen udp://0.0.0.0:7127 --api 127.0.0.1:7118
node_stop first

other=(--no-lan --listen udp://127.0.0.1:7202 "${api[@]}")
say "an identity that others may read"
node_up open "${other[@]}"
node_stop open
chmod 644 "$flock/open/data/identity"
expect_refused open "chmod 600" "${other[@]}"
chmod 600 "$flock/open/data/identity"
say "a damaged identity"
truncate -s -1 "$flock/open/data/identity"
expect_refused open "is damaged" "${other[@]}"
[ "$(stat -c %s "$flock/open/data/identity")" = 115 ] || fail "the identity was changed"
say "a data folder that others may write to"
chmod 777 "$flock/open/data"
expect_refused open "chmod go-w" "${other[@]}"
chmod 700 "$flock/open/data"

say "a home that cannot be read"
mkdir -m 700 "$flock/shut"
mkdir -m 000 "$flock/shut/data"
# Root of the namespace may read everything, until it gives that up.
status=0
setpriv --bounding-set=-dac_override,-dac_read_search "$starling" up --home "$flock/shut" "${other[@]}" \
  >"$flock/shut.out" 2>"$flock/shut.err" || status=$?
[ $status -eq 1 ] || fail "exit status $status: $(cat "$flock/shut.err")"
expect_text "starling: " "$flock/shut.err"
expect_text "Permission denied" "$flock/shut.err"
say "a home that is a file"
: >"$flock/file"
expect_refused file "is not a folder" "${other[@]}"

say "a wrong config.toml"
mkdir "$flock/wrong"
printf 'quiet = true\nlisten-on = "x"\n' >"$flock/wrong/config.toml"
expect_refused wrong "config.toml:2: there is no option 'listen-on'" "${other[@]}"
[ ! -e "$flock/wrong/data" ] || fail "something was made"
printf 'no-lan = true\nlisten = "udp://127.0.0.1:7203"\napi = "127.0.0.1:7303"\n' >"$flock/wrong/config.toml"
node_up wrong --api 127.0.0.1:7304
expect_text "Listening: udp://127.0.0.1:7203" "$flock/wrong.out"
expect_text "API: http://127.0.0.1:7304" "$flock/wrong.out"
node_stop wrong

say "wrong usage"
for arguments in "" "up --listen nonsense" "up --api 0.0.0.0:7118" "fly" "status extra"; do
  status=0
  # shellcheck disable=SC2086 # words on purpose
  "$starling" $arguments >"$flock/usage" 2>&1 || status=$?
  [ $status -eq 2 ] || fail "'$arguments' exits with $status: $(cat "$flock/usage")"
done
