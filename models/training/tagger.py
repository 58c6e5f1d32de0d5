"""Trains the field tagger on receipts with weak labels.

usage: tagger.py DATA LIBRARY CHECKPOINT [--epochs N] [--fold K [--by shop | receipt]] [--seed N] [--read FILE]
DATA is ../shared/data/receipts, LIBRARY what tagger_inputs.build() makes.  Resumes from CHECKPOINT when it is there.  With --fold
that third of train's shops, or of its receipts, is left out.  With --read (documents of `plait read --lines` over
train) a third of the pages are taken as the recogniser read them."""
import argparse, os, sys, time
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import folds, tagger_augment, tagger_data, tagger_inputs
from tagger_data import FIELDS, SPANS
from tagger_dates import day
from tagger_model import LAYERS, SENSES, Tagger

# What the fusion says of a word, as logits: it belongs to the field; it is misread; a span begins or ends with it.
OUTPUTS = list(FIELDS) + ['misread'] + [f + end for f in SPANS for end in ('.first', '.last')]
MISREAD = OUTPUTS.index('misread')
KIND = {'total': 1, 'date': 2}

def grey(path): return np.array(Image.open(path).convert('L'))

def load(lib, folder, pixels=True):
    return tagger_data.load(folder, day, lambda texts, polygons: tagger_inputs.Inputs(lib, texts, polygons), grey if pixels else None)

class Sample:
    """A page as arrays, with its targets."""
    def __init__(self, lib, page, rng, with_pictures=True):
        texts = [' '.join(w[0] for w in l.words) for l in page.lines]
        x = tagger_inputs.Inputs(lib, texts, [l.polygon for l in page.lines])
        self.x, self.page = x, page
        split = [[w for w in l.words if w[0]] for l in page.lines]
        self.words = [split[p[0]][p[1]] for p in x.places]
        self.count = len(self.words)
        self.target = np.zeros((self.count, MISREAD + 1), np.float32)
        for i, w in enumerate(self.words):
            for k, f in enumerate(FIELDS): self.target[i, k] = f in w[1]
            self.target[i, MISREAD] = w[2]
        self.pictures = None
        if with_pictures and page.grey is not None:
            places = x.polygons
            originals = [l.picture for l in page.lines]
            if any(o is not l.polygon for o, l in zip(originals, page.lines)):  # moved: cut where it was
                places = np.array([within(page.lines[p[0]], q) for p, q in zip(x.places, x.polygons)], np.float32)
            self.pictures = tagger_inputs.pictures(lib, page.grey, places + rng.normal(0, 0.7, (len(places), 1, 2)).astype(np.float32))

def within(line, polygon):
    """The word's place in the line, carried over to where the line is in the picture."""
    p, q = line.polygon, np.asarray(line.picture, np.float32)
    d = p[1] - p[0]
    a, b = (np.dot(polygon[0] - p[0], d) / max(np.dot(d, d), 1e-6), np.dot(polygon[1] - p[0], d) / max(np.dot(d, d), 1e-6))
    return np.array([q[0] + (q[1] - q[0]) * a, q[0] + (q[1] - q[0]) * b, q[3] + (q[2] - q[3]) * b, q[3] + (q[2] - q[3]) * a], np.float32)

