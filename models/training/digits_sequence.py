"""Digits spoken one after the other: a network with a CTC head (Graves et al., 2006), trained on joined recordings.

usage: digits_sequence.py OUT.pt --encoder AUDIO.pt|audio.onnx [--data D] [--without SPEAKER] [--steps N] [--seed 1]
       digits_sequence.py OUT.pt --report FIGURES.json                 digit error rates on joined recordings of `dev`
       digits_sequence.py OUT.pt --export PACKAGE --golden FOLDER      puts the network and its part of the manifest into a package

The convolutions are those of the digits' audio encoder, with its normalisations in them, and stay as they are: what a digit sounds like was
learned there.  Learned here is where one ends and the next begins, from POOL sequences in altered voices, rooms and noise.  Input: log-mel of any length; output: a frame in four, BLANK and ten digits.
"""
import argparse
import json
import os
import pathlib
import time

os.environ.setdefault('OMP_NUM_THREADS', '1')

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import digits_data
import digits_encoders
import digits_sound
import half
import package
from digits_data import RATE

BLANK, CLASSES = 0, 11  # digit d is class d + 1
BATCH, STEPS, POOL = 16, 500, 60  # POOL: batches of sequences that are made


class Further(nn.Module):
    """A convolution along time with gaps, added to what it is given."""

    def __init__(self, width, gap):
        super().__init__()
        self.inner = nn.Sequential(nn.Conv2d(width, width, (3, 1), padding=(gap, 0), dilation=(gap, 1), bias=False), nn.BatchNorm2d(width), nn.ReLU())

    def forward(self, x):
        return x + self.inner(x)


class Sequence(nn.Module):
    """[n, frames, BANDS] as digits_sound.level gives it to [n, frames / 4, CLASSES] logarithms of probabilities."""

    def __init__(self, width=96):
        super().__init__()
        encoder = digits_encoders.Audio().eval()
        half.fuse(encoder)
        self.body, self.time = encoder.body, encoder.time
        self.further = nn.Sequential(Further(width, 1), Further(width, 2), Further(width, 4), nn.Dropout(0.1), nn.Conv2d(width, CLASSES, 1))

    def features(self, x):
        """[n, width, frames / 4, 1]"""
        x = self.body((x + 0.5).unsqueeze(1))
        return self.time(x.permute(0, 1, 3, 2).flatten(1, 2).unsqueeze(3))

    def say(self, features):
        return F.log_softmax(self.further(features)[:, :, :, 0].transpose(1, 2), 2)

    def forward(self, x):
        return self.say(self.features(x))


