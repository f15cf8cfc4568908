#!/usr/bin/env bash
# guest-toolchain: provides what compiles Rust functions to WebAssembly components (target wasm32-wasip2).
#
#   scripts/guest-toolchain.sh [PREFIX]
#
# PREFIX defaults to ${SERVICEFUL_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/serviceful}/rust-wasm: outside the clone, so that
# every clone and every `git clean` shares one. Afterwards:
#
#   PREFIX/bin/guest-cargo build --release          works the same whichever way the toolchain came to be
#   . PREFIX/env.sh                                 in this shell `cargo build --target wasm32-wasip2` works too
#
# Two ways, tried in this order:
#   rustup    the target is installed already, or `rustup target add` gets it. This is all a user ever needs.
#   packages  where rustup's server cannot be reached: a compiler with its std source from Debian (rustc-web), std built for
#             the WASI targets with the crates its own lock file names, libc from the PyPI package ziglang, and the linkers
#             that every installed Rust toolchain carries. About 4 minutes on 2 cores, 750 MB.
#
# Finished steps are never repeated; an unchanged second run takes about a second. Two runs at once wait for each other.
# FORCE=packages skips rustup (to test that way).
set -euo pipefail

PREFIX=$(realpath -m "${1:-${SERVICEFUL_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/serviceful}/rust-wasm}")
TARGETS="wasm32-wasip2 wasm32-wasip1"
RECIPE=1                                   # raise when a step below changes, so that old results are rebuilt
PROBE_SECONDS=15                           # how long rustup may take to show that it can reach its server
ZIG_PIN='ziglang==0.17.1 --hash=sha256:ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54'
HOST=x86_64-unknown-linux-gnu
MULTIARCH=x86_64-linux-gnu
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
NAME=guest-toolchain
. "$HERE/lib/machine.sh"

cd "$HERE/.."                              # the toolchain that the clone pins, if it does, is the one that counts

SYSROOT=$PREFIX/sysroot
RUSTLIB=$SYSROOT/lib/rustlib
WORK=$PREFIX/work
DONE=$PREFIX/done
SECONDS=0

finished() { [ "$(cat "$DONE/$1" 2>/dev/null)" = "$2" ]; }
finish() { printf '%s\n' "$2" > "$DONE/$1"; }

# What the caller uses for host builds must not leak into guest builds.
unset RUSTC RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CARGO_BUILD_RUSTFLAGS CARGO_TARGET_DIR RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER || true

# ---------------------------------------------------------------- the rustup way

rustup_has_targets() {
  local root target
  root=$(rustc --print sysroot 2>/dev/null) || return 1
  for target in $TARGETS; do
    compgen -G "$root/lib/rustlib/$target/lib/libstd-*.rlib" > /dev/null || return 1
  done
}

# Bytes that rustup has fetched or unpacked so far.
arrived() {
  local home=${RUSTUP_HOME:-$HOME/.rustup}
  { du -sbc "$home/downloads" "$home/tmp" 2> /dev/null || true; } | awk 'END {print $1 + 0}'
}

# A slow connection may take its time, a dead one may not: rustup is stopped when nothing has arrived for a while.
try_rustup() {
  rustup_has_targets && { say "rustup already has $TARGETS"; return 0; }
  command -v rustup > /dev/null || return 1
  say "asking rustup for $TARGETS (given up after ${PROBE_SECONDS}s without a byte)"
  local pid before now quiet=0
  # shellcheck disable=SC2086 # one word per target is meant
  rustup target add $TARGETS > "$PREFIX/rustup.log" 2>&1 9>&- &
  pid=$!; before=$(arrived)
  while kill -0 "$pid" 2> /dev/null; do
    sleep 1
    now=$(arrived)
    if [ "$now" = "$before" ]; then quiet=$((quiet + 1)); else quiet=0; before=$now; fi
    if [ "$quiet" -ge "$PROBE_SECONDS" ]; then kill "$pid" 2> /dev/null || true; wait "$pid" 2> /dev/null || true; say "rustup got nothing"; return 1; fi
  done
  wait "$pid" || { say "rustup could not: $(grep -m1 "^error" "$PREFIX/rustup.log" || tail -1 "$PREFIX/rustup.log")"; return 1; }
  rustup_has_targets || return 1
  # Projects outside the clone are built by the default toolchain, which may be another one.
  # shellcheck disable=SC2086
  ( cd / && timeout 300 rustup target add $TARGETS ) >> "$PREFIX/rustup.log" 2>&1 || true
}

