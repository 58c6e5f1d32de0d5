#!/usr/bin/env bash
# Emscripten: the one on the PATH when it is new enough, else Debian trixie's, pinned by cmake/dependencies.lock, unpacked into
# the cache and used with the machine's clang 19.  Prints the folder that emcc is in.
#
#     scripts/emscripten.sh          sets up what is missing
#     scripts/emscripten.sh --path   only prints the folder, there or not
set -euo pipefail
. "$(dirname "$0")/debian.sh"

oldest=3.1.69
if command -v emcc > /dev/null; then
    found=$(emcc -dumpversion)
    if printf '%s\n' "$oldest" "${found%%-*}" | sort --version-sort --check=quiet; then
        em-config EMSCRIPTEN_ROOT
        exit
    fi
    say "emcc $found on the PATH is older than $oldest and not used"
fi

key=$( (pins package; cat "$0") | sha256sum | cut -c1-16)
prefix=$cache/emscripten-$key
emscripten=$prefix/usr/share/emscripten
if [ "${1:-}" != --path ]; then
    enter_cache
    if [ ! -d "$prefix" ]; then
        [ "$(uname -m)" = x86_64 ] || fail "the pinned packages are for x86_64: put an emcc of $oldest or newer on the PATH"
        make_work
        tree=$work/tree
        mkdir "$tree"
        while read -r name version suite sha256; do
            fetch package "$name" "$version" "$suite" "$sha256"
            # Without the libraries for 64 bits, link-time optimisation, sanitizers and worklets, which are most of it.
            dpkg-deb --fsys-tarfile "$archive" | tar -x -C "$tree" --wildcards --exclude='*/lib/wasm64-emscripten' \
                --exclude='*/wasm32-emscripten/*lto' --exclude='*/wasm32-emscripten/pic' \
                --exclude='*/wasm32-emscripten/lib*san*' --exclude='*/wasm32-emscripten/*-ww*' --exclude='./usr/share/doc'
        done < <(pins package)
        ln -s nodejs "$tree/usr/share/node_modules" # an ESM import of acorn does not look at NODE_PATH

        # trixie's Binaryen wants trixie's C library: it runs with that one's own loader.
        mkdir -p "$tree/binaryen/bin"
        for tool in "$tree"/usr/bin/wasm-* "$tree"/usr/bin/wasm2js; do
            cat > "$tree/binaryen/bin/$(basename "$tool")" <<END
#!/bin/sh
libraries=$prefix/usr/lib/x86_64-linux-gnu
exec \$libraries/ld-linux-x86-64.so.2 --library-path \$libraries $prefix/usr/bin/$(basename "$tool") "\$@"
END
        done
        chmod +x "$tree"/binaryen/bin/*
        cat > "$tree/usr/share/emscripten/.emscripten" <<END
LLVM_ROOT = '/usr/bin'
LLVM_ADD_VERSION = CLANG_ADD_VERSION = '19'
BINARYEN_ROOT = '$prefix/binaryen'
NODE_JS = '$(command -v node)'
CACHE = '$emscripten/cache'
FROZEN_CACHE = True
END
        mv "$tree" "$prefix" # appears whole or not at all
    fi
fi
echo "$emscripten"
