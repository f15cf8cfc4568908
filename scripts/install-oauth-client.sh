#!/usr/bin/env bash
# install-oauth-client: installs the npm packages of js/oauth, an OAuth client that is not ours, for tests of the token endpoint.
#
#   scripts/install-oauth-client.sh [OUT_DIR]
#
# OUT_DIR defaults to $SERVICEFUL_OAUTH_CLIENT, or else ${CARGO_TARGET_DIR:-target}/oauth-client of this clone. Tests find it the
# same way. Three packages, exactly as the lock file says, no install script is run. An unchanged run takes no time.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OUT=$(realpath -m "${1:-${SERVICEFUL_OAUTH_CLIENT:-${CARGO_TARGET_DIR:-$ROOT/target}/oauth-client}}")
FROM=$ROOT/js/oauth
SECONDS=0
NAME=install-oauth-client
. "$ROOT/scripts/lib/machine.sh"

mkdir -p "$OUT"
exec 9> "$OUT/lock"
flock -n 9 || { say "another run is at work; waiting"; flock 9; }

DIGEST=$(cat "$FROM/package.json" "$FROM/package-lock.json" | sha256sum | cut -d' ' -f1)
if [ "$(cat "$OUT/installed" 2> /dev/null)" = "$DIGEST" ]; then exit 0; fi
say "npm packages of js/oauth"
rm -f "$OUT/installed"
cp "$FROM/package.json" "$FROM/package-lock.json" "$OUT/"
NODE=$("$ROOT/scripts/node-toolchain.sh")
( cd "$OUT" && PATH="$NODE:$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error ) > "$OUT/npm.log" 2>&1 \
  || { tail -20 "$OUT/npm.log" >&2; die "npm could not install them, see $OUT/npm.log"; }
ln -sfn "$NODE/node" "$OUT/node"
echo "$DIGEST" > "$OUT/installed"