# ---------------------------------------------------------------- the packages way

candidate() { apt-cache policy "$1" 2> /dev/null | awk '/Candidate:/ && $2 != "(none)" {print $2}'; }

check_machine() {
  [ "$(uname -sm)" = "Linux x86_64" ] || die "the packages way is written for Linux on x86_64; here, run \`rustup target add wasm32-wasip2\`"
  command -v apt-get > /dev/null || die "no rustup server and no apt-get; run \`rustup target add $TARGETS\` where the network allows it"
  local up; up=$(rustc --print sysroot)/lib/rustlib/$HOST/bin
  for tool in rust-lld wasm-component-ld; do
    [ -x "$up/$tool" ] || die "the installed Rust has no $tool in $up; install Rust with rustup"
  done
}

# 1. The compiler, the standard library of this machine, and LLVM: unpacked under PREFIX, not installed.
step_compiler() {
  finished compiler "$RECIPE" && return 0
  local version series llvm
  # The lists may be old: a version they name may be gone from the archive, and too old a compiler does not build the guests.
  as_root apt-get update -q > "$WORK/apt.log" 2>&1 || say "apt-get update did not work; using the lists that are here"
  version=$(candidate rustc-web)
  [ -n "$version" ] || die "no package rustc-web in the apt sources; run apt-get update as root, or rustup target add wasm32-wasip2"
  series=$(cut -d. -f1,2 <<< "$version")
  say "compiler from Debian: rustc-web $version"
  llvm=$(apt-cache depends "libstd-rust-web-$series=$version" | awk '/Depends: libllvm/ {print $2; exit}')
  [ -n "$llvm" ] || die "libstd-rust-web-$series names no libllvm package"
  rm -rf "$SYSROOT" "$DONE" "$WORK/debs" "$WORK/unpacked"; mkdir -p "$SYSROOT" "$DONE" "$WORK/debs" "$WORK/unpacked"
  fetch "rustc-web=$version" "libstd-rust-web-$series=$version" "libstd-rust-web-dev=$version" "rust-web-src=$version" "$llvm"
  local deb
  for deb in "$WORK"/debs/*.deb; do
    case $deb in
      # of the compiler's whole source only std is wanted
      */rust-web-src_*) dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$WORK/unpacked" --wildcards './usr/src/rustc-*/library/*' ;;
      *) dpkg -x "$deb" "$WORK/unpacked" ;;
    esac
  done
  cp -a "$WORK/unpacked/usr/." "$SYSROOT/"
  rm -rf "$SYSROOT/share" "$SYSROOT/libexec" "$RUSTLIB/src"; mkdir -p "$RUSTLIB/src/rust"
  mv "$SYSROOT"/src/rustc-*/library "$RUSTLIB/src/rust/library"; rm -rf "$SYSROOT/src"
  borrow_missing_libraries
  rm -rf "$WORK/debs" "$WORK/unpacked"
  write_rustc
  "$PREFIX/bin/rustc" --version > "$PREFIX/version" || die "the unpacked compiler does not start"
  finish compiler "$RECIPE"
}

fetch() { ( cd "$WORK/debs" && apt-get download -q "$@" > "$WORK/apt.log" 2>&1 ) || { cat "$WORK/apt.log" >&2; die "apt-get could not download $*"; }; }

# LLVM wants a few shared libraries that a bare machine lacks; they are placed beside it.
borrow_missing_libraries() {
  local lib package
  for lib in $(LD_LIBRARY_PATH=$SYSROOT/lib/$MULTIARCH ldd "$SYSROOT/lib/$MULTIARCH"/libLLVM.so.* | awk '/not found/ {print $1}' | sort -u); do
    case $lib in
      libedit.*) package=libedit2 ;; libz3.*) package=libz3-4 ;; libxml2.*) package=libxml2 ;; libbsd.*) package=libbsd0 ;;
      libmd.*) package=libmd0 ;; libzstd.*) package=libzstd1 ;; libffi.*) package=libffi8 ;; libtinfo.*) package=libtinfo6 ;;
      libicu*) package=$(apt-cache depends libxml2 | awk '/Depends: libicu/ {print $2; exit}') ;;
      *) die "LLVM needs $lib, which is not here; install the package that has it" ;;
    esac
    say "also $package, for $lib"
    fetch "$package"
    dpkg -x "$(ls "$WORK"/debs/"$package"_*.deb | head -1)" "$WORK/borrowed"
    find "$WORK/borrowed" -name '*.so*' -exec cp -a {} "$SYSROOT/lib/$MULTIARCH/" \;
    rm -rf "$WORK/borrowed"
  done
}

