"""Encoders: a picture of a digit or a second of sound becomes an embedding [64], and ten logits by itself.

usage: digits_encoders.py image|audio OUT.pt --pool FOLDER [--data D] [--without SPEAKER] [--epochs N] [--seed 1]
       digits_encoders.py pool FOLDER [--data D]         makes the voices that audio is trained on

Goes on from OUT.pt.part when it was interrupted.
"""
import argparse
import os
import pathlib
import time

import numpy as np
import onnx.numpy_helper
import torch
from torch import nn
from torch.nn import functional as F

import digits_data
import digits_sound
import half

WIDTH = 64  # of an embedding
os.environ.setdefault('OMP_NUM_THREADS', '1')


def convolution(inputs, outputs, size=3, stride=1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


def along(inputs, outputs):
    """A convolution of three along time: [n, inputs, frames, 1]."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, (3, 1), padding=(1, 0), bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class Image(nn.Module):
    """[n, 1, 28, 28] in 0..1 to [n, WIDTH]."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(convolution(1, 24, 5, 2), convolution(24, 48), nn.MaxPool2d(2), convolution(48, 64),
                                  nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(64 * 9, WIDTH), nn.ReLU())
        self.head = nn.Linear(WIDTH, 10)

    def forward(self, x):
        return self.body(torch.where(x.mean((1, 2, 3), keepdim=True) > 0.5, 1 - x, x))  # dark ink on light paper too


class Audio(nn.Module):
    """[n, FRAMES, BANDS] as digits_sound.level gives it to [n, WIDTH]."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(convolution(1, 16, 5, 2), convolution(16, 32, 3, 2), convolution(32, 64, 3, (1, 2)))
        self.time = nn.Sequential(along(64 * 5, 96), nn.Dropout(0.2), along(96, 96), nn.Dropout(0.2))
        self.weight = nn.Conv2d(96, 1, 1)
        self.out = nn.Sequential(nn.Linear(192, WIDTH), nn.ReLU())
        self.head = nn.Linear(WIDTH, 10)

    def forward(self, x):
        x = (x + 0.5).unsqueeze(1)
        x = self.body(x)                       # [n, 64, frames / 4, bands / 8]
        x = self.time(x.permute(0, 1, 3, 2).flatten(1, 2).unsqueeze(3))
        share = torch.softmax(self.weight(x), 2)
        return self.out(torch.cat([(x * share).sum((2, 3)), x.amax((2, 3))], 1))


class Hearing(nn.Module):
    """A network that hears as the C core asks it: log-mel as it is, [1, 1, frames, bands]."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(digits_sound.level(x[:, 0]))


class Pictures:
    """Batches of pictures, moved and turned; a part of them made bad.  Those whose energy is taken stay in their place, as the components
    are those of pictures in their place."""

    COMPONENTS, SHARES = (2, 3, 4, 5, 6, 8, 12, 20), (.05, .42, .28, .08, .05, .05, .04, .03)

    def __init__(self, data, random):
        self.pictures, self.labels = digits_data.images(data, 'train')
        self.energy = digits_data.Energy(self.pictures)
        self.random = random

    def batches(self, size):
        order = self.random.permutation(len(self.pictures))
        for at in range(0, len(order) - size + 1, size):
            chosen = order[at:at + size]
            plain = self.pictures[chosen]
            x = self.moved(torch.from_numpy(plain)[:, None])[:, 0].numpy()
            yield torch.from_numpy(self.bad(x, plain)[:, None]), torch.from_numpy(self.labels[chosen])

    def moved(self, x):
        n, r = len(x), self.random
        angle, size, lean = r.normal(0, 0.13, n), r.normal(1, 0.08, n), r.normal(0, 0.13, n)
        turn = np.zeros((n, 2, 3), np.float32)
        turn[:, 0, 0], turn[:, 0, 1] = np.cos(angle) * size, -np.sin(angle) * size + lean
        turn[:, 1, 0], turn[:, 1, 1] = np.sin(angle) * size, np.cos(angle) * size
        turn[:, :, 2] = r.normal(0, 0.06, (n, 2))
        return F.grid_sample(x, F.affine_grid(torch.from_numpy(turn), x.shape, align_corners=False), align_corners=False)

    def bad(self, x, plain):
        r, kind = self.random, self.random.random(len(x))
        share = lambda low, high: np.where((kind >= low) & (kind < high))[0]
        few = share(0, 0.35)
        components = r.choice(self.COMPONENTS, len(few), p=self.SHARES)
        for c in np.unique(components): x[few[components == c]] = self.energy.take(plain[few[components == c]], c)
        faint, grain, holes = share(0.35, 0.45), share(0.43, 0.53), share(0.53, 0.57)
        x[faint] *= r.uniform(0.2, 0.8, (len(faint), 1, 1)).astype(np.float32)
        x[grain] = np.clip(x[grain] + r.normal(0, 1, (len(grain), 28, 28)) * r.uniform(0, 0.5, (len(grain), 1, 1)), 0, 1)
        x[holes] *= r.random((len(holes), 28, 28)) < r.uniform(0.2, 0.6, (len(holes), 1, 1))
        return x