def join(random, recordings, count):
    """`count` recordings of one speaker one after the other, with pauses of up to 0.4 s, silence around: samples, spans, digits."""
    waves, digits = [np.zeros(random.integers(0, RATE // 2), np.float32)], []
    for _ in range(count):
        samples, digit = recordings[random.integers(len(recordings))]
        waves += [samples * random.uniform(0.7, 1.3), np.zeros(int(RATE * random.uniform(0.02, 0.4)), np.float32)]
        digits.append(digit)
    return np.concatenate(waves + [np.zeros(random.integers(0, RATE // 2), np.float32)]), digits


def batch(random, voices, size):
    """[size] sequences in altered voices, their digits and how many."""
    names, most = sorted(voices), random.integers(1, 9)
    joined = [join(random, voices[names[random.integers(len(names))]], max(1, most - random.integers(0, 2))) for _ in range(size)]
    speeds = random.uniform(0.8, 1.3, size)
    faster = [np.interp(np.arange(0, len(w) - 1, s), np.arange(len(w)), w).astype(np.float32) for (w, _), s in zip(joined, speeds)]
    length = max(map(len, faster))
    waves = np.zeros((size, length), np.float32)
    for row, wave in zip(waves, faster): row[:len(wave)] = wave
    spans = (waves != 0).astype(np.float32)
    spectra = digits_sound.alter(random, torch.from_numpy(waves), torch.from_numpy(spans), torch.from_numpy(speeds).float())
    return digits_sound.mask(random, spectra), torch.tensor([d + 1 for _, ds in joined for d in ds]), torch.tensor([len(ds) for _, ds in joined])


def heard(log_probabilities):
    """The likeliest path's digits."""
    path = log_probabilities.argmax(1).tolist()
    return [c - 1 for i, c in enumerate(path) if c != BLANK and (i == 0 or c != path[i - 1])]


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1): last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def measure(model, recordings, decibels, seed=7, count=200, digits=(3, 7)):
    """Digit error rate, and share of sequences heard without a mistake, on joined recordings in noise."""
    random = np.random.default_rng(seed)
    voices = by_voice(recordings)
    names, wrong, all_digits, whole = sorted(voices), 0, 0, 0
    model.eval()
    with torch.no_grad():
        for _ in range(count):
            wave, said = join(random, voices[names[random.integers(len(names))]], random.integers(*digits))
            wave = digits_data.noisy(wave, decibels, random)
            found = heard(model(digits_sound.level(digits_sound.log_mel(torch.from_numpy(wave)[None])))[0])
            wrong, all_digits, whole = wrong + distance(found, said), all_digits + len(said), whole + (found == said)
    model.train()
    return wrong / all_digits, whole / count


def by_voice(recordings):
    voices = {}
    for samples, digit, speaker, _ in recordings: voices.setdefault(speaker, []).append((samples, digit))
    return voices


def make_pool(model, voices, folder, count, log):
    """Features of `count` batches of sequences: a file each, so that what was interrupted goes on."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / ('%03d.pt' % number)
        if path.exists(): continue
        x, digits, counts = batch(np.random.default_rng(2000 + number), voices, BATCH)
        with torch.no_grad(): found = model.eval().features(x).half()
        torch.save((found, digits, counts), str(path) + '.part')
        os.replace(str(path) + '.part', path)
        if number % 10 == 9: log('sequence: pool, %d of %d' % (number + 1, count))


def train(out, encoder, data, without=None, steps=STEPS, seed=1, rate=2e-3, pool=POOL, log=lambda line: print(line, flush=True)):
    out = pathlib.Path(out)
    torch.set_num_threads(int(os.environ['OMP_NUM_THREADS']))
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    model = Sequence()
    if str(encoder).endswith('.onnx'):
        begun = digits_encoders.from_package(encoder)
    else:
        half.fuse(begun := digits_encoders.load('audio', encoder))
    model.body.load_state_dict(begun.body.state_dict()), model.time.load_state_dict(begun.time.state_dict())
    make_pool(model, by_voice([r for r in digits_data.recordings(data, 'train') if r[2] != without]), out.with_suffix('.pool'), pool, log)
    batches = [torch.load(out.with_suffix('.pool') / ('%03d.pt' % n)) for n in range(pool)]
    optimiser = torch.optim.AdamW(model.further.parameters(), rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, steps, pct_start=0.15)
    start = time.time()
    model.train()
    for step in range(steps):
        features, digits, counts = batches[random.integers(pool)]
        found = model.say(features.float())
        loss = F.ctc_loss(found.transpose(0, 1), digits, torch.full((len(features),), found.shape[1]), counts, BLANK, zero_infinity=True)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.further.parameters(), 5)
        optimiser.step()
        schedule.step()
        if step % 100 == 99: log('sequence: step %d of %d, loss %.3f, %d s' % (step + 1, steps, loss.item(), time.time() - start))
    torch.save(model.state_dict(), out)
    dev = [r for r in digits_data.recordings(data, 'dev') if not without or r[2] == without]
    log('sequence: %s at 20 dB: digit errors %.3f, whole %.2f' % (('new voice' if without else 'known voices'), *measure(model, dev, 20, count=60)))


def export(path, folder, golden):
    """voice.onnx, the manifest's part, and a small input with PyTorch's output for a test."""
    model = Sequence()
    model.load_state_dict(torch.load(path))
    hearing = digits_encoders.Hearing(half.rounded(model)).eval()
    torch.manual_seed(5)
    sound = -18 * torch.rand(1, 1, 53, digits_sound.BANDS)
    torch.onnx.export(hearing, sound, str(folder / 'voice.onnx'), opset_version=13, input_names=['sound'], output_names=['out'],
                      dynamic_axes={'sound': {2: 'frames'}, 'out': {1: 'steps'}})
    half.store(folder / 'voice.onnx')
    golden.mkdir(parents=True, exist_ok=True)
    np.save(golden / 'sound.npy', sound.numpy())
    np.save(golden / 'out.npy', hearing(sound).detach().numpy())
    package.update(folder, {'voice': {'model': 'voice.onnx', 'field': 'total', **digits_sound.PARAMETERS}})


def report(path, data, out):
    """Digit error rates and shares of sequences without a mistake, in noise, on recordings of `dev`."""
    model = Sequence()
    model.load_state_dict(torch.load(path))
    known = digits_data.recordings(data, 'dev')
    found = {'%d dB' % d: dict(zip(('digit_errors', 'whole'), measure(model, known, d, seed=8))) for d in (30, 20, 10, 0)}
    out.write_text(json.dumps(found, indent=1))
    print('\n'.join('%s: %.2f%% of digits wrong, %.1f%% of sequences whole' % (d, 100 * f['digit_errors'], 100 * f['whole']) for d, f in found.items()), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out')
    parser.add_argument('--encoder')
    parser.add_argument('--export', type=pathlib.Path, metavar='PACKAGE')
    parser.add_argument('--report', type=pathlib.Path, metavar='FIGURES.json')
    parser.add_argument('--golden', type=pathlib.Path)
    parser.add_argument('--data', default=str(pathlib.Path(__file__).resolve().parents[3] / 'shared' / 'data'))
    parser.add_argument('--without', choices=digits_data.SPEAKERS)
    parser.add_argument('--steps', type=int, default=STEPS)
    parser.add_argument('--seed', type=int, default=1)
    o = parser.parse_args()
    if o.export: return export(o.out, o.export, o.golden)
    if o.report: return report(o.out, o.data, o.report)
    if not o.encoder: parser.error('--encoder is needed to train')
    train(o.out, o.encoder, o.data, o.without, o.steps, o.seed)


if __name__ == '__main__':
    main()
