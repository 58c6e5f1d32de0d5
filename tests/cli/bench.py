"""plait bench: every shipped network runs without a fall-back, what is printed adds up, and wrong usage is said in a line."""
import json
import os
import pathlib
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from tool import Checks, places, run

plait, root = places()
models = pathlib.Path(root) / "models/receipt"
check = Checks()

SHAPES = {
    "detector": ["image=1x1x96x64"],
    "recogniser": ["image=2x1x32x160"],
    "text": ["characters=7x62x1x18", "features=7x24"],
    "layout": ["features=7x48"],
    "image": ["pictures=7x1x16x64"],
    "fusion": ["text=1x7x96", "layout=1x7x96", "image=1x7x96", "present=8x1x3"],
}


def bench(*arguments):
    return run(plait, "bench", "--seconds", "0", *map(str, arguments))


for name, shapes in SHAPES.items():
    model = models / f"{name}.onnx"
    if not model.is_file():
        continue
    options = [argument for shape in shapes for argument in ("--shape", shape)]
    for precision in ("f32", "int8"):
        result = bench("--json", "--precision", precision, *options, model)
        check(result.returncode == 0, f"{name} in {precision} to run: {result.stderr}")
        if result.returncode:
            continue
        found = json.loads(result.stdout)
        check(found["nodes_fallen"] == 0 and found["fallback_share"] == 0, f"no fall-back in {name}: {found['profile']['fallbacks']}")
        check(found["precision"] == precision and found["nodes"] > 0 and found["runs"] >= 10, "what was asked for")
        check(0 < found["p50_ms"] <= found["p95_ms"], "a latency")
        # The rate is the work over the time; both are printed rounded.
        check(abs(found["gflops"] - found["gflop"] / found["p50_ms"] * 1e3) <= 0.01 * found["gflops"] + 0.01, "a rate that adds up")

found = json.loads(bench("--json", "--shape", "features=7x48", models / "layout.onnx").stdout)
check(found["gflop"] > 0, "work counted from the graph")
reference = json.loads(bench("--json", "--backend", "reference", "--shape", "features=7x48", models / "layout.onnx").stdout)
check(reference["backend"] == "reference" and reference["gflop"] == found["gflop"], "the same work on reference")
text = bench("--shape", "features=7x48", models / "layout.onnx")
check(all(word in text.stdout for word in ("latency", "GFLOP/s", "fell back 0 of")), f"a report for people, found {text.stdout!r}")

for arguments, exit_status, part in (
    [[], 2, "expected one MODEL.onnx"],
    [["--precision", "int3", models / "layout.onnx"], 2, "--precision"],
    [["--shape", "features", models / "layout.onnx"], 1, "expected name=1x3x224x224"],
    [["--shape", "features=7x-1", models / "layout.onnx"], 1, "--shape"],
    [["--shape", "image=1x1x96", models / "detector.onnx"], 1, "detector.onnx"],
    [[models / "detector.onnx"], 1, "give --shape"],
    [[models / "nothing.onnx"], 1, "nothing.onnx"],
):
    result = bench(*arguments)
    check(result.returncode == exit_status, f"status {exit_status} of {arguments}, found {result.returncode}")
    check(part in result.stderr and result.stderr.count("\n") == 1, f"one line with '{part}', found {result.stderr!r}")

check.finish()
