#!/usr/bin/env bash
# install-browser: provides a Chromium and what drives it, for the tests of the sign-in pages.
#
#   scripts/install-browser.sh [OUT_DIR]
#
# OUT_DIR defaults to $SERVICEFUL_BROWSER, or else ${CARGO_TARGET_DIR:-target}/browser of this clone. Tests find it the same way.
# Takes a Chromium that the machine has, else the package `chromium`, else (Ubuntu has none outside of snap) the one that
# playwright brings. OUT_DIR then holds node_modules, and links `chromium` and `node`. An unchanged run takes no time.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OUT=$(realpath -m "${1:-${SERVICEFUL_BROWSER:-${CARGO_TARGET_DIR:-$ROOT/target}/browser}}")
FROM=$ROOT/js/browser
SECONDS=0
NAME=install-browser
. "$ROOT/scripts/lib/machine.sh"

mkdir -p "$OUT"
exec 9> "$OUT/lock"
flock -n 9 || { say "another run is at work; waiting"; flock 9; }

DIGEST=$(cat "$FROM/package.json" "$FROM/package-lock.json" "${BASH_SOURCE[0]}" | sha256sum | cut -d' ' -f1)
works() { [ -x "$1" ] && "$1" --version > /dev/null 2>&1; }
if [ "$(cat "$OUT/installed" 2> /dev/null)" = "$DIGEST" ] && works "$OUT/chromium" && works "$OUT/node"; then exit 0; fi

say "playwright-core and axe-core"
rm -f "$OUT/installed"
cp "$FROM/package.json" "$FROM/package-lock.json" "$OUT/"
NODE=$("$ROOT/scripts/node-toolchain.sh")
( cd "$OUT" && PATH="$NODE:$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error ) > "$OUT/npm.log" 2>&1 \
  || { tail -20 "$OUT/npm.log" >&2; die "npm could not install them, see $OUT/npm.log"; }
ln -sfn "$NODE/node" "$OUT/node"

# Ubuntu's command of this name only says that there is a snap: it has to start.
found() {
  local name path
  for name in chromium chromium-browser google-chrome; do
    path=$(command -v "$name") && works "$path" && { echo "$path"; return 0; }
  done
  find "$OUT/playwright" -path '*/chrome-linux*/*' \( -name chrome -o -name headless_shell -o -name chrome-headless-shell \) -type f 2> /dev/null | head -n 1 || true
}
packaged() { ( need 'command -v chromium && chromium --version' chromium ) && works "$(command -v chromium)"; }
brought() {
  say "the Chromium of playwright"
  PATH="$NODE:$PATH" PLAYWRIGHT_BROWSERS_PATH=$OUT/playwright \
    as_root env PATH="$NODE:$PATH" PLAYWRIGHT_BROWSERS_PATH="$OUT/playwright" \
    "$NODE/node" "$OUT/node_modules/playwright-core/cli.js" install --with-deps --only-shell chromium > "$OUT/playwright.log" 2>&1
}
BROWSER=$(found)
if [ -z "$BROWSER" ]; then packaged || brought || true; BROWSER=$(found); fi
[ -n "$BROWSER" ] || die "this machine has no Chromium, and none could be installed; install one (Debian: apt-get install chromium) and run this again"
ln -sfn "$BROWSER" "$OUT/chromium"
echo "$DIGEST" > "$OUT/installed"
say "$("$OUT/chromium" --version 2> /dev/null | head -n 1)"
