#!/bin/sh
# gpu.sh PLAIT FOLDER: on a machine with a GPU, all that is tested on the stand-in for its driver, the programs being in FOLDER.
if ! ldconfig -p | grep -q libcuda.so.1 || ! [ -e /dev/nvidiactl ]; then
    echo "skipped: no NVIDIA driver and device"
    exit 77
fi
failed=0
for program in "$2"/cuda_*; do
    [ -x "$program" ] || continue
    echo "$(basename "$program"):"
    "$program" || failed=1
done
"$1" conform --backend cuda --least 985 "${PLAIT_ONNX_TESTS:-/usr/share/libonnx-testdata/data}" || failed=1
exit $failed
