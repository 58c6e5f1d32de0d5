"""Goes on from an exported model: its weights back in the PyTorch module it came from."""
import numpy as np
import onnx
import onnx.numpy_helper
import torch
from torch import nn


def executed(model, example):
    """The convolutions and batch normalisations in the order they run, which is that of an export's nodes."""
    order = []
    note = lambda module, *_: order.append(module)
    hooks = [m.register_forward_hook(note) for m in model.modules() if isinstance(m, (nn.Conv2d, nn.BatchNorm2d))]
    with torch.no_grad():
        model(example)
    for hook in hooks:
        hook.remove()
    return order


def load_export(model, path, example):
    """Fills `model` from the ONNX file.  An export has its batch normalisations folded into the convolutions before them: here
    each becomes one that, with the statistics of `example` (inputs like those it will train on), changes nothing but adds the
    folded bias, so that training goes on from where it was."""
    model.eval()
    order = executed(model, example)
    graph = onnx.load(str(path)).graph
    stored = {i.name: onnx.numpy_helper.to_array(i) for i in graph.initializer}
    stored.update({n.output[0]: stored[n.input[0]] for n in graph.node if n.op_type == 'Cast' and n.input[0] in stored})  # half.py
    nodes = [n for n in graph.node if n.op_type == 'Conv']
    convolutions = [m for m in order if isinstance(m, nn.Conv2d)]
    if len(nodes) != len(convolutions):
        raise SystemExit('%s: expected %d convolutions, found %d' % (path, len(convolutions), len(nodes)))
    biases = {}
    for node, module, following in zip(nodes, convolutions, [order[order.index(m) + 1] if order.index(m) + 1 < len(order) else None for m in convolutions]):
        weight = torch.from_numpy(stored[node.input[1]].astype(np.float32))
        bias = torch.from_numpy(stored[node.input[2]].astype(np.float32)) if len(node.input) > 2 else None
        if weight.shape != module.weight.shape:
            raise SystemExit('%s: expected a kernel of %s, found %s' % (path, tuple(module.weight.shape), tuple(weight.shape)))
        module.weight.data.copy_(weight)
        if module.bias is not None:
            module.bias.data.copy_(bias)
        elif isinstance(following, nn.BatchNorm2d):
            biases[following] = bias

    def settle(module, inputs):
        x = inputs[0]
        module.running_mean.copy_(x.mean((0, 2, 3))), module.running_var.copy_(x.var((0, 2, 3), unbiased=False))
        module.weight.data.copy_((module.running_var + module.eps).sqrt())
        module.bias.data.copy_(biases[module] + module.running_mean)

    hooks = [m.register_forward_pre_hook(settle) for m in biases]
    with torch.no_grad():
        model(example)
    for hook in hooks:
        hook.remove()
