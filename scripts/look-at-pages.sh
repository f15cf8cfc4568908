#!/usr/bin/env bash
# look-at-pages: draws every sign-in page in a real browser, light, dark and on a small phone, and says what is wrong with it.
#
#   scripts/look-at-pages.sh [OUT_DIR [NAME...]]
#
# Pictures go to OUT_DIR (default ${CARGO_TARGET_DIR:-target}/pages), each alone and as sheets of twelve. With NAMEs, only pages
# that begin so. Fails when a page breaks its own Content-Security-Policy, writes to the console's errors, scrolls sideways at
# 320 pixels, or has a fault that axe-core can see (WCAG 2.2 A and AA).
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OUT=$(realpath -m "${1:-${CARGO_TARGET_DIR:-$ROOT/target}/pages}")
shift || true
HERE=$ROOT/scripts/look-at-pages
SECONDS=0
NAME=look-at-pages
. "$ROOT/scripts/lib/machine.sh"

TOOLS=$(realpath -m "${SERVICEFUL_BROWSER:-${CARGO_TARGET_DIR:-$ROOT/target}/browser}")
"$ROOT/scripts/install-browser.sh" "$TOOLS"
mkdir -p "$OUT"
say "the gallery"
( cd "$ROOT" && polite cargo run -q -p pages --example gallery -- "$OUT/gallery" )
say "the browser"
CHROMIUM=$TOOLS/chromium TOOLS=$TOOLS polite "$TOOLS/node" "$HERE/look.mjs" "$OUT" "$@"
say "pictures in $OUT"
