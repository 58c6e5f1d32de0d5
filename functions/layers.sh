#!/usr/bin/env bash
# The two layers of the container's root file system, as tar files: Debian's libraries that plait links, poppler-utils and
# certificates; and plait with its models.  Neither has a shell, a package manager or anything that is set-user-ID.
#
#     functions/layers.sh BUILD FOLDER     of the build tree BUILD (build/native): FOLDER/debian.tar and FOLDER/plait.tar
#
# Debian's layer is kept in the cache by the digest of its list of packages and versions, and of what is kept of them.  Needs mmdebstrap.
set -euo pipefail
. "$(dirname "$0")/../scripts/debian.sh"

[ $# = 2 ] && [ -x "$1/plait" ] || fail "expected a build tree and a folder"
mkdir -p "$2"
build=$1 folder=$(cd "$2" && pwd)
command -v mmdebstrap > /dev/null || fail "expected mmdebstrap, which Debian's package mmdebstrap has"
enter_cache
make_work

# The packages of the libraries that the command links, so that no list of them can be out of date; libcurl it opens by itself.
linked() {
    readelf -d "$build/plait" | awk -F'[][]' '/NEEDED/ { print $2 }' | while read -r name; do
        path=$(ldconfig -p | awk -v name="$name" '$1 == name && !path { path = $NF } END { print path }')
        { dpkg-query --search "$path" "$(realpath "$path")" "/usr$path" 2> /dev/null || true; } | sed 's/:.*//'
    done
}
mapfile -t packages < <((linked; printf '%s\n' libcurl4 poppler-utils ca-certificates) | sort -u)

# Kept of a package is what runs, and its copyright.
read -r -d '' prune <<'END' || true
cd "$1"
cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt
find usr/share/doc -type f ! -name copyright -delete
find usr/bin usr/sbin -mindepth 1 ! -name pdftotext ! -name pdftoppm ! -type d -delete
rm -rf usr/share/perl* usr/share/man usr/share/locale usr/share/X11 usr/share/lintian usr/share/bug usr/share/info \
    usr/share/ca-certificates usr/share/debconf usr/share/pixmaps usr/share/menu usr/share/bash-completion \
    usr/lib/*/perl* usr/lib/*/gconv usr/lib/*/engines-3 usr/lib/*/libdb-5.3.so usr/lib/systemd \
    var etc/apt etc/cron* etc/default etc/perl etc/init.d etc/terminfo etc/debconf.conf etc/pam.d etc/security etc/dpkg dev/* tmp/* \
    usr/share/doc-base usr/share/gdb usr/share/gcc
find usr/share/doc -type d -empty -delete
mkdir -p dev proc sys tmp root && chmod 1777 tmp
printf 'root:x:0:0:root:/root:/nonexistent\nplait:x:65532:65532:plait:/nonexistent:/nonexistent\n' > etc/passwd
printf 'root:x:0:\nplait:x:65532:\n' > etc/group
printf 'hosts: files dns\n' > etc/nsswitch.conf
chmod -R go-w . && chmod 1777 tmp
END

# What apt would install on a machine that has nothing, from the mirrors and through the proxies of this machine's apt.
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
apt-get install --simulate -o Dir::State::status=/dev/null --no-install-recommends "${packages[@]}" 2> /dev/null |
    awk '$1 == "Inst" { print $2, substr($3, 2) }' | sort > "$work/packages"
[ -s "$work/packages" ] || fail "apt knows no ${packages[*]}: run apt-get update"
digest=$( (cat "$work/packages"; echo "$prune") | sha256sum | cut -c1-16)
layer=$cache/container-debian-$digest.tar

if [ ! -f "$layer" ]; then
    say "fetching $(wc -l < "$work/packages") packages"
    mapfile -t sources < <(find /etc/apt/sources.list /etc/apt/sources.list.d -name '*.list' -o -name '*.sources' 2> /dev/null)
    apt-config dump Acquire > "$work/apt.conf" # proxies and the like
    SOURCE_DATE_EPOCH=0 mmdebstrap --quiet --variant=extract --skip=output/dev,cleanup --include="$(IFS=,; echo "${packages[*]}")" \
        --aptopt="$work/apt.conf" --extract-hook="$prune" "$suite" "$work/debian.tar" "${sources[@]}" > "$work/log" 2>&1 ||
        { cat "$work/log" >&2; fail "the packages could not be had"; }
    rm -f "$cache"/container-debian-*.tar
    mv "$work/debian.tar" "$layer"
fi
cp "$layer" "$folder/debian.tar"

DESTDIR=$work/installed cmake --install "$build" --prefix /usr --strip > /dev/null
cd "$work/installed"
rm -rf usr/include usr/lib
mkdir -p usr/share/doc/plait dev # where engines put devices; mmdebstrap leaves it out
cp "$root/LICENSE" usr/share/doc/plait/copyright
cp "$work/packages" usr/share/doc/plait/packages # for those who look for known defects
tar --create --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=go-w -f "$folder/plait.tar" .
