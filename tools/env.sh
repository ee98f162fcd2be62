# Sourced by the other tools: where things are built and found. Nothing is written outside these places, except
# what rustup and apt install.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${GATEHOUSE_CACHE:-$HOME/.cache/gatehouse}
# The cache is named like a setting of the endpoint; programs started from here must not take it for one.
unset GATEHOUSE_CACHE

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/target}
export PATH=$cache/tools/bin:$root/node_modules/.bin:$root/.venv/bin:$PATH
# Tools are installed by tools/setup; nothing else fetches one.
export WASM_PACK_CACHE=$cache/wasm-pack
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
fail() { printf '\033[1;31merror:\033[0m %s\n' "$*" >&2; exit 1; }

# One hash over the tracked and new files under the given paths, to see whether anything changed.
fingerprint() {
  (cd "$root" && git ls-files -z --cached --others --exclude-standard -- "$@" \
    | sort -z | xargs -0 sha256sum 2>/dev/null | sha256sum | cut -d' ' -f1)
}
