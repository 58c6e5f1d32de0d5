"""Eight well-known encoders, written down here in PyTorch for bench_models.py."""
import math

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


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first, self.second = convolution(inputs, outputs, 3, stride), convolution(outputs, outputs, 3, activate=False)
        self.shortcut = nn.Identity() if stride == 1 and inputs == outputs else convolution(inputs, outputs, 1, stride, activate=False)

    def forward(self, x):
        return (self.second(self.first(x)) + self.shortcut(x)).relu()


class ResNet18(nn.Module):
    """He et al., Deep residual learning, table 1; 224 x 224."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(convolution(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1))
        stages, width = [], 64
        for outputs in (64, 128, 256, 512):
            stages += [BasicBlock(width, outputs, 1 if outputs == 64 else 2), BasicBlock(outputs, outputs, 1)]
            width = outputs
        self.stages, self.head = nn.Sequential(*stages), nn.Linear(512, 1000)

    def forward(self, image):
        return self.head(self.stages(self.stem(image)).mean([2, 3]))


class ConvNeXtBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.depthwise, self.norm = nn.Conv2d(width, width, 7, padding=3, groups=width), nn.LayerNorm(width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.scale = nn.Parameter(torch.full((width,), 0.3))

    def forward(self, x):
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.scale * self.narrow(nn.functional.gelu(self.wide(y)))
        return x + y.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    """Liu et al., A ConvNet for the 2020s, in the size that timm calls atto: widths 40 to 320, 12 blocks; 224 x 224."""

    def __init__(self, widths=(40, 80, 160, 320), depths=(2, 2, 6, 2)):
        super().__init__()
        layers, before = [], 3
        for width, depth in zip(widths, depths):
            size = 4 if before == 3 else 2
            layers += [nn.Conv2d(before, width, size, size), *(ConvNeXtBlock(width) for _ in range(depth))]
            before = width
        self.layers, self.norm, self.head = nn.Sequential(*layers), nn.LayerNorm(before), nn.Linear(before, 1000)

    def forward(self, image):
        return self.head(self.norm(self.layers(image).mean([2, 3])))


class WhisperEncoder(nn.Module):
    """Radford et al., Robust speech recognition, the encoder in the size tiny: [1, 80, frames] log-mel, 10 ms a frame."""

    def __init__(self, width=384, depth=4, heads=6, frames=1000):
        super().__init__()
        self.first, self.second = nn.Conv1d(80, width, 3, padding=1), nn.Conv1d(width, width, 3, 2, padding=1)
        rates = torch.exp(-math.log(10000) / (width // 2 - 1) * torch.arange(width // 2))
        angles = torch.arange(frames // 2)[:, None] * rates
        self.register_buffer('places', torch.cat([angles.sin(), angles.cos()], 1))
        self.blocks, self.norm = nn.ModuleList(Block(width, heads, True) for _ in range(depth)), nn.LayerNorm(width)

    def forward(self, mel):
        x = nn.functional.gelu(self.second(nn.functional.gelu(self.first(mel)))).transpose(1, 2) + self.places
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class CRNN(nn.Module):
    """Shi et al., An end-to-end trainable network for image-based sequence recognition: lines 32 high."""

    def __init__(self, classes=97):
        super().__init__()
        pool = lambda height, width: nn.MaxPool2d((height, width), (height, width))
        self.layers = nn.Sequential(
            convolution(1, 64, 3), pool(2, 2), convolution(64, 128, 3), pool(2, 2), convolution(128, 256, 3), convolution(256, 256, 3), pool(2, 1),
            convolution(256, 512, 3), convolution(512, 512, 3), pool(2, 1), nn.Conv2d(512, 512, (2, 1)), nn.BatchNorm2d(512), nn.ReLU())
        self.lstm = nn.LSTM(512, 256, 2, bidirectional=True)
        self.head = nn.Linear(512, classes)

    def forward(self, line):
        x = self.layers(line).squeeze(2).permute(2, 0, 1)
        return self.head(self.lstm(x)[0]).log_softmax(-1)


class TextDetector(nn.Module):
    """After Liao et al., Real-time scene text detection with differentiable binarization: MobileNetV2's features, a pyramid, a map."""

    def __init__(self, width=64):
        super().__init__()
        layers = MobileNetV2().features
        self.parts = nn.ModuleList([layers[:4], layers[4:7], layers[7:14], layers[14:18]])
        self.laterals = nn.ModuleList(nn.Conv2d(inputs, width, 1) for inputs in (24, 32, 96, 320))
        self.smooths = nn.ModuleList(convolution(width, width // 4, 3) for _ in range(4))
        self.head = nn.Sequential(convolution(width, width // 4, 3), nn.ConvTranspose2d(width // 4, width // 4, 2, 2), nn.BatchNorm2d(width // 4), nn.ReLU(),
                                  nn.ConvTranspose2d(width // 4, 1, 2, 2), nn.Sigmoid())

    def forward(self, page):
        levels = []
        for part, lateral in zip(self.parts, self.laterals):
            page = part(page)
            levels.append(lateral(page))
        for i in (2, 1, 0):
            levels[i] = levels[i] + nn.functional.interpolate(levels[i + 1], scale_factor=2, mode='nearest')
        smooth = [nn.functional.interpolate(layer(x), scale_factor=2 ** i, mode='nearest') for i, (layer, x) in enumerate(zip(self.smooths, levels))]
        return self.head(torch.cat(smooth, 1))
