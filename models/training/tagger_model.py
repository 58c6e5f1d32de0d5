"""The tagger's networks: an encoder for each sense, and their fusion."""
import math
import torch
from torch import nn
import torch.nn.functional as F

WIDTH, HEADS, LAYERS, SENSES = 96, 4, 3, 3


class TextEncoder(nn.Module):
    """characters [words, classes, 1, length], features [words, n]  ->  [words, WIDTH].  `there`, in training only, is 0 at the
    padding of short pages: [pages, 1, 1, words]."""
    def __init__(self, classes, length, features):
        super().__init__()
        self.first, self.second = nn.Conv2d(classes, 64, (1, 3), padding=(0, 1)), nn.Conv2d(64, 96, (1, 3), padding=(0, 1))
        self.third = length // 3
        self.join = nn.Linear(96 * 3 + features, WIDTH)
        self.around = nn.ModuleList([nn.Conv2d(WIDTH, WIDTH, (1, 5), padding=(0, 2)) for _ in range(2)])
    def forward(self, characters, features, pages=1, there=None):
        x = F.relu(self.second(F.relu(self.first(characters))))
        x = F.max_pool2d(x, (1, self.third)).flatten(1)                    # what stands at the beginning, in the middle, at the end
        x = F.relu(self.join(torch.cat([x, features], 1)))
        x = x.reshape(pages, -1, 1, WIDTH).permute(0, 3, 2, 1)             # then the words before and after it
        for conv in self.around:
            if there is not None: x = x * there
            x = x + F.relu(conv(x))
        return x.permute(0, 3, 2, 1).reshape(-1, WIDTH)


class LayoutEncoder(nn.Module):
    """features [words, n]  ->  [words, WIDTH]"""
    def __init__(self, features):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, 128), nn.ReLU(), nn.Linear(128, WIDTH), nn.ReLU())
    def forward(self, features): return self.net(features)


class ImageEncoder(nn.Module):
    """pictures [words, 1, 16, 64]  ->  [words, WIDTH]"""
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(1, 12, 3, 2, 1), nn.ReLU(), nn.Conv2d(12, 24, 3, 2, 1), nn.ReLU(), nn.Conv2d(24, 32, 3, 2, 1), nn.ReLU())
        self.join = nn.Linear(32 * 2 * 8, WIDTH)
    def forward(self, pictures): return F.relu(self.join(self.net(pictures).flatten(1)))


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
    def forward(self, x): return self.norm(x)


class Block(nn.Module):
    """Attention among the words of a page."""
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = Norm(), Norm()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)
    def forward(self, x, absent, sets):
        y = self.norm1(x)
        heads = lambda t: t.reshape(sets, -1, HEADS, WIDTH // HEADS).permute(0, 2, 1, 3)
        q, k, v = heads(self.query(y)), heads(self.key(y)), heads(self.value(y))
        weights = torch.matmul(q, k.transpose(2, 3)) * (1 / math.sqrt(WIDTH // HEADS))
        if absent is not None: weights = weights + absent
        y = torch.matmul(torch.softmax(weights, -1), v).permute(0, 2, 1, 3).reshape(sets, -1, WIDTH)
        x = x + self.out(y)
        return x + self.down(F.relu(self.up(self.norm2(x))))


class Fusion(nn.Module):
    """text, layout, image: [1 or sets, words, WIDTH]; present [sets, 1, 3], ones and zeros  ->  logits [sets, words, labels].

    Each word asks the senses that are present (cross-attention, one head for each part of the width), then the words of the
    page attend to each other.  `absent`, in training only, keeps the padding of short pages out: [sets, 1, 1, words]."""
    def __init__(self, labels, layers=LAYERS):
        super().__init__()
        self.keys = nn.ModuleList([nn.Linear(WIDTH, WIDTH) for _ in range(SENSES)])
        self.values = nn.ModuleList([nn.Linear(WIDTH, WIDTH) for _ in range(SENSES)])
        self.query, self.mixed, self.norm = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH), Norm()
        part = torch.zeros(WIDTH, HEADS)
        for i in range(WIDTH): part[i, i * HEADS // WIDTH] = 1
        self.register_buffer('gather', part / math.sqrt(WIDTH // HEADS))
        self.register_buffer('spread', part.t().contiguous())
        self.blocks = nn.ModuleList([Block() for _ in range(layers)])
        self.last, self.labels = Norm(), nn.Linear(WIDTH, labels)
    def forward(self, text, layout, image, present, absent=None, sets=1):
        here = [present[:, :, m:m + 1] for m in range(SENSES)]
        keys = [f(x) * h for f, x, h in zip(self.keys, (text, layout, image), here)]   # an absent sense must not be felt at all
        values = [f(x) * h for f, x, h in zip(self.values, (text, layout, image), here)]
        x = values[0] + values[1] + values[2]
        query = self.query(self.norm(x))
        scores = [torch.matmul(query * k, self.gather) + (h - 1) * 30 for k, h in zip(keys, here)]
        weights = torch.softmax(torch.cat([s.unsqueeze(3) for s in scores], 3), 3)
        mix = sum(torch.matmul(weights[:, :, :, m:m + 1].squeeze(3), self.spread) * values[m] for m in range(SENSES))
        x = x + self.mixed(mix)
        for block in self.blocks: x = block(x, absent, sets)
        return self.labels(self.last(x))


class Tagger(nn.Module):
    def __init__(self, classes, length, text_features, layout_features, labels, layers=LAYERS):
        super().__init__()
        self.text, self.layout, self.image = TextEncoder(classes, length, text_features), LayoutEncoder(layout_features), ImageEncoder()
        self.fusion = Fusion(labels, layers)
    def forward(self, characters, text, layout, pictures, present, absent):
        """A batch of pages of equal padded length: [pages * words, ...]; present [pages, 1, 3]; absent [pages, 1, 1, words]."""
        pages = present.shape[0]
        fold = lambda x: x.reshape(pages, -1, WIDTH)
        seen = present[:, 0, 2] > 0                                        # few augmented pages still have their picture
        image = text.new_zeros(pages, characters.shape[0] // pages, WIDTH)
        if seen.any():
            shown = pictures.reshape(pages, -1, *pictures.shape[1:])[seen]
            image[seen] = self.image(shown.reshape(-1, *pictures.shape[1:])).reshape(len(shown), -1, WIDTH)
        return self.fusion(fold(self.text(characters, text, pages, (absent > -1).float())), fold(self.layout(layout)), image, present, absent, pages)
