# Sourced by the scripts that fetch what cmake/dependencies.lock pins: Debian's archive, without a change to the machine's
# own apt.  The cache is $PLAIT_CACHE, or plait/ in $XDG_CACHE_HOME or ~/.cache.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${PLAIT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/plait}
program=$(basename "$0" .sh)

fail() { echo "$program: $*" >&2; exit 1; }
say() { echo "$program: $*" >&2; }
checksum() { sha256sum "$1" | cut -d' ' -f1; }

# pins source | package: name, version, suite and SHA-256, a line each.
pins() {
    grep -v '^#' "$root/cmake/dependencies.lock" | tr -s ' ' |
        awk -v kind="$1" 'NF && (NF == 5 ? $5 : "source") == kind { print $1, $2, $3, $4 }'
}

# One of these scripts at a time works in the cache; `work` is a folder in it that goes when the script ends.
enter_cache() {
    mkdir -p "$cache/archives"
    exec 9> "$cache/lock"
    flock 9
}
make_work() {
    work=$(mktemp -d "$cache/build.XXXXXX")
    trap 'rm -rf "$work"' EXIT
}

# apt with its own lists, for Debian's newer suites.
# The mirror is the one the machine already uses; how old its lists are does not matter, since the pins say what is right.
newer_apt() {
    local tool=$1; shift
    local state=$cache/apt
    "$tool" -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$state/lists" \
        -o Dir::Cache="$state" -o Dir::State::status="$state/status" -o Dir::Etc::PreferencesParts=/dev/null \
        -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Sandbox::User=root "$@"
}

refresh_lists() {
    [ -z "${lists_are_fresh:-}" ] || return 0
    local state=$cache/apt keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror
    mirror=$(awk '/^URIs:/ { print $2; exit } $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^http/) { print $i; exit } }' \
        $(ls /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources 2>/dev/null) /dev/null)
    [ -n "$mirror" ] || fail "apt's configuration names no Debian mirror"
    mkdir -p "$state/lists/partial" "$state/archives/partial"
    : > "$state/status"
    printf "%s [signed-by=$keyring] $mirror %s main\n" deb-src trixie deb-src sid deb trixie > "$state/sources.list"
    newer_apt apt-get -qq update
    lists_are_fresh=yes
}

# fetch source | package NAME VERSION SUITE SHA256: the pinned archive, at $cache/archives/SHA256.
# A hash of "signed" takes whichever version Debian signs today, at $cache/archives/NAME.deb.
fetch() {
    local kind=$1 name=$2 version=$3 suite=$4 sha256=$5 download found
    archive=$cache/archives/$sha256
    [ "$sha256" != signed ] || archive=$cache/archives/$name.deb
    if [ ! -f "$archive" ]; then
        say "downloading $name $version"
        refresh_lists
        download=$work/download-$name
        mkdir "$download"
        case $kind in
            source) (cd "$download" && newer_apt apt-get -qq source --tar-only --download-only "$name/$suite" >&2) ;;
            package) (cd "$download" && newer_apt apt-get -qq download "$name/$suite" >&2) ;;
        esac || fail "$name: cannot be downloaded from Debian $suite"
        found=$(find "$download" -name '*.orig.tar.*' -o -name '*.deb')
        [ "$sha256" = signed ] || [ "$(checksum "$found")" = "$sha256" ] ||
            fail "$name: pinned $version with SHA-256 $sha256, but Debian $suite has $(basename "$found") with $(checksum "$found")"
        mv "$found" "$archive"
    fi
    [ "$sha256" = signed ] || [ "$(checksum "$archive")" = "$sha256" ] || fail "$archive is damaged: remove it"
}
