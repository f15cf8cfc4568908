#!/usr/bin/env bash
# bench: installs the peers, then compares the platform with them. What is measured and how: scripts/bench/README.md.
#
#   scripts/bench.sh [request]   one small request of a component; `make bench` builds what this expects
#   scripts/bench.sh js          functions in JavaScript; `make bench-js` does
#
#   BENCH_QUICK=1          one round of one second, for a smoke test of the harness
#   BENCH_ONLY=a,b         only these parts; scripts/bench/README.md lists them
#   BENCH_SKIP_WASMTIME=1  leaves out `wasmtime serve`, which takes minutes to compile
#   BENCH_SKIP_WORKERD=1   leaves out workerd, some 120 MB of npm packages
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TARGET=$(realpath -m "${CARGO_TARGET_DIR:-$ROOT/target}")
CACHE=${SERVICEFUL_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/serviceful}/bench
SECONDS=0
WHAT=${1:-request}
NAME=bench
. "$ROOT/scripts/lib/machine.sh"

WASMTIME=48.0.8
# `serve` and what it needs, with the settings that a stock build has and that a request can feel.
WASMTIME_FEATURES=run,serve,cranelift,pooling-allocator,parallel-compilation,component-model-async
WORKERD=1.20261117.1

export BENCH_TARGET=$TARGET BENCH_BARE_HYPER=$TARGET/release/examples/bare_hyper
export BENCH_GUESTS=${SERVICEFUL_GUESTS:-$TARGET/guests}

install_wasmtime() {
  local home=$CACHE/wasmtime-$WASMTIME log=$CACHE/wasmtime.log
  if [ -n "${BENCH_SKIP_WASMTIME:-}" ]; then say "wasmtime serve: left out (BENCH_SKIP_WASMTIME)"; return 0; fi
  if [ ! -x "$home/bin/wasmtime" ]; then
    say "installing wasmtime-cli $WASMTIME from its crate; this compiles for minutes"
    # The second try is the stock build: a set of features of our choosing may stop compiling with another release.
    cargo_install "$home" --no-default-features --features "$WASMTIME_FEATURES" > "$log" 2>&1 \
      || { say "again with default features"; cargo_install "$home" >> "$log" 2>&1; } \
      || { tail -5 "$log" >&2; die "wasmtime-cli $WASMTIME did not build, see $log; BENCH_SKIP_WASMTIME=1 leaves it out"; }
    rm -rf "$CACHE/build"
  fi
  export BENCH_WASMTIME=$home/bin/wasmtime
}

cargo_install() {
  local home=$1; shift
  # Somebody's own compiler flags or target folder are no business of a peer's.
  env -u RUSTFLAGS CARGO_TARGET_DIR="$CACHE/build" CARGO_INCREMENTAL=0 \
    nice -n "${NICE:-10}" cargo install --locked --root "$home" wasmtime-cli --version "$WASMTIME" "$@"
}

install_workerd() {
  local home=$CACHE/workerd-$WORKERD node
  if [ -n "${BENCH_SKIP_WORKERD:-}" ]; then say "workerd: left out (BENCH_SKIP_WORKERD)"; return 0; fi
  # The executable is in a package for this kind of machine; the package `workerd` only finds it.
  executable() { find "$home/node_modules/@cloudflare" -path '*/bin/workerd' -type f 2> /dev/null | head -n 1; }
  if [ -z "$(executable)" ]; then
    say "installing workerd $WORKERD (npm)"
    node=$("$ROOT/scripts/node-toolchain.sh")
    rm -rf "$home"; mkdir -p "$home"
    printf '{"private": true}\n' > "$home/package.json"
    ( cd "$home" && PATH="$node:$PATH" npm install --ignore-scripts --no-audit --no-fund --loglevel=error --save-exact "workerd@$WORKERD" ) > "$CACHE/workerd.log" 2>&1 \
      || { tail -5 "$CACHE/workerd.log" >&2; die "npm could not install workerd, see $CACHE/workerd.log; BENCH_SKIP_WORKERD=1 leaves it out"; }
  fi
  BENCH_WORKERD=$(executable)
  [ -n "$BENCH_WORKERD" ] || die "workerd has no executable for this kind of machine; BENCH_SKIP_WORKERD=1 leaves it out"
  export BENCH_WORKERD
}

find_node() {
  BENCH_NODE=$("$ROOT/scripts/node-toolchain.sh")/node
  export BENCH_NODE
}

build_bare_hyper() {
  say "bare hyper"
  ( cd "$ROOT" && CARGO_TARGET_DIR=$TARGET polite cargo build -q --release --locked -p front-door --example bare_hyper )
}

mkdir -p "$CACHE"
case $WHAT in
  request) peers=(install_workerd install_wasmtime build_bare_hyper) ;;
  js) peers=(install_workerd find_node) ;;
  *) die "\`$WHAT\` is not measured here; write request or js" ;;
esac
need 'command -v wrk' wrk
for peer in "${peers[@]}"; do "$peer"; done

export PYTHONDONTWRITEBYTECODE=1
exec python3 "$ROOT/scripts/bench" "$WHAT"
