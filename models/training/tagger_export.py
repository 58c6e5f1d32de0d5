"""Writes the tagger's networks as ONNX, with small inputs and PyTorch's outputs for a test.

usage: tagger_export.py CHECKPOINT LIBRARY PACKAGE_DIR GOLDEN_DIR"""
import os, sys
import numpy as np
import onnx
from onnx import numpy_helper
import torch

import half, package, tagger, tagger_inputs, tagger_manifest
from tagger_model import SENSES, WIDTH

SETS = 5                                                                   # any number: freed below
OPSET = 13

def export(model, inputs, names, dynamic, path):
    torch.onnx.export(model, inputs, path, opset_version=OPSET, input_names=names, output_names=['out'], dynamic_axes=dynamic, do_constant_folding=True)

def free_sets(path):
    """The fusion was traced with a fixed number of sets: reshapes copy it from their input instead."""
    model = onnx.load(path)
    constants = {n.output[0]: n for n in model.graph.node if n.op_type == 'Constant'}
    initialisers = {i.name: i for i in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type != 'Reshape': continue
        name = node.input[1]
        tensor = initialisers[name] if name in initialisers else constants[name].attribute[0].t
        shape = numpy_helper.to_array(tensor).copy()
        if shape[0] == SETS: shape[0] = 0
        tensor.CopyFrom(numpy_helper.from_array(shape, tensor.name))
    onnx.checker.check_model(model)
    onnx.save(model, path)

def golden(folder, name, names, inputs, output):
    path = os.path.join(folder, name)
    os.makedirs(path, exist_ok=True)
    for n, x in zip(names, inputs): np.save(os.path.join(path, n + '.npy'), x.numpy())
    np.save(os.path.join(path, 'out.npy'), output.detach().numpy())

class Text(torch.nn.Module):
    """The text encoder as it is asked when reading: one page."""
    def __init__(self, inner):
        super().__init__()
        self.inner = inner
    def forward(self, characters, features): return self.inner(characters, features)

class Fusion(torch.nn.Module):
    """The fusion as it is asked when reading: no padding."""
    def __init__(self, inner):
        super().__init__()
        self.inner = inner
    def forward(self, text, layout, image, present): return self.inner(text, layout, image, present, None, SETS)

def main():
    checkpoint, library, folder, golden_dir = sys.argv[1:5]
    lib = tagger_inputs.open_library(library)
    model = tagger.new_model(lib)
    model.load_state_dict(torch.load(checkpoint, map_location='cpu')['average'])
    model = half.rounded(model)
    torch.manual_seed(3)
    words = 7
    letters, length = len(tagger_inputs.ALPHABET), tagger_inputs.LENGTH
    characters = torch.nn.functional.one_hot(torch.randint(0, letters, (words, 1, length)), letters).permute(0, 3, 1, 2).float().contiguous()
    text, layout = torch.randn(words, lib.inputs_text_features()), torch.randn(words, lib.inputs_layout_features())
    picture = torch.randn(words, 1, *tagger_inputs.PICTURE)
    present = torch.tensor([[[1., 1, 1]], [[1, 0, 0]], [[0, 1, 0]], [[0, 0, 1]], [[0, 0, 0]]])
    parts = {'text': (Text(model.text).eval(), (characters, text), ['characters', 'features']), 'layout': (model.layout, (layout,), ['features']),
             'image': (model.image, (picture,), ['pictures'])}
    embeddings = []
    for name, (net, inputs, names) in parts.items():
        export(net, inputs, names, {n: {0: 'words'} for n in names + ['out']}, os.path.join(folder, name + '.onnx'))
        half.store(os.path.join(folder, name + '.onnx'))
        embeddings.append(net(*inputs).detach())
        golden(golden_dir, name, names, inputs, embeddings[-1])

    inputs = tuple(e.unsqueeze(0) for e in embeddings) + (present,)
    names = ['text', 'layout', 'image', 'present']
    dynamic = {n: {1: 'words'} for n in names[:3]}
    dynamic['present'], dynamic['out'] = {0: 'sets'}, {0: 'sets', 1: 'words'}
    path = os.path.join(folder, 'fusion.onnx')
    fusion = Fusion(model.fusion).eval()
    export(fusion, inputs, names, dynamic, path)
    free_sets(path)
    half.store(path)
    golden(golden_dir, 'fusion', names, inputs, fusion(*inputs))
    parts, old = tagger_manifest.part(), package.read(folder)              # what calibration found is kept until it is run again
    for name, field in parts['fields'].items():
        field.update({k: v for k, v in old.get('fields', {}).get(name, {}).items() if k in ('calibrations', 'familiar')})
    package.update(folder, parts)

if __name__ == '__main__': main()
