#!/usr/bin/env bash
# build-guests: builds every guest that tests use, and every example, into one folder of *.wasm files.
#
#   scripts/build-guests.sh [OUT_DIR [PART...]]      PART: guests hello foreign-js hostile; all of them when none is named
#
# OUT_DIR defaults to $SERVICEFUL_GUESTS, or else ${CARGO_TARGET_DIR:-target}/guests of this clone. Tests find the files by
# SERVICEFUL_GUESTS, with the same default. Only what has changed is built again; an unchanged run takes a second or two.
#
#   PROXY=1     builds the Rust guests a second time as *.proxy.wasm, importing nothing outside the wasi:http/proxy world
#   SKIP_JS=1   leaves out the JavaScript example, which downloads some 100 MB of npm packages
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OUT=$(realpath -m "${1:-${SERVICEFUL_GUESTS:-${CARGO_TARGET_DIR:-$ROOT/target}/guests}}")
TOOLS=${SERVICEFUL_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/serviceful}/rust-wasm
[ $# -eq 0 ] || shift
PARTS=${*:-guests hello foreign-js hostile}
BUILD=$OUT/build
SECONDS=0

NAME=build-guests
. "$ROOT/scripts/lib/machine.sh"

# Copies only what differs, so that whoever watches the folder sees no change where there is none.
place() { cmp -s "$1" "$2" || { cp "$1" "$2.new" && mv "$2.new" "$2" && say "new: $(basename "$2")"; }; }

# cargo FOLDER ARGUMENTS...: quiet when it works, everything when it does not.
guest_cargo() { ( cd "$1" && shift && CARGO_TARGET_DIR=$BUILD "$TOOLS/bin/guest-cargo" "$@" ); }

rust_guests() {
  local guests=(bench-hello echo-p2 echo-p3 hostile-p2 probe-net store-p2) flags=() guest
  for guest in "${guests[@]}"; do flags+=(-p "$guest"); done
  say "Rust guests: ${guests[*]}"
  guest_cargo "$ROOT/guests" build -q --locked --release "${flags[@]}"
  for guest in "${guests[@]}"; do place "$BUILD/wasm32-wasip2/release/${guest//-/_}.wasm" "$OUT/$guest.wasm"; done
  [ -n "${PROXY:-}" ] || return 0
  # echo-p2 and probe-net ask for interfaces outside the proxy world on purpose, and the adapter knows nothing of 0.3
  for guest in bench-hello hostile-p2; do
    GUEST_WORLD=proxy guest_cargo "$ROOT/guests" build -q --locked --release -p "$guest"
    place "$BUILD/wasm32-wasip1/release/${guest//-/_}.wasm" "$OUT/$guest.proxy.wasm"
  done
}

rust_example() {
  say "example hello"
  cmp -s "$ROOT/wit/identity/identity.wit" "$ROOT/examples/hello/wit/identity.wit" \
    || die "examples/hello/wit/identity.wit differs from wit/identity/identity.wit; copy the latter over it"
  guest_cargo "$ROOT/examples/hello" build -q --locked --release
  place "$BUILD/wasm32-wasip2/release/hello.wasm" "$OUT/hello.wasm"
}

# The digest of everything that goes into it says whether it must be built: npm is slow even when there is nothing to do.
javascript_example() {
  local app=$ROOT/examples/foreign-js digest
  if [ -n "${SKIP_JS:-}" ]; then say "example foreign-js: left out"; return 0; fi
  digest=$(cd "$app" && cat package.json package-lock.json src/* wit/* | sha256sum | cut -d' ' -f1)
  if [ -f "$OUT/foreign-js.wasm" ] && [ "$(cat "$BUILD/foreign-js.digest" 2> /dev/null)" = "$digest" ]; then return 0; fi
  say "example foreign-js (npm)"
  local node; node=$("$ROOT/scripts/node-toolchain.sh")
  local box=$BUILD/foreign-js; rm -rf "$box"; mkdir -p "$box"
  cp -r "$app"/package.json "$app"/package-lock.json "$app"/src "$app"/wit "$box/"
  ( cd "$box" && export PATH="$node:$PATH" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && npm run --silent build ) > "$BUILD/foreign-js.log" 2>&1 \
    || { tail -20 "$BUILD/foreign-js.log" >&2; die "foreign-js did not build"; }
  place "$box/dist/foreign-js.wasm" "$OUT/foreign-js.wasm"
  rm -rf "$box"
  echo "$digest" > "$BUILD/foreign-js.digest"
}

hostile_files() {
  say "hostile files"
  ( cd "$ROOT/guests" && CARGO_TARGET_DIR=$BUILD cargo build -q --locked --profile tool -p hostile-gen )
  local maker=$BUILD/tool/hostile-gen mark=$BUILD/hostile.made
  if [ "$mark" -nt "$maker" ] && [ -f "$OUT/hostile-functions.wasm" ]; then return 0; fi
  "$maker" write "$OUT"
  touch "$mark"
}

mkdir -p "$OUT" "$BUILD"
exec 9> "$BUILD/lock"
flock -n 9 || { say "another run is at work; waiting"; flock 9; }

for part in $PARTS; do
  case $part in guests | hello | foreign-js | hostile) ;; *) die "\`$part\` is no part; there are guests, hello, foreign-js and hostile" ;; esac
done
case $PARTS in *guests* | *hello*) "$ROOT/scripts/guest-toolchain.sh" "$TOOLS" ;; esac
for part in $PARTS; do
  case $part in
    guests) rust_guests ;;
    hello) rust_example ;;
    foreign-js) javascript_example ;;
    hostile) hostile_files ;;
  esac
done
say "$(find "$OUT" -maxdepth 1 -name '*.wasm' | wc -l) files in $OUT"
