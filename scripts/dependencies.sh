#!/usr/bin/env bash
# Third-party libraries, pinned by cmake/dependencies.lock.
#
#     scripts/dependencies.sh          download what is missing, check it, build it once; prints the prefix
#     scripts/dependencies.sh --path   only prints the prefix, built or not
#
# The cache is $PLAIT_CACHE, or plait/ in $XDG_CACHE_HOME or ~/.cache.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
lock=$root/cmake/dependencies.lock
cache=${PLAIT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/plait}
pins() { grep -v '^#' "$lock" | tr -s ' '; }

compiler=$(cc --version | head -1; c++ --version | head -1; uname -m)
key=$( (pins; cat "$root/cmake/dependencies/CMakeLists.txt"; echo "$compiler") | sha256sum | cut -c1-16)
prefix=$cache/native-$key

fail() { echo "dependencies: $*" >&2; exit 1; }
say() { echo "dependencies: $*" >&2; }

# apt with its own lists, for Debian's newer suites, so that the machine's own configuration stays as it is.
# The mirror is the one the machine already uses; how old its lists are does not matter, since the pins say what is right.
newer_apt() {
    local tool=$1; shift
    local state=$cache/apt
    "$tool" -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$state/lists" \
        -o Dir::Cache="$state" -o Dir::State::status="$state/status" -o Dir::Etc::PreferencesParts=/dev/null \
        -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Sandbox::User=root "$@"
}

refresh_lists() {
    local state=$cache/apt keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror
    mirror=$(awk '/^URIs:/ { print $2; exit } $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^http/) { print $i; exit } }' \
        $(ls /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources 2>/dev/null) /dev/null)
    [ -n "$mirror" ] || fail "apt's configuration names no Debian mirror"
    mkdir -p "$state/lists/partial" "$state/archives/partial"
    : > "$state/status"
    printf "deb-src [signed-by=$keyring] $mirror %s main\n" trixie sid > "$state/sources.list"
    newer_apt apt-get -qq update
}

checksum() { sha256sum "$1" | cut -d' ' -f1; }

# The pinned archive of one library at $cache/archives/SHA256.
fetch() {
    local name=$1 version=$2 suite=$3 sha256=$4 archive=$cache/archives/$4 download found
    [ -f "$archive" ] && return
    say "downloading $name $version"
    [ -n "${lists_are_fresh:-}" ] || { refresh_lists; lists_are_fresh=yes; }
    download=$work/download-$name
    mkdir "$download"
    (cd "$download" && newer_apt apt-get -qq source --tar-only --download-only "$name/$suite" >&2) ||
        fail "$name: cannot be downloaded from Debian $suite"
    found=$(checksum "$download"/*.orig.tar.*)
    [ "$found" = "$sha256" ] ||
        fail "$name: pinned $version with SHA-256 $sha256, but Debian $suite has $(basename "$download"/*.orig.tar.*) with $found"
    mv "$download"/*.orig.tar.* "$archive"
}

# Unpacks without the single top folder that most archives (but not XNNPACK's) have.
unpack() {
    local archive=$cache/archives/$2 folder=$work/sources/$1
    mkdir -p "$folder"
    tar xf "$archive" -C "$folder"
    set -- "$folder"/*
    [ $# = 1 ] || return 0
    mv "$1" "$folder.top"
    rmdir "$folder"
    mv "$folder.top" "$folder"
}

if [ "${1:-}" = --path ]; then
    echo "$prefix"
    exit
fi
mkdir -p "$cache/archives"
exec 9> "$cache/lock"
flock 9
if [ ! -d "$prefix" ]; then
    work=$(mktemp -d "$cache/build.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    while read -r name version suite sha256; do
        fetch "$name" "$version" "$suite" "$sha256"
    done < <(pins)
    while read -r name version suite sha256; do
        [ "$(checksum "$cache/archives/$sha256")" = "$sha256" ] || fail "$cache/archives/$sha256 is damaged: remove it"
        unpack "$name" "$sha256"
    done < <(pins)
    say "building XNNPACK and what it needs, once (some minutes)"
    cmake -S "$root/cmake/dependencies" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSOURCES="$work/sources" \
        -DCMAKE_INSTALL_PREFIX="$work/prefix" > "$work/log" 2>&1 &&
        cmake --build "$work/build" --target libraries >> "$work/log" 2>&1 &&
        cmake --install "$work/build" >> "$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; fail "the build failed"; }
    mv "$work/prefix" "$prefix" # appears whole or not at all
fi
echo "$prefix"
