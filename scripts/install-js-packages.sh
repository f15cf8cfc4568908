#!/usr/bin/env bash
# install-js-packages: installs the npm packages of js/packages, which tests bundle and run in the engine.
#
#   scripts/install-js-packages.sh [OUT_DIR]
#
# OUT_DIR defaults to $SERVICEFUL_JS_PACKAGES, or else ${CARGO_TARGET_DIR:-target}/js-packages of this clone. Tests find it the
# same way. Some 450 MB, exactly as the lock file says, no install script is run. An unchanged run takes no time.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OUT=$(realpath -m "${1:-${SERVICEFUL_JS_PACKAGES:-${CARGO_TARGET_DIR:-$ROOT/target}/js-packages}}")
FROM=$ROOT/js/packages
SECONDS=0
NAME=install-js-packages
. "$ROOT/scripts/lib/machine.sh"

mkdir -p "$OUT"
exec 9> "$OUT/lock"
flock -n 9 || { say "another run is at work; waiting"; flock 9; }

DIGEST=$(cat "$FROM/package.json" "$FROM/package-lock.json" | sha256sum | cut -d' ' -f1)
if [ "$(cat "$OUT/installed" 2> /dev/null)" = "$DIGEST" ]; then exit 0; fi
say "npm packages of js/packages"
rm -f "$OUT/installed"
cp "$FROM/package.json" "$FROM/package-lock.json" "$OUT/"
NODE=$("$ROOT/scripts/node-toolchain.sh")
( cd "$OUT" && PATH="$NODE:$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error ) > "$OUT/npm.log" 2>&1 \
  || { tail -20 "$OUT/npm.log" >&2; die "npm could not install them, see $OUT/npm.log"; }
echo "$DIGEST" > "$OUT/installed"
say "$(find "$OUT/node_modules" -name package.json -not -path '*/node_modules/*/node_modules/*' -maxdepth 3 | wc -l) packages in $OUT"