VARIANTS = 40  # voices that every recording is heard in


def variant(data, pool, number):
    """POOL/NUMBER.npy: [recordings, FRAMES, BANDS] f16, all training recordings in other voices, rooms and noise."""
    path = pathlib.Path(pool) / ('%02d.npy' % number)
    if path.exists(): return
    random = np.random.default_rng(1000 + number)
    waves = [r[0] for r in digits_data.recordings(data, 'train')]
    made = [digits_sound.augment(random, waves[at:at + 100]).half().numpy() for at in range(0, len(waves), 100)]
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix('.part.npy')
    np.save(part, np.concatenate(made))
    part.rename(path)


def make_pool(data, pool):
    for number in range(VARIANTS):
        variant(data, pool, number)
        print('pool: %d of %d' % (number + 1, VARIANTS), flush=True)


class Sounds:
    """Batches of voices from the pool; an epoch has one variant of each recording, with a few frames and bands missing."""

    def __init__(self, data, random, pool, without=None):
        listed = digits_data.recordings(data, 'train')
        self.kept = np.array([i for i, r in enumerate(listed) if r[2] != without])
        self.labels, self.random = np.array([listed[i][1] for i in self.kept]), random
        self.pool = [np.load(pathlib.Path(pool) / ('%02d.npy' % n), mmap_mode='r') for n in range(VARIANTS)]

    def batches(self, size):
        order = self.random.permutation(len(self.kept))
        for at in range(0, len(order) - size + 1, size):
            chosen = order[at:at + size]
            of = self.random.integers(0, VARIANTS, size)
            x = torch.from_numpy(np.stack([self.pool[v][i] for v, i in zip(of, self.kept[chosen])])).float()
            yield digits_sound.mask(self.random, x), torch.from_numpy(self.labels[chosen])


def accuracy(model, inputs, labels):
    model.eval()
    with torch.no_grad():
        found = torch.cat([model.head(model(x)).argmax(1) for x in inputs.split(256)])
    model.train()
    return (found.numpy() == labels).mean()


def checks(kind, data, without):
    """Named inputs and labels that training is watched with."""
    if kind == 'image':
        pictures, labels = digits_data.images(data, 'dev')
        energy = digits_data.Energy(digits_data.images(data, 'train')[0])
        quarter = energy.take(pictures, energy.components(0.25))
        return {'clean': (torch.from_numpy(pictures)[:, None], labels), 'quarter': (torch.from_numpy(quarter)[:, None], labels)}
    random = np.random.default_rng(5)
    named = {'known': [r for r in digits_data.recordings(data, 'dev') if r[2] != without]}
    if without: named['new'] = [r for p in ('train', 'dev') for r in digits_data.recordings(data, p) if r[2] == without]
    out = {}
    for name, found in named.items():
        labels = np.array([r[1] for r in found])
        out[name] = digits_sound.plain([r[0] for r in found]), labels
        out[name + ' 0 dB'] = digits_sound.plain([digits_data.noisy(r[0], 0, random) for r in found]), labels
    return out


