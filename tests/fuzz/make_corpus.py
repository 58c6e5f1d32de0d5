#!/usr/bin/python3
"""Writes tests/fuzz/corpus/: small inputs to start from, and the dictionaries of words that matter in them.

Needs python3-onnx and python3-pil (Debian's); the tests do not, since what this writes is in the tree.
"""
import json
import pathlib
import re
import struct

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CORPUS = HERE / "corpus"
random = numpy.random.default_rng(7)


def save(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


# ---------------------------------------------------------------- ONNX

def model(name, nodes, inputs, outputs, weights=(), opset=13):
    graph = helper.make_graph(nodes, name, inputs, outputs, [numpy_helper.from_array(a, n) for n, a in weights])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="")
    save("onnx", name + ".onnx", made.SerializeToString())


def value(name, shape, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def weight(*shape):
    return random.standard_normal(shape).astype(numpy.float32)


def make_models():
    n = helper.make_node
    x, y = value("x", ["n", 2, 5, 5]), value("y", None)
    model("convolution", [n("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1], strides=[2, 1]),
                          n("BatchNormalization", ["c", "b", "b", "b", "s"], ["d"]), n("Relu", ["d"], ["e"]),
                          n("MaxPool", ["e"], ["f"], kernel_shape=[2, 2]), n("GlobalAveragePool", ["f"], ["y"])],
          [x], [y], [("w", weight(3, 2, 3, 3)), ("b", weight(3)), ("s", abs(weight(3)))])
    model("transposed", [n("ConvTranspose", ["x", "w"], ["c"], strides=[2, 2], output_padding=[1, 1]),
                         n("Resize", ["c", "", "scales"], ["y"], mode="linear")],
          [x], [y], [("w", weight(2, 2, 2, 2)), ("scales", numpy.array([1, 1, 2, .5], numpy.float32))])
    model("attention", [n("MatMul", ["x", "w"], ["q"]), n("Transpose", ["q"], ["k"], perm=[0, 2, 1]),
                        n("MatMul", ["q", "k"], ["s"]), n("Softmax", ["s"], ["p"], axis=-1), n("MatMul", ["p", "q"], ["o"]),
                        n("ReduceMean", ["o"], ["m"], axes=[-1]), n("Sub", ["o", "m"], ["e"]), n("Erf", ["e"], ["f"]),
                        n("Flatten", ["f"], ["g"], axis=2), n("Gemm", ["g", "w"], ["y"], transB=1, alpha=.5)],
          [value("x", [1, "t", 4])], [y], [("w", weight(4, 4))])
    model("shapes", [n("Shape", ["x"], ["s"]), n("Gather", ["s", "zero"], ["a"]), n("Unsqueeze", ["a", "axes"], ["b"]),
                     n("Concat", ["b", "minus"], ["c"], axis=0), n("Reshape", ["x", "c"], ["r"]),
                     n("Slice", ["r", "axes", "one", "one"], ["l"]), n("Pad", ["l", "pads"], ["p"]), n("Split", ["p"], ["y", "z"], axis=1)],
          [x], [y, value("z", None)], [(k, numpy.array(v, numpy.int64)) for k, v in
                                       {"zero": 0, "axes": [0], "minus": [-1], "one": [1], "pads": [0, 1, 0, 0]}.items()])
    model("integers", [n("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"]), n("MatMulInteger", ["q", "w", "zero"], ["i"]),
                       n("Cast", ["i"], ["f"], to=1), n("Mul", ["f", "scale"], ["y"])],
          [value("x", [3, 4])], [y], [("w", random.integers(0, 255, (4, 2)).astype(numpy.uint8))])
    model("recurrent", [n("LSTM", ["x", "w", "r"], ["y"], hidden_size=2)], [value("x", [3, 1, 4])], [y],
          [("w", weight(1, 8, 4)), ("r", weight(1, 8, 2))])
    model("selection", [n("TopK", ["x", "k"], ["v", "i"]), n("NonZero", ["v"], ["z"]), n("ScatterND", ["x", "t", "u"], ["y"])],
          [value("x", [3, 4])], [y, value("z", None)],
          [("k", numpy.array([2], numpy.int64)), ("t", numpy.array([[0], [2]], numpy.int64)), ("u", weight(2, 4))])
    model("boxes", [n("NonMaxSuppression", ["b", "s", "m", "t"], ["y"])], [value("b", [1, 3, 4]), value("s", [1, 1, 3])], [y],
          [("m", numpy.array([2], numpy.int64)), ("t", numpy.array([.5], numpy.float32))])
    model("sum", [n("Einsum", ["x", "x"], ["e"], equation="ij,kj->ik"), n("Upsample", ["e", "scales"], ["y"])],
          [value("x", [2, 3])], [y], [("scales", numpy.array([2, 3], numpy.float32))], opset=9)
    then = helper.make_graph([n("Neg", ["x"], ["a"])], "then", [], [value("a", None)])
    other = helper.make_graph([n("Abs", ["x"], ["b"])], "else", [], [value("b", None)])
    model("branch", [n("If", ["c"], ["y"], then_branch=then, else_branch=other)],
          [value("c", [], TensorProto.BOOL), value("x", [2])], [y])
    body = helper.make_graph([n("Add", ["v", "x"], ["w"]), n("Identity", ["going"], ["on"])], "body",
                             [value("i", [], TensorProto.INT64), value("going", [], TensorProto.BOOL), value("v", [2])],
                             [value("on", [], TensorProto.BOOL), value("w", [2])])
    model("loop", [n("Loop", ["count", "", "x"], ["y"], body=body)], [value("x", [2])], [y], [("count", numpy.array(3, numpy.int64))])
    model("signal", [n("DFT", ["x"], ["y"], axis=1), n("HannWindow", ["size"], ["h"])], [value("x", [1, 6, 1])],
          [y, value("h", None)], [("size", numpy.array(6, numpy.int64))], opset=17)


# ---------------------------------------------------------------- pictures

def make_pictures():
    grey = (numpy.add.outer(numpy.arange(13), 3 * numpy.arange(17)) * 5 % 256).astype(numpy.uint8)
    rgb = numpy.stack([grey, grey.T.copy().reshape(13, 17), 255 - grey], -1)
    exif = Image.Exif()
    exif[0x0112] = 6
    pictures = {
        "grey.jpg": (Image.fromarray(grey), {"quality": 40}),
        "progressive.jpg": (Image.fromarray(rgb), {"progressive": True, "quality": 40}),
        "turned.jpg": (Image.fromarray(rgb), {"exif": exif.tobytes(), "quality": 40}),
        "cmyk.jpg": (Image.fromarray(rgb).convert("CMYK"), {"quality": 40}),
        "rgb.png": (Image.fromarray(rgb), {}),
        "alpha.png": (Image.fromarray(numpy.dstack([rgb, grey])), {}),
        "palette.png": (Image.fromarray(rgb).quantize(8), {}),
        "deep.png": (Image.fromarray(grey.astype(numpy.uint16) * 257), {}),
        "bit.png": (Image.fromarray(grey > 100), {}),
        "rgb.bmp": (Image.fromarray(rgb), {}),
        "palette.bmp": (Image.fromarray(rgb).quantize(8), {}),
        "grey.pgm": (Image.fromarray(grey), {}),
        "rgb.ppm": (Image.fromarray(rgb), {}),
        "palette.gif": (Image.fromarray(rgb).quantize(8), {}),
    }
    folder = CORPUS / "image"
    folder.mkdir(parents=True, exist_ok=True)
    for name, (picture, options) in pictures.items():
        picture.save(folder / name, **options)


# ---------------------------------------------------------------- sounds

def make_sounds():
    tone = numpy.sin(numpy.arange(97) * .3) * numpy.hanning(97)
    for name, channels, rate, bits, coding in (("u8", 1, 8000, 8, 1), ("stereo", 2, 11025, 16, 1), ("i24", 1, 44100, 24, 1),
                                               ("i32", 1, 16000, 32, 1), ("f32", 1, 48000, 32, 3), ("f64", 1, 8000, 64, 3)):
        wave = numpy.repeat(tone, channels)
        if coding == 3:
            data = wave.astype(f"<f{bits // 8}").tobytes()
        elif bits == 8:
            data = (wave * 127 + 128).astype(numpy.uint8).tobytes()
        else:
            whole = (wave * (2 ** (bits - 1) - 1)).astype("<i4")
            data = whole.view(numpy.uint8).reshape(-1, 4)[:, :bits // 8].tobytes()
        form = struct.pack("<HHIIHH", coding, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
        chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
        save("wav", name + ".wav", b"RIFF" + struct.pack("<I", len(chunks)) + chunks)


# ---------------------------------------------------------------- manifests

def make_manifests():
    for manifest in sorted((ROOT / "models").glob("*/manifest.json")):
        save("manifest", manifest.parent.name + ".json", json.dumps(json.loads(manifest.read_text())).encode())
    save("manifest", "smallest.json", b'{"schema":"plait.package/1","name":"a","version":"1"}')
    save("manifest", "kinds.json", b'{"schema":1,"name":[],"version":{},"files":{"a":{"bytes":-1,"sha256":"\\ud83d"}},"fields":null}')
    save("manifest", "nested.json", b"[" * 70 + b"]" * 70)


# ---------------------------------------------------------------- dictionaries

def words(target, found):
    lines = ["# Written by make_corpus.py"] + [f'"{word}"' for word in sorted(set(found))]
    (HERE / f"{target}.dict").write_text("\n".join(lines) + "\n")


def make_dictionaries():
    operators = [m for f in sorted((ROOT / "src/graph/ops").glob("*.def")) for m in re.findall(r"OP\((\w+)", f.read_text())]
    attributes = [m for f in sorted((ROOT / "src").rglob("*.c"))
                  for m in re.findall(r'plait__attribute\w*\([^"\n]*"(\w+)"', f.read_text())]
    words("onnx", operators + attributes)
    words("manifest", re.findall(r'"(\w+)"', (ROOT / "src/model/manifest.c").read_text()))


if __name__ == "__main__":
    make_models()
    make_pictures()
    make_sounds()
    make_manifests()
    make_dictionaries()
