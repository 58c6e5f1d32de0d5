"""The text-line recogniser: a depthwise-separable convolution network with CTC, 32-row crops, a step every 4 columns.

usage: recogniser.py train RUN --steps 9000 [--from RUN.pt | MODEL.onnx] [--lines FOLDER ...] [--rate 3e-3] [--fold K]
       recogniser.py check RUN.pt [--cache CROPS]         character errors on a cache of crops, without case
       recogniser.py export RUN.pt MODEL.onnx GOLDEN_FOLDER

`train` wants caches: crops.py's of the real receipts (beside RUN: crops-train-0 and on, a fold each, and crops-dev) and synthesis.py's.
It writes RUN.pt every few minutes and goes on from it when it is there. With --fold the shops of that fold are left out, and measured in
dev's place: for choices. Real transcripts are all capitals whatever is printed: for them the probabilities
of a letter's forms are summed before the loss, so that case is learned from the synthetic lines alone.
"""
import argparse
import os
import pathlib
import time

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import charset
import crops
import folds
import half
import weights


def convolution(inputs, outputs, kernel, stride=1, groups=1):
    padding = tuple((k - 1) // 2 for k in kernel) if isinstance(kernel, tuple) else (kernel - 1) // 2
    return [nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False), nn.BatchNorm2d(outputs)]


class Separable(nn.Module):
    """Depthwise then pointwise, with a shortcut where the shape allows one."""

    def __init__(self, inputs, outputs, kernel=3, stride=1):
        super().__init__()
        self.body = nn.Sequential(*convolution(inputs, inputs, kernel, stride, groups=inputs), nn.Hardswish(),
                                  *convolution(inputs, outputs, 1), nn.Hardswish())
        self.shortcut = inputs == outputs and stride == 1

    def forward(self, x):
        return x + self.body(x) if self.shortcut else self.body(x)


class Recogniser(nn.Module):
    def __init__(self, classes=charset.CLASSES, context=3):
        super().__init__()
        self.features = nn.Sequential(
            *convolution(1, 32, 3, 2), nn.Hardswish(),                                               # 16 rows, W/2
            Separable(32, 64),
            Separable(64, 96, stride=2), Separable(96, 96), Separable(96, 96),                       # 8 rows, W/4
            Separable(96, 160, stride=(2, 1)), Separable(160, 160, (3, 5)), Separable(160, 160, (3, 5)),
            Separable(160, 256, stride=(2, 1)), Separable(256, 256, (1, 7)),                         # 2 rows
            *convolution(256, 256, 1), nn.Hardswish())
        self.collapse = nn.Sequential(nn.Conv2d(256, 256, (2, 1), groups=256, bias=False), nn.BatchNorm2d(256), nn.Hardswish())
        self.context = nn.Sequential(*(Separable(256, 256, (1, 9)) for _ in range(context)))
        self.head = nn.Conv2d(256, classes, 1)

    def forward(self, x):
        x = self.head(self.context(self.collapse(self.features(x))))
        return x.squeeze(2).transpose(1, 2)  # [N, W/4, classes]


# ---------------------------------------------------------------- batches

