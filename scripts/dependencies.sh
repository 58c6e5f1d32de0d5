#!/usr/bin/env bash
# Third-party libraries, pinned by cmake/dependencies.lock, built once for each target into the cache.
#
#     scripts/dependencies.sh [TARGET]          download what is missing, check it, build it once; prints the prefix
#     scripts/dependencies.sh --path [TARGET]   only prints the prefix, built or not
#
# TARGET is native (the default) or wasm-VARIANT, with a variant that cmake/wasm.cmake knows.
set -euo pipefail
. "$(dirname "$0")/debian.sh"

only_path=
[ "${1:-}" != --path ] || { only_path=yes; shift; }
target=${1:-native}
recipe=("$root/cmake/dependencies/CMakeLists.txt")
if [ "$target" = native ]; then
    compiler=$(cc --version | head -1; c++ --version | head -1; uname -m)
    toolchain=()
else
    emscripten=$("$root/scripts/emscripten.sh" ${only_path:+--path})
    compiler=$(cat "$emscripten/emscripten-version.txt")
    recipe+=("$root/cmake/dependencies/wasm.cmake" "$root/cmake/wasm.cmake")
    toolchain=(-DCMAKE_TOOLCHAIN_FILE="$root/cmake/wasm.cmake" -DPLAIT_WASM_VARIANT="${target#wasm-}")
fi
key=$( (pins source; cat "${recipe[@]}"; echo "$compiler") | sha256sum | cut -c1-16)
prefix=$cache/$target-$key

# Unpacks without the single top folder that most archives (but not XNNPACK's) have.
unpack() {
    local archive=$2 folder=$work/sources/$1
    mkdir -p "$folder"
    tar xf "$archive" -C "$folder"
    set -- "$folder"/*
    [ $# = 1 ] || return 0
    mv "$1" "$folder.top"
    rmdir "$folder"
    mv "$folder.top" "$folder"
}

if [ -n "$only_path" ]; then
    echo "$prefix"
    exit
fi
enter_cache
if [ ! -d "$prefix" ]; then
    make_work
    while read -r name version suite sha256; do
        fetch source "$name" "$version" "$suite" "$sha256"
        unpack "$name" "$archive"
    done < <(pins source)
    say "building XNNPACK and what it needs for $target, once (some minutes)"
    cmake -S "$root/cmake/dependencies" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSOURCES="$work/sources" \
        -DCMAKE_INSTALL_PREFIX="$work/prefix" "${toolchain[@]}" > "$work/log" 2>&1 &&
        cmake --build "$work/build" --target libraries >> "$work/log" 2>&1 &&
        cmake --install "$work/build" >> "$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; fail "the build failed"; }
    mv "$work/prefix" "$prefix" # appears whole or not at all
fi
echo "$prefix"
