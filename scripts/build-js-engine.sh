#!/usr/bin/env bash
# build-js-engine: builds the JavaScript engine (js/engine) from source into one WebAssembly module.
#
#   scripts/build-js-engine.sh [OUT_FILE]
#
# OUT_FILE defaults to ${CARGO_TARGET_DIR:-target}/release/js-engine.wasm of this clone: beside the executables, where
# serviceful-engine looks for it. The C source comes with the crate rquickjs-sys, the C compiler from the PyPI package ziglang.
# The same source gives the same bytes. An unchanged run takes a second.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OUT=$(realpath -m "${1:-${CARGO_TARGET_DIR:-$ROOT/target}/release/js-engine.wasm}")
CACHE=${SERVICEFUL_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/serviceful}
TOOLS=$CACHE/rust-wasm
ZIG=$CACHE/zig
BUILD=$(dirname "$OUT")/js-engine.build
# The same pin as in guest-toolchain.sh.
ZIG_PIN='ziglang==0.17.1 --hash=sha256:ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54'
SECONDS=0

NAME=build-js-engine
. "$ROOT/scripts/lib/machine.sh"

# What the caller uses for host builds must not leak into this one.
unset RUSTC RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CARGO_BUILD_RUSTFLAGS CARGO_TARGET_DIR RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER || true

zig() {
  if [ "$(cat "$ZIG/pin" 2> /dev/null)" != "$ZIG_PIN" ]; then
    need_venv
    say "C compiler from ziglang"
    rm -rf "$ZIG"; mkdir -p "$ZIG"
    python3 -m venv "$ZIG/venv"
    printf '%s\n' "$ZIG_PIN" > "$ZIG/pins.txt"
    "$ZIG/venv/bin/pip" install -q --disable-pip-version-check --require-hashes --only-binary :all: -r "$ZIG/pins.txt" \
      || die "pip could not install ${ZIG_PIN%% *}"
    printf '%s\n' "$ZIG_PIN" > "$ZIG/pin"
  fi
  # cc and ar as the crate `cc` calls them. The target's name is zig's own, so what names another is dropped.
  cat > "$ZIG/cc" << 'SH'
#!/bin/bash
here=$(cd "$(dirname "$0")" && pwd) || exit 1
arguments=()
for argument in "$@"; do
  case $argument in --target=*) ;; *) arguments+=("$argument") ;; esac
done
exec "$here/venv/bin/python" -m ziglang cc -target wasm32-wasi "${arguments[@]}"
SH
  printf '#!/bin/bash\nexec "$(cd "$(dirname "$0")" && pwd)/venv/bin/python" -m ziglang ar "$@"\n' > "$ZIG/ar"
  chmod +x "$ZIG/cc" "$ZIG/ar"
}

mkdir -p "$BUILD" "$CACHE"
exec 9> "$CACHE/js-engine.lock"
flock -n 9 || { say "another run is at work; waiting"; flock 9; }

"$ROOT/scripts/guest-toolchain.sh" "$TOOLS" > "$BUILD/toolchain.log" || { tail -5 "$BUILD/toolchain.log" >&2; die "the WebAssembly toolchain is not there"; }
zig

export CC_wasm32_wasip1=$ZIG/cc AR_wasm32_wasip1=$ZIG/ar RQUICKJS_SYS_NO_WASI_SDK=1
# Incremental compiling orders code by what was there before.
export CRATE_CC_NO_DEFAULTS=1 CARGO_INCREMENTAL=0
# The digest is there so that a changed fix.h is a reason to compile again.
export CFLAGS_wasm32_wasip1="-O3 -g0 -fno-sanitize=all -fno-strict-aliasing -ffile-prefix-map=$BUILD=. -include $ROOT/js/engine/fix.h -DFIX_$(sha256sum < "$ROOT/js/engine/fix.h" | cut -c1-16)"
export ZIG_GLOBAL_CACHE_DIR=$BUILD/zig-cache ZIG_LOCAL_CACHE_DIR=$BUILD/zig-cache
export CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="-Ctarget-feature=+bulk-memory,+sign-ext,+nontrapping-fptoint -Clink-arg=-zstack-size=1179648 --remap-path-prefix=$ROOT/js/engine=/js-engine --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
[ -x "$TOOLS/bin/rustc" ] && export RUSTC=$TOOLS/bin/rustc

# The crate with our changes to its C source, in place of the one in the registry. The lock file still names that one.
patched() {
  local manifest crate wanted
  manifest=$(cd "$ROOT/js/engine" && cargo metadata -q --locked --format-version 1 --filter-platform wasm32-wasip1 \
    | python3 -c 'import json, sys; print(next(p["manifest_path"] for p in json.load(sys.stdin)["packages"] if p["name"] == "rquickjs-sys"))')
  crate=$(dirname "$manifest")
  wanted=$(printf '%s %s' "$crate" "$(sha256sum < "$ROOT/js/engine/quickjs.patch")")
  [ "$(cat "$BUILD/patched" 2> /dev/null)" != "$wanted" ] || return 0
  rm -rf "$BUILD/rquickjs-sys" "$BUILD/patched"
  cp -r "$crate" "$BUILD/rquickjs-sys"
  patch -s -p1 -d "$BUILD/rquickjs-sys" < "$ROOT/js/engine/quickjs.patch" || die "js/engine/quickjs.patch does not fit $crate"
  printf '%s' "$wanted" > "$BUILD/patched"
}

say "QuickJS-ng and the prelude"
patched
( cd "$ROOT/js/engine" && CARGO_TARGET_DIR=$BUILD polite cargo build -q --locked --release --target wasm32-wasip1 --config "paths=[\"$BUILD/rquickjs-sys\"]" )
FOUND=$BUILD/wasm32-wasip1/release/js_engine.wasm
cmp -s "$FOUND" "$OUT" || { cp "$FOUND" "$OUT.new" && mv "$OUT.new" "$OUT" && say "new: $OUT"; }
say "$(stat -c %s "$OUT") bytes, $(sha256sum "$OUT" | cut -c1-16)"