class Pool:
    """Caches of crops drawn from together, in batches of similar width."""

    def __init__(self, caches, seed):
        self.caches = caches                                   # [(cache, share of the batch, folded)]
        self.rng = np.random.default_rng(seed)
        self.columns = [c.columns() for c, _, _ in caches]
        self.targets = [[charset.encode(folded_text(t, fold)) for t in c.texts] for c, _, fold in caches]

    def batches(self, size):
        """Endless (crops, targets, folded) of `size` lines; eight batches are drawn at a time and sorted by width."""
        while True:
            drawn = []
            for k, (cache, share, folded) in enumerate(self.caches):
                for i in self.rng.integers(len(cache), size=int(round(share * size * 8))):
                    if self.columns[k][i] < 1100 and self.targets[k][i]:
                        drawn.append((self.columns[k][i], k, int(i)))
            drawn.sort()
            groups = [drawn[i:i + size] for i in range(0, len(drawn), size)]
            for g in self.rng.permutation(len(groups)):
                group = groups[g]
                pictures = [self.jittered(self.caches[k][0], i) for _, k, i in group]
                yield pictures, [self.targets[k][i] for _, k, i in group], [self.caches[k][2] for _, k, i in group]

    def jittered(self, cache, i):
        rng = self.rng
        x0, y0, x1, y1 = cache.boxes[i]
        tall = y1 - y0
        box = np.array([x0, y0, x1, y1]) + tall * np.concatenate([rng.normal(0, (0.08, 0.05)), rng.normal(0, (0.08, 0.05))]).clip(-0.18, 0.18)
        widen = float(np.exp(rng.normal(0, 0.08)))
        slope = rng.normal(0, 0.004) if rng.random() < 0.5 else 0.0
        crop = crops.stretch(crops.sample(cache.picture(i), box, slope, widen))
        if rng.random() < 0.5:
            crop = spoilt(crop, rng)
        need = 4 * (len(cache.texts[i]) * 5 // 4 + 2)
        if crop.shape[1] < need:
            crop = cv2.resize(crop, (need, crops.HEIGHT))
        return crop


def spoilt(crop, rng):
    """Contrast, gamma, blur, noise."""
    values = crop.astype(np.float32) / 255
    if rng.random() < 0.5:
        values = values ** np.exp(rng.normal(0, 0.4))
    if rng.random() < 0.5:
        low = rng.uniform(0, 0.45)
        values = low + values * (rng.uniform(0.65, 1) - low)
    if rng.random() < 0.3:
        values = cv2.GaussianBlur(values, (0, 0), rng.uniform(0.3, 1.1))
    if rng.random() < 0.4:
        values = values + rng.normal(0, rng.uniform(0.01, 0.08), values.shape)
    return (np.clip(values, 0, 1) * 255).astype(np.uint8)


def folded_text(text, fold):
    return ''.join(charset.folded(c) for c in text) if fold else text


def inputs_of(pictures):
    return torch.from_numpy(crops.pack(pictures)).to(memory_format=torch.channels_last)


def batch_loss(model, pictures, targets, folded, matrix):
    logits = model(inputs_of(pictures))
    log = F.log_softmax(logits, 2)
    folded = torch.tensor(folded)
    if folded.any():
        summed = (log.exp() @ matrix).clamp_min(1e-7).log()
        log = torch.where(folded[:, None, None], summed, log)
    lengths = torch.tensor([(p.shape[1] + 3) // 4 + 1 for p in pictures]).clamp(max=log.shape[1])
    sizes = torch.tensor([len(t) for t in targets])
    flat = torch.tensor([k for t in targets for k in t])
    losses = F.ctc_loss(log.transpose(0, 1), flat, lengths, sizes, reduction='none', zero_infinity=True)
    return (losses / sizes.clamp_min(3)).mean()


# ---------------------------------------------------------------- measuring

def greedy(logits, columns):
    """Text of one line's [T, classes] logits."""
    best = logits[:(columns + 3) // 4 + 1].argmax(1)
    kept = [k for k, before in zip(best, np.concatenate([[0], best[:-1]])) if k and k != before]
    return charset.decode(kept)


def distance(a, b):
    before = list(range(len(b) + 1))
    for i, x in enumerate(a):
        row = [i + 1]
        for j, y in enumerate(b):
            row.append(min(row[-1] + 1, before[j + 1] + 1, before[j] + (x != y)))
        before = row
    return before[-1]


def read(model, pictures, size=48):
    """Texts of crops, in batches of similar width."""
    model.eval()
    order = np.argsort([p.shape[1] for p in pictures], kind='stable')
    texts = [''] * len(pictures)
    with torch.no_grad():
        for at in range(0, len(order), size):
            part = order[at:at + size]
            logits = model(inputs_of([pictures[i] for i in part])).numpy()
            for row, i in zip(logits, part):
                texts[i] = greedy(row, pictures[i].shape[1])
    return texts


def check(model, cache, folded, most=1200, show=0):
    """(character error rate, share of whole lines right) on every n-th crop."""
    chosen = range(0, len(cache), max(1, len(cache) // most))
    texts = read(model, [crops.stretch(crops.sample(cache.picture(i), cache.boxes[i])) for i in chosen])
    edits = characters = right = 0
    for i, said in zip(chosen, texts):
        truth = folded_text(' '.join(cache.texts[i].split()), folded)
        said = folded_text(' '.join(said.split()), folded)
        d = distance(truth, said)
        edits, characters, right = edits + d, characters + len(truth), right + (d == 0)
        if d and show:
            print(f'  {truth}\n  {said}\n')
            show -= 1
    return edits / characters, right / len(chosen)


# ---------------------------------------------------------------- training

class Pace:
    """Things done a second since this was last asked."""

    def __init__(self):
        self.last = time.time()

    def of(self, count):
        before, self.last = self.last, time.time()
        return count / max(1e-3, self.last - before)


def train(options):
    run = pathlib.Path(options.run)
    torch.manual_seed(options.seed)
    model = Recogniser(context=options.context).to(memory_format=torch.channels_last)
    decay = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() == 1]
    optimiser = torch.optim.AdamW([{'params': decay, 'weight_decay': 0.02}, {'params': plain, 'weight_decay': 0}], lr=options.rate, betas=(0.9, 0.98))
    steps, state = 0, run.with_suffix('.pt')
    receipts = [crops.Cache(run.parent / f'crops-train-{k}') for k in range(folds.COUNT) if k != options.fold]
    lines = [crops.Cache(f) for f in options.lines]
    real = options.real if lines else 1.0
    if state.exists():
        saved = torch.load(state)
        model.load_state_dict(saved['model']), optimiser.load_state_dict(saved['optimiser'])
        steps = saved['steps']
    share = lambda cache, of: len(cache) / sum(map(len, of))
    pool = Pool([(c, real * share(c, receipts), True) for c in receipts] + [(c, (1 - real) * share(c, lines), False) for c in lines], options.seed + steps)
    if not steps and options.start and options.start.endswith('.onnx'):
        weights.load_export(model, options.start, inputs_of(next(pool.batches(96))[0]))
    elif not steps and options.start:
        model.load_state_dict(torch.load(options.start)['average'])
    average = saved['average'] if steps else {k: v.clone() for k, v in model.state_dict().items()}
    matrix = torch.from_numpy(charset.fold_matrix())
    held = 'dev' if options.fold is None else f'train-{options.fold}'
    held_lines = crops.Cache(run.parent / ('crops-' + held))
    sums, pace = [], Pace()
    model.train()
    for pictures, targets, folded in pool.batches(options.batch):
        if steps >= options.steps:
            return
        warm = min(1.0, (steps + 1) / 150)
        for group in optimiser.param_groups:
            group['lr'] = options.rate * warm * (0.5 + 0.5 * np.cos(np.pi * steps / options.steps)) + 1e-6
        optimiser.zero_grad(set_to_none=True)
        loss = batch_loss(model, pictures, targets, folded, matrix)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimiser.step()
        steps += 1
        keep = min(0.998, steps / (steps + 10))
        for k, v in model.state_dict().items():
            average[k].mul_(keep).add_(v, alpha=1 - keep) if v.is_floating_point() else average[k].copy_(v)
        sums.append(loss.item())
        if steps % 50 == 0:
            print(f'{time.strftime("%H:%M:%S")} step {steps} of {options.steps} loss {np.mean(sums[-50:]):.4f} lines/s {pace.of(50 * options.batch):.0f}', flush=True)
        if steps % 1000 == 0 or steps == options.steps:
            tried = Recogniser(context=options.context).to(memory_format=torch.channels_last)
            tried.load_state_dict(average)
            print('%s, without case: CER %.4f lines right %.4f' % (held, *check(tried, held_lines, True, 1500)), flush=True)
            if lines:
                print('synthetic: CER %.4f lines right %.4f' % check(tried, lines[0], False, 300), flush=True)
            model.train()
        if steps % 200 == 0 or steps == options.steps:
            torch.save({'model': model.state_dict(), 'optimiser': optimiser.state_dict(), 'average': average, 'steps': steps}, str(state) + '.new')
            pathlib.Path(str(state) + '.new').replace(state)


def load(path):
    model = Recogniser()
    model.load_state_dict(torch.load(path)['average'])
    return model.eval()


def export(options):
    model = half.rounded(load(options.run))
    example = torch.from_numpy(np.random.default_rng(5).uniform(-1, 1, (2, 1, crops.HEIGHT, 96)).astype(np.float32))
    torch.onnx.export(model, example, options.model, opset_version=13, input_names=['image'], output_names=['logits'],
                      dynamic_axes={'image': {0: 'lines', 3: 'width'}, 'logits': {0: 'lines', 1: 'steps'}})
    half.store(options.model)
    golden = pathlib.Path(options.golden)
    golden.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        np.save(golden / 'image.npy', example.numpy()), np.save(golden / 'logits.npy', model(example).numpy())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    one = commands.add_parser('train')
    one.add_argument('run')
    one.add_argument('--steps', type=int, default=9000)
    one.add_argument('--from', dest='start')
    one.add_argument('--lines', nargs='*', default=[])
    one.add_argument('--real', type=float, default=0.5, help='share of real crops')
    one.add_argument('--rate', type=float, default=3e-3)
    one.add_argument('--context', type=int, default=3, help='blocks that see along the line; the package has the default')
    one.add_argument('--fold', type=int)
    one.add_argument('--batch', type=int, default=48)
    one.add_argument('--seed', type=int, default=1)
    one.add_argument('--threads', type=int, default=len(os.sched_getaffinity(0)))
    one = commands.add_parser('check')
    one.add_argument('run')
    one.add_argument('--cache', default='runs/crops-dev')
    one.add_argument('--cased', action='store_true')
    one = commands.add_parser('export')
    one.add_argument('run'), one.add_argument('model'), one.add_argument('golden')
    options = parser.parse_args()
    torch.set_num_threads(getattr(options, 'threads', 1))
    cv2.setNumThreads(1)
    if options.command == 'train':
        train(options)
    elif options.command == 'check':
        print('CER %.4f, lines right %.4f' % check(load(options.run), crops.Cache(options.cache), not options.cased, 10 ** 9, show=40))
    else:
        export(options)


if __name__ == '__main__':
    main()