# rustc finds its sysroot by its own place, so PREFIX can be moved or packed up.
write_rustc() {
  cat > "$PREFIX/bin/rustc" << 'SH'
#!/bin/sh
root=$(cd "$(dirname "$0")/../sysroot" && pwd) || exit 1
LD_LIBRARY_PATH="$root/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$root/bin/rustc" "$@"
SH
  chmod +x "$PREFIX/bin/rustc"
}

# 2. The linkers, from the installed toolchain, where this rustc looks for them by itself.
step_linkers() {
  finished linkers "$RECIPE" && return 0
  local from to; from=$(rustc --print sysroot)/lib/rustlib/$HOST/bin; to=$RUSTLIB/$HOST/bin
  say "linkers from the installed Rust"
  mkdir -p "$to"; cp -r "$from/rust-lld" "$from/gcc-ld" "$from/wasm-component-ld" "$to/"
  finish linkers "$RECIPE"
}

# 3. The standard library for each target, by this compiler from its own source.
step_std() {
  finished std "$RECIPE" && return 0
  say "standard library for $TARGETS (the long step)"
  local target flags=() source=$RUSTLIB/src/rust/library
  for target in $TARGETS; do flags+=(--target "$target"); done
  # compiler-builtins-mem: zig's libc leaves memcpy and its like to a runtime library that is not linked here.
  # remap: no path of this machine ends up in a guest, so the same source gives the same bytes anywhere.
  RUSTC=$PREFIX/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$WORK/std __CARGO_DEFAULT_LIB_METADATA=serviceful-guest \
    RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes --remap-path-prefix=$RUSTLIB/src/rust=/rust --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo" \
    polite cargo build -q --locked --release "${flags[@]}" --manifest-path "$source/sysroot/Cargo.toml" \
      --features "panic-unwind backtrace compiler-builtins-mem" 2> "$WORK/std.log" \
    || { tail -30 "$WORK/std.log" >&2; die "the standard library did not build"; }
  for target in $TARGETS; do
    rm -rf "$RUSTLIB/$target/lib"; mkdir -p "$RUSTLIB/$target/lib"
    cp "$WORK/std/$target"/release/deps/*.rlib "$RUSTLIB/$target/lib/"
    rm -f "$RUSTLIB/$target"/lib/libsysroot-*.rlib
  done
  rm -rf "$WORK/std"
  finish std "$RECIPE"
}

# 4. libc: zig compiles it from source on first use; building two empty programs makes it do so.
step_libc() {
  finished libc "$RECIPE" && return 0
  need_venv
  say "libc from ziglang"
  local box=$WORK/libc zig target; rm -rf "$box"; mkdir -p "$box"
  python3 -m venv "$box/venv"
  printf '%s\n' "$ZIG_PIN" > "$box/pins.txt"
  "$box/venv/bin/pip" install -q --disable-pip-version-check --require-hashes --only-binary :all: -r "$box/pins.txt" \
    || die "pip could not install ${ZIG_PIN%% *}"
  zig=$box/venv/bin/python
  (
    cd "$box"; export ZIG_GLOBAL_CACHE_DIR=$box/cache ZIG_LOCAL_CACHE_DIR=$box/cache
    echo 'int main(void) { return 0; }' > empty.c
    polite "$zig" -m ziglang cc -target wasm32-wasi -O2 -o command.wasm empty.c
    polite "$zig" -m ziglang cc -target wasm32-wasi -O2 -mexec-model=reactor -o reactor.wasm empty.c
    for part in crt1-command.o crt1-reactor.o libc.a libzigc.a; do
      find cache -name "$part" | sort | sed -n 1p | xargs -r -I{} cp {} "part-$part"
    done
    printf 'CREATE libc.a\nADDLIB part-libc.a\nADDLIB part-libzigc.a\nSAVE\nEND\n' | "$zig" -m ziglang ar -M
  ) > "$WORK/libc.log" 2>&1 || { tail -20 "$WORK/libc.log" >&2; die "libc did not build"; }
  for target in $TARGETS; do
    local lib=$RUSTLIB/$target/lib/self-contained; mkdir -p "$lib"
    cp "$box/part-crt1-command.o" "$lib/crt1-command.o"; cp "$box/part-crt1-reactor.o" "$lib/crt1-reactor.o"; cp "$box/libc.a" "$lib/libc.a"
    RUSTC_BOOTSTRAP=1 "$PREFIX/bin/rustc" --edition 2024 --target "$target" --crate-type lib --emit obj -O -Cpanic=abort -Ccodegen-units=1 \
      -o "$box/no_sockets-$target.o" "$HERE/guest-toolchain/no_sockets.rs"
    "$zig" -m ziglang ar r "$lib/libc.a" "$box/no_sockets-$target.o" 2> "$WORK/libc.log"
  done
  rm -rf "$box"
  finish libc "$RECIPE"
}

# ---------------------------------------------------------------- what both ways leave behind

# GUEST_WORLD: plain (default) builds for wasm32-wasip2, as a user would; proxy builds for wasm32-wasip1 and adds the adapter's
# proxy flavour, so that nothing outside the wasi:http/proxy world is imported (no filesystem, no environment).
write_wrapper() {
  cat > "$PREFIX/bin/guest-cargo" << 'SH'
#!/bin/sh
# cargo for guest components; written by scripts/guest-toolchain.sh
here=$(cd "$(dirname "$0")" && pwd) || exit 1
unset RUSTC RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_BUILD_TARGET RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER
if [ -x "$here/rustc" ]; then RUSTC=$here/rustc; export RUSTC; fi
case "${GUEST_WORLD:-plain}" in
  plain) CARGO_BUILD_TARGET=wasm32-wasip2; export CARGO_BUILD_TARGET ;;
  proxy)
    CARGO_BUILD_TARGET=wasm32-wasip1
    CARGO_TARGET_WASM32_WASIP1_LINKER=wasm-component-ld
    CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="-Clink-arg=--wasi-adapter=proxy"
    export CARGO_BUILD_TARGET CARGO_TARGET_WASM32_WASIP1_LINKER CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS ;;
  *) echo "guest-cargo: GUEST_WORLD is \`$GUEST_WORLD\`; it can be plain or proxy" >&2; exit 2 ;;
esac
exec cargo "$@"
SH
  cat > "$PREFIX/env.sh" << 'SH'
# Source this from bash: `cargo build --target wasm32-wasip2` works in this shell, and guest-cargo is a command.
guest_root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
guest-cargo() { "$guest_root/bin/guest-cargo" "$@"; }
if [ -x "$guest_root/bin/rustc" ]; then export RUSTC="$guest_root/bin/rustc"; fi
SH
  chmod +x "$PREFIX/bin/guest-cargo"
}

# A component that really comes out is the only proof that counts.
prove() {
  local box; box=$(mktemp -d)
  mkdir -p "$box/src"
  printf '[package]\nname = "proof"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' > "$box/Cargo.toml"
  printf 'fn main() { println!("{:?}", std::net::TcpStream::connect("127.0.0.1:1").is_err()); }\n' > "$box/src/main.rs"
  CARGO_TARGET_DIR=$box/target "$PREFIX/bin/guest-cargo" build -q --release --manifest-path "$box/Cargo.toml" 2> "$box/log" || { cat "$box/log" >&2; die "the finished toolchain builds nothing"; }
  # bytes 4 to 7 say `component, layer 1`
  [ "$(od -An -tx1 -j4 -N4 "$box/target/wasm32-wasip2/release/proof.wasm" | tr -d ' ')" = 0d000100 ] || die "what came out is no component"
  rm -rf "$box"
}

mkdir -p "$PREFIX/bin" "$DONE" "$WORK"
exec 9> "$PREFIX/lock"
flock -n 9 || { say "another run is at work; waiting"; flock 9; }

if finished ready "packages $RECIPE"; then say "ready in $PREFIX"; exit 0; fi
if [ "${FORCE:-}" != packages ] && finished ready "rustup $RECIPE" && rustup_has_targets; then say "ready in $PREFIX"; exit 0; fi

if [ "${FORCE:-}" != packages ] && try_rustup; then
  way=rustup; rm -rf "$SYSROOT" "$PREFIX/bin/rustc"
else
  way=packages
  check_machine; step_compiler; step_linkers; step_std; step_libc
fi
write_wrapper
say "proving it on a small program"
prove
rm -rf "$WORK"
finish ready "$way $RECIPE"
say "ready in $PREFIX ($way)"
