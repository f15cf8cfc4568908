#!/usr/bin/env bash
# Runs every test against the release executables that were just built.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUST_BACKTRACE=${RUST_BACKTRACE:-0}
# Everything in one go, with one set of features: executables that tests start, and the tests.
cargo build --release --locked --workspace --all-targets
if cargo nextest --version >/dev/null 2>&1; then
  exec cargo nextest run --release --locked --workspace --no-fail-fast
fi
exec cargo test --release --locked --workspace --no-fail-fast
