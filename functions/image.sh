#!/usr/bin/env bash
# The container image without a container engine: an OCI image layout of functions/layers.sh's layers.
#
#     functions/image.sh BUILD IMAGE     of the build tree BUILD (build/native): the folder IMAGE, with the image named "plait"
#
# `skopeo copy oci:IMAGE:plait docker://...` brings it to a registry; functions/Containerfile makes the same with an engine.
# Needs mmdebstrap and umoci.
set -euo pipefail
. "$(dirname "$0")/../scripts/debian.sh"

[ $# = 2 ] && [ -x "$1/plait" ] || fail "expected a build tree and a folder to make"
[ ! -e "$2" ] || fail "$2: expected a folder that is not there yet"
command -v umoci > /dev/null || fail "expected umoci, which Debian's package umoci has"
image=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/layers.sh" "$1" "$work"

umoci init --layout "$image"
umoci new --image "$image:plait"
for layer in debian plait; do
    umoci raw add-layer --image "$image:plait" --history.created_by "functions/layers.sh: $layer" "$work/$layer.tar"
done
umoci config --image "$image:plait" --config.user 65532:65532 --config.env PATH=/usr/bin --config.env PORT=8080 \
    --config.entrypoint plait --config.cmd serve --config.exposedports 8080/tcp --config.workingdir / \
    --config.stopsignal SIGTERM --config.label org.opencontainers.image.title=plait \
    --config.label org.opencontainers.image.licenses=Apache-2.0 --architecture "$(dpkg --print-architecture)" --os linux
umoci gc --layout "$image"
