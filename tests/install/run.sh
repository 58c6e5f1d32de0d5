#!/usr/bin/env bash
# run.sh BUILD_FOLDER: installs Plait from there into a fresh prefix and builds a stranger's project against it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$1" --prefix "$work/prefix" > "$work/log"
python3 - "$work/prefix/include/plait.h" > "$work/manual.c" << 'END'
import sys
lines = iter(open(sys.argv[1]))
for line in lines:
    if "A complete program, which fuses" in line: break
for line in lines:
    if line.startswith(" */"): break
    print(line[3:].removeprefix("    ").rstrip())
END
cmake -S "$here/stranger" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DMANUAL="$work/manual.c" >> "$work/log" ||
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

# The header's example says what the command says, of a stroke and a tone.
python3 - << 'END'
import math, struct, wave
with open("stroke.pgm", "wb") as file:
    file.write(b"P5 28 28 255\n" + bytes(255 if 12 <= i % 28 < 16 and 4 <= i // 28 < 24 else 0 for i in range(28 * 28)))
with wave.open("tone.wav", "wb") as file:
    file.setnchannels(1), file.setsampwidth(2), file.setframerate(8000)
    file.writeframes(b"".join(struct.pack("<h", round(9000 * math.sin(i / 5) * math.sin(i * math.pi / 4000))) for i in range(4000)))
END
build/manual prefix/share/plait/models/digits stroke.pgm tone.wav > manual.txt
prefix/bin/plait fuse --model digits --image stroke.pgm --audio tone.wav --at image=1000000 --at audio=1080000 > fuse.json
python3 - manual.txt fuse.json << 'END'
import json, sys
said, told = open(sys.argv[1]).read().split("\n")[:2]
theirs, ours = json.loads(told), json.load(open(sys.argv[2]))
assert said == "%s %.4f" % (ours["label"], ours["confidence"]), (said, ours["label"], ours["confidence"])
assert theirs["heads"] == ours["heads"] and theirs["lag_us"] == ours["lag_us"] == 80000, (theirs, ours)
END
if build/manual prefix/share/plait/models/none stroke.pgm tone.wav 2> error.txt; then exit 1; fi
[ "$(wc -l < error.txt)" = 1 ]
