#!/bin/sh
# Measures a release build of keylift on a tree; see README.md beside this file.
set -eu
tree=${1:?usage: benches/scan.sh TREE}
keylift=${KEYLIFT:-$(dirname "$0")/../target/release/keylift}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KEYLIFT_CONFIG_DIR="$work/config"

# The shortest time of a command in seconds: others use the machine as well. Exit codes of findings do not count.
seconds() {
    hyperfine --style none --ignore-failure --warmup "$1" --runs "$2" --export-json "$work/time.json" "$3" >/dev/null
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["results"][0]["min"])' "$work/time.json"
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

printf 'DB_PASSWORD = "%s"\n' 'Tr0ub4dor&3' >"$work/one.py"
small=$(seconds 2 20 "$keylift -q scan $work/one.py")
awk -v s="$small" 'BEGIN { printf "one small file: %.1f ms\n", s * 1000 }'

awk 'BEGIN { for (i = 0; i < 65536; i++) printf "token=abcdefgh, "; print "" }' >"$work/long.js"
long=$(seconds 1 5 "$keylift -q scan $work/long.js")
awk -v s="$long" 'BEGIN { printf "a line of a megabyte: %.1f ms\n", s * 1000 }'

whole=$(seconds 1 5 "$keylift -q scan --no-ignore $tree")
reading=$(seconds 1 5 "rg -c -uuu zzqqzzqq $tree")
# keylift reads no file beyond 64 MiB, unless --max-size says so.
limited=$(seconds 1 5 "rg -c -uuu --max-filesize 64M zzqqzzqq $tree")
echo "whole tree: $whole s, $(ratio "$whole" "$reading") times rg, $(ratio "$whole" "$limited") times rg on files up to 64 MiB"
if command -v kingfisher >/dev/null; then
    peer=$(seconds 1 3 "kingfisher scan $tree --no-validate --no-update-check --quiet")
    echo "whole tree: $(ratio "$whole" "$peer") of kingfisher's $peer s"
fi
echo "findings: $("$keylift" -q scan --no-ignore --format jsonl "$tree" 2>/dev/null | wc -l)"

ls -d "$tree"/*/ >"$work/folders"
total=$(wc -l <"$work/folders")
for part in 16 4 1; do
    folders=$(head -n $((total / part)) "$work/folders" | tr '\n' ' ')
    # shellcheck disable=SC2086 # folders are words on purpose
    size=$(du -cm $folders | tail -n 1 | cut -f 1)
    time=$(seconds 0 2 "$keylift -q scan --no-ignore $folders")
    echo "1/$part of the folders: $size MB, $time s, $(ratio "$size" "$time") MB/s"
done

/usr/bin/time -f 'peak memory: %M KB' "$keylift" -q scan --no-ignore "$tree" >/dev/null 2>"$work/memory" || true
tail -n 1 "$work/memory"
