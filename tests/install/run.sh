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

# Away from the tree, so that nothing of it is found by accident: only what was installed.
cp "$here/../../samples/kopitiam.jpg" "$work/page.jpg"
cd "$work"
build/stranger prefix/share/plait/models/receipt page.jpg > theirs.json
prefix/bin/plait read page.jpg > ours.json
python3 - theirs.json ours.json << 'END'
import json, sys
theirs, ours = (json.load(open(path))["fields"] for path in sys.argv[1:])
assert theirs == ours, (theirs, ours)
assert ours["total"]["value"] == "21.20", ours["total"]
END
