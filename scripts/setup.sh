#!/usr/bin/env bash
# Installs what building and testing need and this machine lacks. Says what it does; does nothing twice.
set -euo pipefail
say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

command -v cargo >/dev/null || die "there is no Rust toolchain; install one with rustup (https://rustup.rs), then run this again"
wanted=1.95
have=$(rustc --version | sed -E 's/^rustc ([0-9]+\.[0-9]+).*/\1/')
[ "$(printf '%s\n%s\n' "$wanted" "$have" | sort -V | head -n 1)" = "$wanted" ] ||
  die "Rust $have is older than $wanted; run: rustup update stable"

packages=()
need() { command -v "$1" >/dev/null || packages+=("$2"); }
need cc build-essential
need make make
need python3 python3
need curl curl
need patch patch
python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv)
if [ ${#packages[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || die "missing: ${packages[*]}; install them with this system's package manager"
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "missing: ${packages[*]}; run as root: apt-get install ${packages[*]}"
    as_root=(sudo)
  fi
  say "installing ${packages[*]}"
  "${as_root[@]}" apt-get update -q
  # shellcheck disable=SC2086  # one entry may name two packages
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q ${packages[*]}
fi
