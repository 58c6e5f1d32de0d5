#!/usr/bin/env bash
# limited.sh BUILD OUT: links BUILD's plait command (a native build) with limited.c to OUT.
set -euo pipefail
cd "$(dirname "$0")"
build=$(realpath "$1")
root=$(realpath ../../..)
dependencies=$("$root/scripts/dependencies.sh" --path native)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The header is only in cpuinfo's sources, which set-up has downloaded.
digest=$(awk '$1 == "cpuinfo" { print $4 }' "$root/cmake/dependencies.lock")
tar -xf "$(dirname "$dependencies")/archives/$digest" -C "$work" --wildcards '*/include/cpuinfo.h' --strip-components 2
gcc -O2 -I "$work" -c limited.c -o "$work/limited.o"

# As the command itself is linked, with one object more.
ninja -C "$build" -t commands plait_command | tail -n 1 | sed -e 's/^: && //' -e 's/ && :$//' > "$work/link"
sed -E -e "s#^ccache ##" -e "s# -o [^ ]+# $work/limited.o -o $2#" "$work/link" > "$work/command"
cd "$build" && bash "$work/command"
