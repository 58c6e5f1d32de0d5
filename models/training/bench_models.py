"""Three well-known networks with random weights, for `plait bench` and its comparison with other runtimes.

    /usr/bin/python3 models/training/bench_models.py FOLDER

writes FOLDER/{mobilenet_v2,vit_tiny,bert_mini}.onnx (opset 13) and, beside each, FOLDER/NAME/input_*.npy and output.npy:
what PyTorch answers, for a parity check.  Weights are random with a fixed seed: speed does not depend on them.  They
are scaled so that activations neither vanish nor explode, which would make the comparison of outputs meaningless.
"""
import math
import pathlib
import sys

import numpy as np
import torch
from torch import nn


def convolution(inputs, outputs, kernel, stride=1, groups=1, activate=True):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, nn.ReLU6()) if activate else nn.Sequential(*layers)


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        wide = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        expand = [convolution(inputs, wide, 1)] if expansion != 1 else []
        self.layers = nn.Sequential(*expand, convolution(wide, wide, 3, stride, wide), convolution(wide, outputs, 1, activate=False))

    def forward(self, x):
        return x + self.layers(x) if self.residual else self.layers(x)


class MobileNetV2(nn.Module):
    """Sandler et al., MobileNetV2, table 2; width 1, 224 x 224."""

    STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]

    def __init__(self):
        super().__init__()
        layers, width = [convolution(3, 32, 3, 2)], 32
        for expansion, outputs, count, stride in self.STAGES:
            for i in range(count):
                layers.append(InvertedResidual(width, outputs, stride if i == 0 else 1, expansion))
                width = outputs
        self.features = nn.Sequential(*layers, convolution(width, 1280, 1))
        self.classifier = nn.Linear(1280, 1000)

    def forward(self, image):
        return self.classifier(self.features(image).mean([2, 3]))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def split(self, x):
        return x.view(x.shape[0], -1, self.heads, self.size).transpose(1, 2)

    def forward(self, x, mask=None):
        scores = self.split(self.query(x)) @ self.split(self.key(x)).transpose(-1, -2) / math.sqrt(self.size)
        if mask is not None:
            scores = scores + mask
        mixed = scores.softmax(-1) @ self.split(self.value(x))
        return self.out(mixed.transpose(1, 2).reshape(x.shape))


class Block(nn.Module):
    """A transformer block: normalisation first as in ViT, or last as in BERT."""

    def __init__(self, width, heads, first):
        super().__init__()
        self.first = first
        self.attention = Attention(width, heads)
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def feed(self, x):
        return self.narrow(nn.functional.gelu(self.wide(x)))

    def forward(self, x, mask=None):
        if self.first:
            x = x + self.attention(self.norms[0](x), mask)
            return x + self.feed(self.norms[1](x))
        x = self.norms[0](x + self.attention(x, mask))
        return self.norms[1](x + self.feed(x))


class ViTTiny(nn.Module):
    """Dosovitskiy et al., with DeiT-Ti's sizes: 12 blocks of width 192 with 3 heads, 16 x 16 patches."""

    def __init__(self, width=192, depth=12, heads=3, patches=196):
        super().__init__()
        self.patch = nn.Conv2d(3, width, 16, 16)
        self.first = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.places = nn.Parameter(torch.randn(1, patches + 1, width) * 0.02)
        self.blocks = nn.ModuleList(Block(width, heads, True) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 1000)

    def forward(self, image):
        x = self.patch(image).flatten(2).transpose(1, 2)
        x = torch.cat([self.first.expand(x.shape[0], -1, -1), x], 1) + self.places
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])


class BertMini(nn.Module):
    """Turc et al., Well-read students: 4 blocks of width 256 with 4 heads."""

    def __init__(self, words=30522, width=256, depth=4, heads=4, most=512):
        super().__init__()
        self.words, self.places, self.kinds = nn.Embedding(words, width), nn.Embedding(most, width), nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(Block(width, heads, False) for _ in range(depth))

    def forward(self, input_ids, attention_mask):
        places = torch.arange(input_ids.shape[1])
        x = self.norm(self.words(input_ids) + self.places(places) + self.kinds(torch.zeros_like(places)))
        mask = (1.0 - attention_mask[:, None, None, :].float()) * -10000.0
        for block in self.blocks:
            x = block(x, mask)
        return x


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


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(20241108)
    image = torch.randn(1, 3, 224, 224)
    export(folder, 'mobilenet_v2', MobileNetV2(), (image,), ['image'])
    export(folder, 'vit_tiny', ViTTiny(), (image,), ['image'])
    ids = torch.randint(0, 30522, (1, 128))
    mask = (torch.arange(128)[None] < 100).long()
    export(folder, 'bert_mini', BertMini(), (ids, mask), ['input_ids', 'attention_mask'])


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
