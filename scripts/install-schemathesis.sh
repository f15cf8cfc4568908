#!/usr/bin/env bash
# install-schemathesis: installs schemathesis, which makes requests out of the API's description, for the tests of the control API.
#
#   scripts/install-schemathesis.sh [OUT_DIR]
#
# OUT_DIR defaults to $SERVICEFUL_SCHEMATHESIS, or else ${CARGO_TARGET_DIR:-target}/schemathesis of this clone. Tests find it the
# same way. A virtual environment of Python 3.11 or newer with exactly the packages, by version and hash, of
# scripts/schemathesis/requirements.txt; nothing is built from source. An unchanged run takes no time.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OUT=$(realpath -m "${1:-${SERVICEFUL_SCHEMATHESIS:-${CARGO_TARGET_DIR:-$ROOT/target}/schemathesis}}")
PINS=$ROOT/scripts/schemathesis/requirements.txt
SECONDS=0
NAME=install-schemathesis
. "$ROOT/scripts/lib/machine.sh"

mkdir -p "$OUT"
exec 9> "$OUT/lock"
flock -n 9 || { say "another run is at work; waiting"; flock 9; }

DIGEST=$(cat "$PINS" "${BASH_SOURCE[0]}" | sha256sum | cut -d' ' -f1)
works() { "$OUT/venv/bin/schemathesis" --version > /dev/null 2>&1; }
if [ "$(cat "$OUT/installed" 2> /dev/null)" = "$DIGEST" ] && works; then exit 0; fi

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; }
found() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" > /dev/null && new_enough "$name"; then command -v "$name"; return 0; fi
  done
}
need_venv
PYTHON=$(found)
# Ubuntu 22.04: its python3 is 3.10, and it has a newer one beside that.
if [ -z "$PYTHON" ]; then need 'python3.11 -c "import venv, ensurepip"' python3.11 python3.11-venv; PYTHON=$(found); fi
[ -n "$PYTHON" ] || die "this machine has no Python 3.11 or newer; install one with its venv module and run this again"

say "$(sed -n 's/^\(schemathesis==[0-9.]*\).*/\1/p' "$PINS") for $("$PYTHON" --version)"
rm -rf "$OUT/installed" "$OUT/venv"
"$PYTHON" -m venv "$OUT/venv" > "$OUT/pip.log" 2>&1 \
  || { tail -5 "$OUT/pip.log" >&2; die "$PYTHON cannot make a virtual environment; install its venv module (Debian: apt-get install python3-venv) and run this again"; }
"$OUT/venv/bin/pip" install -q --disable-pip-version-check --require-hashes --only-binary :all: -r "$PINS" >> "$OUT/pip.log" 2>&1 \
  || { tail -20 "$OUT/pip.log" >&2; die "pip could not install it, see $OUT/pip.log; it needs the package index, now and never again"; }
works || die "the installed schemathesis does not start; see $OUT/venv/bin/schemathesis --version"
echo "$DIGEST" > "$OUT/installed"
