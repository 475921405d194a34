# Sourced by the other scripts: where we are, and how we talk.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export ROOT
cd "$ROOT"

# A bare environment (CI, sudo) may know neither.
export HOME="${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}"
if ! command -v cargo >/dev/null && [ -x "$HOME/.cargo/bin/cargo" ]; then
    PATH="$HOME/.cargo/bin:$PATH"
fi

# Where cargo puts what it builds.
BUILT="${CARGO_TARGET_DIR:-$ROOT/target}"
export BUILT

strict() { [ "${TEGATA_STRICT:-}" = 1 ]; }

say() { printf '%s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# skip WHAT WHY: says what is left out; where nothing may be left out it fails.
skip() {
    if strict; then
        die "$1 cannot be left out under TEGATA_STRICT=1: $2"
    fi
    say "skipped: $1: $2"
}
