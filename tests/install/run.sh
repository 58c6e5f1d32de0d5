#!/usr/bin/env bash
# run.sh BUILD_FOLDER: installs Plait from there into a fresh prefix and builds a stranger's project against it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$1" --prefix "$work/prefix" > "$work/log"
cmake -S "$here/stranger" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >> "$work/log" ||
    { cat "$work/log"; exit 1; }
cmake --build "$work/build"
"$work/build/stranger"
[ "$("$work/prefix/bin/plait" --version)" = "plait $("$work/build/stranger" --version)" ]
