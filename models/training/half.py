"""Half-precision weights: half the bytes of a package, and a network that says what PyTorch's says to the last bit of float32.

The module is rounded before it is exported (`rounded`), so that storing its weights as float16 afterwards (`store`) loses nothing."""
import copy

import numpy as np
import onnx
import onnx.helper
import onnx.numpy_helper
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

LEAST = 64  # values; smaller tensors (biases of heads, constants) are not worth a node


def fuse(module):
    """Batch normalisations go into the convolutions before them, as an export would do."""
    before = None
    for name, child in module.named_children():
        fuse(child)
        if isinstance(child, nn.BatchNorm2d) and isinstance(before, nn.Conv2d):
            setattr(module, last, fuse_conv_bn_eval(before, child))
            setattr(module, name, nn.Identity())
        before, last = child, name


def rounded(model):
    """A copy of the module with its weights as float16 can hold them."""
    model = copy.deepcopy(model).eval()
    fuse(model)
    for parameter in model.parameters():
        if parameter.numel() >= LEAST:
            parameter.data = parameter.data.half().float()
    return model


def store(path):
    """Weights that float16 holds exactly become float16, with a Cast that is folded away when the model is opened."""
    model = onnx.load(str(path))
    casts = []
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < LEAST or not np.array_equal(values.astype(np.float16).astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), name + '.half'))
        casts.append(onnx.helper.make_node('Cast', [name + '.half'], [name], to=onnx.TensorProto.FLOAT))
    nodes = casts + list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
