"""Eight well-known encoders with random weights, for `plait bench` and its comparison with other runtimes.

    /usr/bin/python3 models/training/bench_models.py FOLDER [NAME...]

writes FOLDER/NAME.onnx (opset 13) for each of mobilenet_v2, resnet18, convnext, vit_tiny, bert_mini, whisper_encoder, crnn and
text_detector, and beside it FOLDER/NAME/input_*.npy and output.npy: what PyTorch answers, for a parity check.  Weights are random with a fixed seed: speed does not depend on them.  They
are scaled so that activations neither vanish nor explode, which would make the comparison of outputs meaningless.
"""
import pathlib
import sys

import numpy as np
import torch
from torch import nn

from bench_networks import CRNN, BertMini, ConvNeXt, MobileNetV2, ResNet18, TextDetector, ViTTiny, WhisperEncoder


def warm_up(network, inputs):
    """Batch normalisation takes its statistics from the input, so that every layer's output has unit variance."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network(*inputs)
    network.eval()


def export(folder, name, network, inputs, names):
    warm_up(network, inputs)
    with torch.no_grad():
        output = network(*inputs)
    torch.onnx.export(network, inputs, folder / f'{name}.onnx', opset_version=13, input_names=names, output_names=['output'])
    arrays = folder / name
    arrays.mkdir(exist_ok=True)
    for i, tensor in enumerate(inputs):
        np.save(arrays / f'input_{i}.npy', tensor.numpy())
    np.save(arrays / 'output.npy', output.numpy())
    print(f'{name}: {sum(p.numel() for p in network.parameters()) / 1e6:.1f} M parameters, output {tuple(output.shape)}', flush=True)


def networks():
    """Each network's maker, its inputs and their names."""
    image, page = torch.randn(1, 3, 224, 224), torch.randn(1, 3, 320, 320)
    ids, mask = torch.randint(0, 30522, (1, 128)), (torch.arange(128)[None] < 100).long()
    return {
        'mobilenet_v2': (MobileNetV2, (image,), ['image']),
        'resnet18': (ResNet18, (image,), ['image']),
        'convnext': (ConvNeXt, (image,), ['image']),
        'vit_tiny': (ViTTiny, (image,), ['image']),
        'bert_mini': (BertMini, (ids, mask), ['input_ids', 'attention_mask']),
        'whisper_encoder': (WhisperEncoder, (torch.randn(1, 80, 1000),), ['mel']),
        'crnn': (CRNN, (torch.randn(1, 1, 32, 320),), ['line']),
        'text_detector': (TextDetector, (page,), ['page']),
    }


def main(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(20241108)
    known = networks()
    for name in names or known:
        if name not in known:
            sys.exit(f'{name}: expected one of {", ".join(known)}')
        torch.manual_seed(20241108)
        make, inputs, input_names = known[name]
        export(folder, name, make(), inputs, input_names)


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
