# machine: what scripts here ask of the machine they run on. Sourced, not run; NAME is the script's own name.

say() { printf '[%s %3ds] %s\n' "$NAME" "$SECONDS" "$*"; }
die() { printf '%s: %s\n' "$NAME" "$*" >&2; exit 1; }
polite() { nice -n "${NICE:-10}" "$@"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then sudo -n "$@"
  else return 1; fi
}

# need PROOF PACKAGE...: installs Debian packages when the command PROOF fails, and says which are missing when it may not.
need() {
  local proof=$1 log; shift
  bash -c "$proof" > /dev/null 2>&1 && return 0
  command -v apt-get > /dev/null || die "this machine lacks $*; install it and run this again"
  say "installing $*"
  log=$(mktemp)
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" > "$log" 2>&1 \
    || { as_root apt-get update -q >> "$log" 2>&1 && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >> "$log" 2>&1; } \
    || { tail -3 "$log" >&2; rm -f "$log"; die "this machine lacks $*; install it (apt-get install $*) and run this again"; }
  rm -f "$log"
}

# need_venv: python3 that can make virtual environments with pip in them.
need_venv() { need 'd=$(mktemp -d) && python3 -m venv "$d/v"; r=$?; rm -rf "$d"; exit $r' python3 python3-venv; }