def batch_of(samples, rng, training):
    """Arrays padded to the longest page, and the senses present."""
    n, b = max(s.count for s in samples), len(samples)
    def stack(get, shape):
        out = np.zeros((b, n) + shape, np.float32)
        for i, s in enumerate(samples):
            v = get(s)
            if v is not None: out[i, :s.count] = v
        return torch.from_numpy(out.reshape((b * n,) + shape))
    first = samples[0].x
    characters = stack(lambda s: s.x.characters[:, :, None], (first.characters.shape[1], 1, first.characters.shape[2]))
    text, layout = stack(lambda s: s.x.text, first.text.shape[1:]), stack(lambda s: s.x.layout, first.layout.shape[1:])
    pictures = stack(lambda s: s.pictures, (1,) + tagger_inputs.PICTURE)
    present, absent = np.ones((b, 1, SENSES), np.float32), np.zeros((b, 1, 1, n), np.float32)
    for i, s in enumerate(samples):
        if s.pictures is None: present[i, 0, 2] = 0
        if training and rng.random() < 0.6:
            keep = rng.integers(1, 8)
            drop = [not keep >> m & 1 for m in range(SENSES)]
            if not all(drop[m] or present[i, 0, m] == 0 for m in range(SENSES)): present[i, 0, drop] = 0
        absent[i, 0, 0, s.count:] = -30
    if training:                                                           # print fades, and scanners differ
        pictures = pictures * float(np.exp(rng.normal(0, 0.2))) + float(rng.normal(0, 0.1))
    return characters, text, layout, pictures, torch.from_numpy(present), torch.from_numpy(absent)

def runs_of(marked):
    """The stretches [first, last] of marked words; one missing word does not part them, and only whole ones count."""
    runs = []
    for i in np.flatnonzero(marked):
        if runs and i - runs[-1][1] <= 2: runs[-1][1] = i
        else: runs.append([i, i])
    longest = max((b - a + 1 for a, b in runs), default=0)
    return [(a, b) for a, b in runs if b - a + 1 >= 0.6 * longest]

def span_loss(inside, first, last, runs):
    """Of all stretches of words, and none, how probable are the right ones?  A stretch weighs the exponential of the sum of its
    words' logits and of those of its two ends."""
    sums = torch.cat([inside.new_zeros(1), inside.cumsum(0)])
    scores = (sums[1:] + last)[None, :] + (first - sums[:-1])[:, None]     # [first word, last word]
    every = torch.cat([scores[torch.triu(torch.ones_like(scores, dtype=torch.bool))], scores.new_zeros(1)])
    right = torch.stack([scores[a, b] for a, b in runs]) if runs else scores.new_zeros(1)
    return torch.logsumexp(every, 0) - torch.logsumexp(right, 0)

def loss_of(logits, samples):
    """Choices: the probability of all candidates that are right, among all there are and none.  Spans likewise, and each word by
    itself for a beginning."""
    total = 0
    for i, s in enumerate(samples):
        z, t = logits[i, :s.count], torch.from_numpy(s.target)
        for k, f in enumerate(FIELDS):
            if not s.page.known[f]: continue
            if f in SPANS:
                total = total + F.binary_cross_entropy_with_logits(z[:, k], t[:, k], reduction='sum') / 40
                at = OUTPUTS.index(f + '.first')
                total = total + span_loss(z[:, k], z[:, at], z[:, at + 1], runs_of(s.target[:, k]))
                continue
            scores, right = [z.new_zeros(1)], [s.page.fields[f] is None]
            for c in s.x.candidates:
                if c[0] != KIND[f]: continue
                scores.append(z[c[1]:c[1] + c[2], k].mean().reshape(1))
                right.append(bool(s.target[c[1]:c[1] + c[2], k].any()))
            scores, right = torch.cat(scores), torch.tensor(right)
            if not right.any(): right[0] = True                            # lost on the way: none is the answer
            total = total + torch.logsumexp(scores, 0) - torch.logsumexp(scores[right], 0)
        total = total + F.binary_cross_entropy_with_logits(z[:, MISREAD], t[:, MISREAD], reduction='sum') / 40
    return total / len(samples)

def batches_of(pages, rng, size):
    """Pages in random order, those of about the same length together so that little is padded."""
    order, batches = rng.permutation(len(pages)), []
    for at in range(0, len(order), 8 * size):
        near = sorted(order[at:at + 8 * size], key=lambda i: sum(len(l.words) for l in pages[i].lines))
        batches += [near[i:i + size] for i in range(0, len(near), size)]
    rng.shuffle(batches)
    return batches

