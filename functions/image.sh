#!/usr/bin/env bash
# The container image without a container engine: an OCI image layout of functions/layers.sh's layers.
#
#     functions/image.sh BUILD IMAGE [gpu]   of the build tree BUILD (build/native): the folder IMAGE, with the image named "plait"
#
# With "gpu" it is the image for NVIDIA's GPUs: the same layers, other settings.  NVIDIA's container toolkit brings the driver.
# `skopeo copy oci:IMAGE:plait docker://...` brings it to a registry; functions/Containerfile makes the same with an engine.
# Needs mmdebstrap and umoci.
set -euo pipefail
. "$(dirname "$0")/../scripts/debian.sh"

[ $# = 2 ] || [ $# = 3 -a "${3:-}" = gpu ] && [ -x "$1/plait" ] || fail "expected a build tree, a folder to make, and perhaps gpu"
[ ! -e "$2" ] || fail "$2: expected a folder that is not there yet"
command -v umoci > /dev/null || fail "expected umoci, which Debian's package umoci has"
image=$2 settings=(--config.cmd serve)
if [ $# = 3 ]; then
    grep -q '^PLAIT_CUDA:BOOL=ON' "$1/CMakeCache.txt" || fail "$1: expected a build with PLAIT_CUDA"
    settings+=(--config.cmd --backend --config.cmd cuda --config.env NVIDIA_VISIBLE_DEVICES=all
               --config.env NVIDIA_DRIVER_CAPABILITIES=compute,utility)
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/layers.sh" "$1" "$work"

umoci init --layout "$image"
umoci new --image "$image:plait"
for layer in debian plait; do
    umoci raw add-layer --image "$image:plait" --history.created_by "functions/layers.sh: $layer" "$work/$layer.tar"
done
umoci config --image "$image:plait" --config.user 65532:65532 --config.env PATH=/usr/bin --config.env PORT=8080 \
    --config.entrypoint plait "${settings[@]}" --config.exposedports 8080/tcp --config.workingdir / \
    --config.stopsignal SIGTERM --config.label org.opencontainers.image.title=plait \
    --config.label org.opencontainers.image.licenses=Apache-2.0 --architecture "$(dpkg --print-architecture)" --os linux
umoci gc --layout "$image"
