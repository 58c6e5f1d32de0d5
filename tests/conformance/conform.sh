#!/bin/sh
# conform.sh PLAIT BACKEND LEAST THREADS: ONNX's own backend tests, from Debian's package libonnx-testdata.  At least LEAST of
# its 1,072 tests pass and none fails; what is left is unsupported, and named.
data=${PLAIT_ONNX_TESTS:-/usr/share/libonnx-testdata/data}
if [ ! -d "$data" ]; then
    echo "skipped: no $data (Debian's package libonnx-testdata has it)"
    exit 77
fi
exec "$1" conform --backend "$2" --least "$3" --threads "$4" "$data"