def new_model(lib, layers=LAYERS):
    return Tagger(len(tagger_inputs.ALPHABET), tagger_inputs.LENGTH, lib.inputs_text_features(), lib.inputs_layout_features(), len(OUTPUTS), layers)

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('data'); p.add_argument('library'); p.add_argument('checkpoint')
    p.add_argument('--epochs', type=int, default=60); p.add_argument('--fold', type=int); p.add_argument('--by', choices=('shop', 'receipt'), default='shop'); p.add_argument('--seed', type=int, default=1)
    p.add_argument('--batch', type=int, default=8); p.add_argument('--threads', type=int, default=len(os.sched_getaffinity(0))); p.add_argument('--rate', type=float, default=2e-3)
    p.add_argument('--strength', type=float, default=1.0); p.add_argument('--torn', type=float, default=0.15, help='share of pages of which a part is gone'); p.add_argument('--read')
    p.add_argument('--layers', type=int, default=LAYERS, help='blocks of the fusion; the package has the default')
    a = p.parse_args()
    torch.manual_seed(a.seed); torch.set_num_threads(a.threads)
    lib = tagger_inputs.open_library(a.library)
    pages = load(lib, os.path.join(a.data, 'train'))
    if a.fold is not None:
        fold_of = {'shop': folds.by_shop, 'receipt': folds.by_receipt}[a.by](os.path.join(a.data, 'train'))
        pages = [q for q in pages if fold_of[q.name] != a.fold]
    documents = tagger_data.read_documents(a.read)
    read = {q.name: tagger_data.read_version(q, documents[q.name]) for q in pages if q.name in documents}
    words = tagger_augment.Words(re_split(w[0].upper()) for q in pages for l in q.lines for w in l.words)
    model = new_model(lib, a.layers)
    average = new_model(lib, a.layers); average.load_state_dict(model.state_dict())
    optimiser = torch.optim.AdamW(model.parameters(), lr=a.rate, weight_decay=0.02, betas=(0.9, 0.98))
    steps_each = len(batches_of(pages, np.random.default_rng(0), a.batch))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, a.rate, total_steps=a.epochs * steps_each, pct_start=0.1)
    first = 0
    if os.path.exists(a.checkpoint):
        state = torch.load(a.checkpoint)
        model.load_state_dict(state['model']); average.load_state_dict(state['average'])
        optimiser.load_state_dict(state['optimiser']); first = state['epoch']
        for _ in range(first * steps_each): schedule.step()
    print('%d pages, %d parameters' % (len(pages), sum(q.numel() for q in model.parameters())), flush=True)
    for epoch in range(first, a.epochs):
        rng, start, sum_loss = np.random.default_rng([a.seed, epoch]), time.time(), 0.0
        batches = batches_of(pages, rng, a.batch)
        model.train()
        for at, batch in enumerate(batches):
            samples = []
            for i in batch:
                page = read[pages[i].name] if pages[i].name in read and rng.random() < 0.35 else pages[i]
                page, true_picture = tagger_augment.augment(page, pages, rng, words, a.strength, a.torn)
                samples.append(Sample(lib, page, rng, true_picture or rng.random() < 0.2))
            inputs = batch_of(samples, rng, True)
            loss = loss_of(model(*inputs), samples)
            optimiser.zero_grad(); loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step(); schedule.step()
            sum_loss += loss.item() * len(samples)
            with torch.no_grad():
                keep = min(0.998, (1 + epoch * steps_each + at) / (10 + epoch * steps_each + at))
                for m, v in zip(average.parameters(), model.parameters()): m.lerp_(v, 1 - keep)
        print('epoch %d loss %.4f %.0f s' % (epoch + 1, sum_loss / len(pages), time.time() - start), flush=True)
        torch.save({'model': model.state_dict(), 'average': average.state_dict(), 'optimiser': optimiser.state_dict(), 'epoch': epoch + 1}, a.checkpoint + '.new')
        os.replace(a.checkpoint + '.new', a.checkpoint)

def re_split(word): return ''.join(c for c in word if 'A' <= c <= 'Z')

if __name__ == '__main__': main()
