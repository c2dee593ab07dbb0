#!/bin/sh
# Measures a release build of keylift on a repository's history; see README.md beside this file.
set -eu
repository=${1:?usage: benches/history.sh REPOSITORY}
keylift=${KEYLIFT:-$(cd "$(dirname "$0")/.." && pwd)/target/release/keylift}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KEYLIFT_CONFIG_DIR="$work/config"
echo "$(git -C "$repository" rev-list --count --all) commits"

# Time, peak memory and findings of a command that is given the repository.
measure() {
    name=$1
    shift
    command -v "$1" >/dev/null || { echo "$name: not installed"; return; }
    /usr/bin/time -f '%e s, %M KB' "$@" >"$work/out" 2>"$work/err" || true
    echo "$name: $(tail -n 1 "$work/err")"
}
cd "$repository"
measure keylift "$keylift" -q scan --history --format jsonl .
measure betterleaks betterleaks git --no-banner --log-level fatal .
measure kingfisher kingfisher scan --no-validate --no-update-check --git-history full .
