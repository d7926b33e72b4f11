#!/usr/bin/env bash
# The page in a browser, by keyboard only: a chain of 5 real nodes, and Chromium at the second of them.
source "$(dirname -- "$0")/flock.bash"

web=$STARLING_SOURCE_DIR/web
chromium=${CHROMIUM:-/usr/bin/chromium}
command -v node >/dev/null || fail "the browser test needs Node.js (Debian package nodejs)"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ] || fail "the browser test needs Node.js 18 or newer, this is $(node --version)"
[ -d "$web/node_modules/playwright-core" ] && [ -d "$web/node_modules/axe-core" ] ||
  fail "the npm packages of the browser test are not installed: run tools/web setup"
[ -x "$chromium" ] || fail "there is no browser at $chromium (Debian package chromium)"

# NUMBER [OPTION]...
page_node() {
  local number=$1
  shift
  node_up "node$number" --no-lan --listen "udp://127.0.0.1:$((7640 + number))" --api "127.0.0.1:$((7740 + number))" \
    --gateway "127.0.0.1:$((7840 + number))" "$@"
}

page_node 0
for number in 1 2 3 4; do
  page_node $number --peer "starling:$(node_key node$((number - 1)))?at=udp://127.0.0.1:$((7640 + number - 1))"
done
wait_until "node1 reaches node4" ask node1 ping "$(node_key node4)"
wait_until "node4 reaches node1" ask node4 ping "$(node_key node1)"

mkdir "$flock/far" "$flock/near"
echo '<!doctype html><title>Far</title><h1>Far away</h1>' >"$flock/far/index.html"
echo '<!doctype html><title>Near</title><h1>At home</h1>' >"$flock/near/index.html"
site=$(ask node4 publish "$flock/far" --site far --title Far)
say "node4 has published $site"

PAGE_TEST=$(python3 - "$flock" "$site" "$chromium" <<'END'
import json, sys
flock, site, chromium = sys.argv[1:]
api = lambda name: json.load(open(f"{flock}/{name}/data/run/api.json"))
print(json.dumps({"owner": api("node1"), "far": api("node4"), "site": site, "folder": f"{flock}/near", "chromium": chromium}))
END
)
export PAGE_TEST
# The browser's files end with the flock.
TMPDIR=$flock node "$web/tests/page_test.js" &
browsing=$!
bystanders+=("$browsing")
wait "$browsing" || fail "the page does not do what it should"
node_end node1 # the page was to see that
[ "$status" -eq 0 ] || fail "node1 ended with $status"
for number in 0 2 3 4; do node_stop "node$number"; done
