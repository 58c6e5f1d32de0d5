"""plait onnx: a shipped network on stored inputs, on both backends and in int8, against what PyTorch answered; its errors."""
import ast
import json
import os
import pathlib
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from tool import Checks, places, run

plait, root = places()
root = pathlib.Path(root)
model, golden = root / "models/receipt/layout.onnx", root / "tests/golden/layout"
check = Checks()


def onnx(*arguments):
    return run(plait, "onnx", *map(str, arguments))


def read_floats(path):
    data = path.read_bytes()
    start = 10 + struct.unpack_from("<H", data, 8)[0]
    header = ast.literal_eval(data[10:start].decode())
    assert header["descr"] == "<f4", header
    return header["shape"], struct.unpack(f"<{(len(data) - start) // 4}f", data[start:])


expected_shape, expected = read_floats(golden / "out.npy")
largest = max(map(abs, expected))
# f32: another order of summing than PyTorch's; int8: 8 bits a weight and a value, through two layers.
for options, tolerance in ([["--backend", "reference"], 1e-5], [["--backend", "xnnpack"], 1e-5], [["--precision", "int8"], 0.05]):
    with tempfile.TemporaryDirectory() as folder:
        result = onnx(*options, "--output", folder, "--profile", model, golden / "features.npy")
        check(result.returncode == 0, f"{options} to run: {result.stderr}")
        place, shape = result.stdout.splitlines()[0].split(" ")
        check(shape == f"float32[{','.join(map(str, expected_shape))}]", f"{expected_shape}, found {shape}")
        found_shape, found = read_floats(pathlib.Path(place))
        error = max(abs(a - b) for a, b in zip(found, expected)) / largest
        print(options, "largest error", error)
        check(found_shape == expected_shape and error <= tolerance, f"{options} within {tolerance} of PyTorch")
        profile = json.loads(result.stdout.splitlines()[1])
        check(profile["runs"] == 1 and profile["segments"], "a profile of one run")

for arguments, exit_status, part in (
    [[], 2, "expected MODEL.onnx"],
    [["--precision", "int3", model], 2, "int3"],
    [[model], 1, "expected 1 inputs"],
    [[model, root / "nothing.npy"], 1, "nothing.npy"],
    [["--backend", "abacus", model, golden / "features.npy"], 1, "abacus"],
    [[golden / "out.npy", golden / "features.npy"], 1, "out.npy"],
    [[model, model], 1, "layout.onnx"],
):
    result = onnx(*arguments)
    check(result.returncode == exit_status, f"status {exit_status} of {arguments}, found {result.returncode}")
    check(part in result.stderr and result.stderr.count("\n") == 1, f"one line with '{part}', found {result.stderr!r}")

check.finish()