SMOOTHING = {'image': 0.0, 'audio': 0.05}  # few voices, many pictures


def train(kind, out, data, pool=None, without=None, epochs=60, seed=1, batch=64, rate=3e-3):
    out, part = pathlib.Path(out), pathlib.Path(str(out) + '.part')
    torch.set_num_threads(int(os.environ['OMP_NUM_THREADS']))
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    model = Image() if kind == 'image' else Audio()
    source = Pictures(data, random) if kind == 'image' else Sounds(data, random, pool, without)
    watched = checks(kind, data, without)
    optimiser = torch.optim.AdamW(model.parameters(), rate, weight_decay=0.02)
    steps = epochs * (len(source.labels) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, steps, pct_start=0.15)
    first = 0
    if part.exists():
        saved = torch.load(part)
        model.load_state_dict(saved['model']), optimiser.load_state_dict(saved['optimiser']), schedule.load_state_dict(saved['schedule'])
        first, random.bit_generator.state = saved['epoch'], saved['random']
    print('%s: %d parameters, %d examples' % (kind, sum(p.numel() for p in model.parameters()), len(source.labels)), flush=True)
    start = time.time()
    for epoch in range(first, epochs):
        loss_sum = 0.0
        for x, y in source.batches(batch):
            loss = F.cross_entropy(model.head(model(x)), y, label_smoothing=SMOOTHING[kind])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5)
            optimiser.step()
            schedule.step()
            loss_sum += loss.item()
        if epoch % 5 == 4 or epoch == epochs - 1:
            seen = ', '.join('%s %.4f' % (n, accuracy(model, *c)) for n, c in watched.items())
            print('%s%s: epoch %d of %d, loss %.4f, %s, %d s' % (kind, ' without ' + without if without else '', epoch + 1, epochs,
                  loss_sum / (len(source.labels) // batch), seen, time.time() - start), flush=True)
        torch.save({'model': model.state_dict(), 'optimiser': optimiser.state_dict(), 'schedule': schedule.state_dict(),
                    'epoch': epoch + 1, 'random': random.bit_generator.state}, part)
    torch.save(model.state_dict(), out)
    part.unlink()


def load(kind, path):
    model = Image() if kind == 'image' else Audio()
    model.load_state_dict(torch.load(path))
    return model.eval()


def from_package(path):
    """The audio encoder of a package (audio.onnx), its normalisations in its convolutions; the head is not in it."""
    model = Audio().eval()
    half.fuse(model)
    stored = {t.name.removesuffix('.half'): onnx.numpy_helper.to_array(t) for t in onnx.load(str(path)).graph.initializer}
    found = {k: torch.from_numpy(stored['inner.' + k].astype(np.float32)) for k in model.state_dict() if not k.startswith('head.')}
    model.load_state_dict({**model.state_dict(), **found})
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('kind', choices=('image', 'audio', 'pool'))
    parser.add_argument('out')
    parser.add_argument('--data', default=str(pathlib.Path(__file__).resolve().parents[3] / 'shared' / 'data'))
    parser.add_argument('--pool')
    parser.add_argument('--without', choices=digits_data.SPEAKERS)
    parser.add_argument('--epochs', type=int, default=60)
    parser.add_argument('--seed', type=int, default=1)
    o = parser.parse_args()
    if o.kind == 'pool':
        torch.set_num_threads(int(os.environ['OMP_NUM_THREADS']))
        return make_pool(o.data, o.out)
    train(o.kind, o.out, o.data, o.pool, o.without, o.epochs, o.seed)


if __name__ == '__main__':
    main()
