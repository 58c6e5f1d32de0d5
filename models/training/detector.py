"""The text-line detector: a small pyramid network on the grey page, a map at stride 4.

usage: detector.py train RUN --steps 8000 [--from RUN.pt | MODEL.onnx] [--pages FOLDER ...] [--fold K] [--data ../shared/data]
       detector.py check RUN.pt [--data ../shared/data] [--side 1600] [--sheet OUT.png]
       detector.py export RUN.pt MODEL.onnx GOLDEN_FOLDER

`train` writes RUN.pt every minute or so and goes on from it when it is there.  With --fold the shops of that fold are left out, and
measured in dev's place: for choices.

Input [1, 1, H, W], H and W multiples of 32.  Output [1, 5, H/4, W/4]; for the cell whose centre is (x, y) in input pixels:
  0    logit of "core": the middle CORE of a line's height, less INSET of the height at both ends
  1 2  distance from y up and down to the line's edges at x, in units of UNIT input pixels (once exported: input pixels)
  3 4  distance from x to the line's left and right end, likewise, meant where it is at most NEAR line heights
How components of the core become quads is `lines_of` here and src/document/detect.c there, step by step the same but for bent lines.
"""
import argparse
import json
import os
import pathlib
import pickle
import time

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import folds
import half
import weights
from recogniser import Pace, convolution

STRIDE, UNIT, WIDTH = 4, 16.0, 64
CORE, INSET, NEAR = 0.5, 0.15, 1.5


class Separable(nn.Module):
    """Depthwise and pointwise with nothing between (Chollet, Xception, 2017): half the memory traffic of the usual block."""

    def __init__(self, inputs, outputs, kernel=3, stride=1):
        super().__init__()
        padding = tuple((k - 1) // 2 for k in kernel) if isinstance(kernel, tuple) else (kernel - 1) // 2
        self.body = nn.Sequential(nn.Conv2d(inputs, inputs, kernel, stride, padding, groups=inputs, bias=False),
                                  *convolution(inputs, outputs, 1), nn.ReLU(inplace=True))
        self.shortcut = inputs == outputs and stride == 1

    def forward(self, x):
        return x + self.body(x) if self.shortcut else self.body(x)


class Detector(nn.Module):
    """Features down to stride 32, joined on the way back up to stride 8, where each place speaks for its 2 x 2 cells: the widest
    maps are never made (Shi et al., Real-Time Single Image Super-Resolution ..., 2016, have the shuffle)."""

    def __init__(self, width=WIDTH):
        super().__init__()
        self.stem = nn.Sequential(*convolution(1, 16, 3, 2), nn.ReLU(inplace=True))
        self.stages = nn.ModuleList([
            nn.Sequential(Separable(16, 40, stride=2), Separable(40, 40)),
            nn.Sequential(Separable(40, 80, stride=2), Separable(80, 80), Separable(80, 80)),
            nn.Sequential(Separable(80, 128, stride=2), Separable(128, 128, (3, 7)), Separable(128, 128), Separable(128, 128, (3, 7))),
            nn.Sequential(Separable(128, 176, stride=2), Separable(176, 176, (3, 7)), Separable(176, 176))])
        self.detail = Separable(40, width, stride=2)
        self.laterals = nn.ModuleList([nn.Sequential(*convolution(c, width, 1)) for c in (80, 128, 176)])
        self.joins = nn.ModuleList([Separable(width, width) for _ in range(2)])
        self.last = nn.Sequential(Separable(width, width), Separable(width, width))
        self.head = nn.Conv2d(width, 5 * 4, 1)
        self.cells = nn.PixelShuffle(2)
        nn.init.constant_(self.head.bias, 0.5)
        nn.init.constant_(self.head.bias[:4], -2.0)

    def forward(self, x):
        fine, *levels = self.features(self.stem(x))
        top = self.laterals[2](levels[2])
        for level in (1, 0):
            top = F.interpolate(top, scale_factor=2.0, mode='bilinear', align_corners=False)
            top = self.joins[level](top + self.laterals[level](levels[level]))
        return self.cells(self.head(self.last(top + self.detail(fine))))

    def features(self, x):
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        return levels


# ---------------------------------------------------------------- pages and what the network should say of them

def skew(page):
    """Slope (dy / dx) of the text rows: the shear that makes the row profile sharpest."""
    small = page
    if max(page.shape) > 900:
        small = cv2.resize(page, None, fx=900 / max(page.shape), fy=900 / max(page.shape), interpolation=cv2.INTER_AREA)
    ink = (cv2.medianBlur(small, 31).astype(np.float32) - small).clip(0)
    ink[ink < 25] = 0
    tall, wide = ink.shape

    def sharpness(slope):
        sheared = cv2.warpAffine(ink, np.array([[1, 0, 0], [-slope, 1, slope * wide / 2]], np.float32), (wide, tall))
        return float((np.diff(sheared.sum(1)) ** 2).sum())

    best = 0.0
    for reach, step in ((0.05, 0.005), (0.004, 0.001)):
        best = max((best + s for s in np.arange(-reach, reach + step / 2, step)), key=sharpness)
    return best if sharpness(best) > 1.05 * sharpness(0.0) else 0.0


def load_page(path):
    """(picture, quads [n, 4, 2], readable [n]) of a labelled page.  Labelled boxes are upright: on a skewed page each becomes the
    slanted line that it goes around."""
    labels = json.loads(path.read_text())
    picture = cv2.imread(str(next(p for p in (path.with_suffix('.jpg'), path.with_suffix('.png')) if p.exists())), cv2.IMREAD_GRAYSCALE)
    slope = skew(picture) if path.with_suffix('.jpg').exists() else 0.0
    quads = []
    for line in labels['lines']:
        x0, y0, x1, y1 = line['box']
        tall, wide = y1 - y0, x1 - x0
        rise = slope * wide
        half = max(tall - abs(rise), 0.6 * tall) / 2
        middle = (y0 + y1) / 2
        quads.append([[x0, middle - rise / 2 - half], [x1, middle + rise / 2 - half], [x1, middle + rise / 2 + half], [x0, middle - rise / 2 + half]])
    return picture, np.array(quads, np.float32).reshape(-1, 4, 2), np.array([bool(l['text'].strip('* ')) for l in labels['lines']])


def targets(quads, readable, tall, wide):
    """[5, tall, wide] as the module says, and [tall, wide] weights: 0 don't care."""
    rows, columns = tall // STRIDE, wide // STRIDE
    goal = np.zeros((5, rows, columns), np.float32)
    weight = np.ones((rows, columns), np.float32)
    nearest = np.full((rows, columns), 9.0, np.float32)  # how far from the middle of its line the cell is, in heights
    for quad, counts in zip(quads, readable):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
        left, right = (ax + dx) / 2, (bx + cx) / 2
        height = ((dy - ay) + (cy - by)) / 2
        if right - left < 1 or height < 2:
            continue
        x_first, x_last = max(0, int(left / STRIDE) - 1), min(columns, int(right / STRIDE) + 2)
        y_first, y_last = max(0, int(min(ay, by) / STRIDE) - 1), min(rows, int(max(cy, dy) / STRIDE) + 2)
        if x_first >= x_last or y_first >= y_last:
            continue
        x = (np.arange(x_first, x_last) + 0.5)[None] * STRIDE
        y = (np.arange(y_first, y_last) + 0.5)[:, None] * STRIDE
        along = (x - left) / (right - left)
        top, bottom = ay + (by - ay) * along, dy + (cy - dy) * along
        off = np.abs(y - (top + bottom) / 2) / height
        inset = min(INSET * height, (right - left) / 2 - STRIDE / 2)
        inside = (x >= left + inset) & (x <= right - inset)
        if not counts:
            weight[y_first:y_last, x_first:x_last][(off < 0.6) & (along > -0.1) & (along < 1.1)] = 0
            continue
        core = inside & (off <= max(CORE / 2, 0.5 * STRIDE / height))
        shoulder = (off < 0.42) & (x >= left) & (x <= right) & ~core
        window = np.s_[y_first:y_last, x_first:x_last]
        weight[window][shoulder & (goal[0][window] == 0)] = 0.25
        mine = core & (off < nearest[window])
        nearest[window][mine] = off[mine]
        weight[window][mine] = 1
        for channel, values in enumerate((np.ones_like(off), (y - top) / UNIT, (bottom - y) / UNIT, (x - left) / UNIT + 0 * off, (right - x) / UNIT + 0 * off)):
            goal[channel][window][mine] = values[mine]
    return goal, weight


def augmented(page, quads, readable, rng, size):
    """A random size x size view: scaled, turned a little, in perspective, lit unevenly."""
    tall, wide = page.shape
    heights = (quads[:, 3, 1] - quads[:, 0, 1] + quads[:, 2, 1] - quads[:, 1, 1]) / 2 if len(quads) else np.array([20.0])
    if rng.random() < 0.5:
        scale = 1600 / max(tall, wide) * float(np.exp(rng.normal(-0.1, 0.2)))
    else:
        scale = float(np.exp(rng.uniform(np.log(9), np.log(36)))) / np.median(heights)
    scale = float(np.clip(scale, 8.5 / np.median(heights), 60 / np.median(heights)))
    if scale < 0.6:
        page = cv2.resize(page, None, fx=scale / 0.8, fy=scale / 0.8, interpolation=cv2.INTER_AREA)
        quads, scale = quads * (scale / 0.8), 0.8
        tall, wide = page.shape
    angle = rng.normal(0, 0.02) if rng.random() < 0.8 else rng.uniform(-0.12, 0.12)
    stretch = np.exp(rng.normal(0, 0.08))
    if len(quads) and rng.random() < 0.95:
        cx, cy = quads[int(rng.integers(len(quads)))].mean(0) + rng.normal(0, size * 0.2 / scale, 2)
    else:
        cx, cy = rng.uniform(0, wide), rng.uniform(0, tall)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    turn[0] *= stretch
    matrix = np.eye(3)
    matrix[:2, :2] = turn
    matrix[:2, 2] = size / 2 - turn @ (cx, cy)
    if rng.random() < 0.3:
        bend = np.eye(3)
        bend[2, :2] = rng.normal(0, 0.06 / size, 2)
        matrix = bend @ matrix
    border = int(rng.integers(0, 256)) if rng.random() < 0.5 else 255
    view = cv2.warpPerspective(page, matrix, (size, size), flags=cv2.INTER_LINEAR, borderValue=border)
    if len(quads):
        quads = cv2.perspectiveTransform(quads.reshape(-1, 1, 2).astype(np.float64), matrix).reshape(-1, 4, 2)
    values = view.astype(np.float32) / 255
    if rng.random() < 0.3:
        light = cv2.resize(rng.uniform(0.5, 1.1, (3, 3)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
        values = values * light
    if rng.random() < 0.5:
        low = rng.uniform(0, 0.4)
        values = low + values * (rng.uniform(0.7, 1.0) - low)
    if rng.random() < 0.25:
        values = cv2.GaussianBlur(values, (0, 0), rng.uniform(0.4, 1.2))
    if rng.random() < 0.3:
        values = values + rng.normal(0, rng.uniform(0.01, 0.06), values.shape).astype(np.float32)
    if rng.random() < 0.03:
        values = 1 - values
    return np.clip(values, 0, 1) * 2 - 1, quads, readable


def loss_of(said, goal, weight):
    core = goal[:, :1]
    weight = weight[:, None]
    logit = said[:, :1]
    positive = core.sum() + 1
    pixel = F.binary_cross_entropy_with_logits(logit, core, reduction='none') * weight
    hard = pixel[core == 0].topk(int(min(3 * positive.item(), (core == 0).sum().item())))[0].sum()
    pixel = ((pixel * core).sum() + hard) / (2.5 * positive)
    chance = logit.sigmoid()
    dice = 1 - 2 * (chance * core * weight).sum() / ((chance * weight).sum() + (core * weight).sum() + 1)
    height = goal[:, 1:2] + goal[:, 2:3] + 1e-3
    off = F.smooth_l1_loss(said[:, 1:] / height, goal[:, 1:] / height, reduction='none', beta=0.05)
    edges = (off[:, :2] * core).sum() / positive
    near = core * (goal[:, 3:] < NEAR * height).float()
    ends = (off[:, 2:] * near).sum() / (near.sum() + 1)
    return pixel + dice + 3 * edges + 2 * ends, (pixel.item(), dice.item(), edges.item(), ends.item())


# ---------------------------------------------------------------- from the map to quads

def lines_of(output, threshold=0.33, line_threshold=0.55, smallest=3.0):
    """Quads [n, 4, 2] in input pixels, and confidences, from the network's [5, rows, columns] output."""
    chance = 1 / (1 + np.exp(-output[0]))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats((chance > threshold).astype(np.uint8), connectivity=8)
    quads, confidences = [], []
    for k in range(1, count):
        x0, y0, wide, tall, size = boxes[k]
        ys, xs = np.nonzero(labels[y0:y0 + tall, x0:x0 + wide] == k)
        ys, xs = ys + y0, xs + x0
        mean = float(chance[ys, xs].mean())
        if mean < line_threshold:
            continue
        x, y = (xs + 0.5) * STRIDE, (ys + 0.5) * STRIDE
        up, down, left, right = (output[c, ys, xs] * UNIT for c in (1, 2, 3, 4))
        height = float((up + down).mean())
        if height < smallest:
            continue
        # the line through the middles of what the cells believe
        middle = y + (down - up) / 2
        slope = 0.0
        spread = float(((x - x.mean()) ** 2).sum())
        if wide * STRIDE > 2 * height and spread > 0:
            slope = float(((x - x.mean()) * (middle - middle.mean())).sum() / spread)
        # the ends, as the cells near them believe
        reach = max(STRIDE * 1.5, 0.5 * height)
        start = x - left
        begin = float(start[x <= x.min() + reach].mean())
        end = float((x + right)[x >= x.max() - reach].mean())
        centre_x, centre_y = x.mean(), middle.mean()
        if end - begin < smallest:
            continue
        a, b = centre_y + slope * (begin - centre_x), centre_y + slope * (end - centre_x)
        quads.append([[begin, a - height / 2], [end, b - height / 2], [end, b + height / 2], [begin, a + height / 2]])
        confidences.append(mean)
    return np.array(quads, np.float32).reshape(-1, 4, 2), np.array(confidences, np.float32)


def prepared(page, side):
    """The network's input for a page, and the scale that was applied."""
    scale = min(1.0, side / max(page.shape))
    tall, wide = max(1, round(page.shape[0] * scale)), max(1, round(page.shape[1] * scale))
    small = cv2.resize(page, (wide, tall), interpolation=cv2.INTER_AREA)
    padded = np.full(((tall + 31) // 32 * 32, (wide + 31) // 32 * 32), 255, np.uint8)
    padded[:tall, :wide] = small
    return padded.astype(np.float32) / 127.5 - 1, (wide / page.shape[1], tall / page.shape[0])


def detect(model, page, side, **rules):
    values, (sx, sy) = prepared(page, side)
    with torch.no_grad():
        output = model(torch.from_numpy(values)[None, None].to(memory_format=torch.channels_last))[0].numpy()
    quads, confidences = lines_of(output, **rules)
    return quads / (sx, sy), confidences


def upright(quads):
    return np.concatenate([quads.min(1), quads.max(1)], 1) if len(quads) else np.zeros((0, 4))


def matched(truth, said):
    """Number of one-to-one pairs with IoU >= 0.5."""
    if not len(truth) or not len(said):
        return 0
    low = np.maximum(truth[:, None, :2], said[None, :, :2])
    high = np.minimum(truth[:, None, 2:], said[None, :, 2:])
    both = (high - low).clip(0).prod(2)
    area = lambda b: (b[:, 2:] - b[:, :2]).prod(1)
    iou = both / (area(truth)[:, None] + area(said)[None] - both)
    pairs = sorted(((iou[i, j], i, j) for i, j in zip(*np.nonzero(iou >= 0.5))), reverse=True)
    left, right = set(), set()
    for _, i, j in pairs:
        if i not in left and j not in right:
            left.add(i), right.add(j)
    return len(left)


def labelled(data, part):
    return sorted(pathlib.Path(data, 'receipts', part).glob('*.json'))


def check(model, paths, side, sheet=None, **rules):
    """(precision, recall, F1) of lines at IoU 0.5 on labelled receipts."""
    model.eval()
    hits = wanted = given = 0
    pictures = []
    for path in paths:
        labels = json.loads(path.read_text())
        page = cv2.imread(str(path.with_suffix('.jpg')), cv2.IMREAD_GRAYSCALE)
        truth = np.array([l['box'] for l in labels['lines'] if l['text'].strip('* ')], np.float32)
        mute = [l['box'] for l in labels['lines'] if not l['text'].strip('* ')]
        quads, _ = detect(model, page, side, **rules)
        said = upright(quads)
        keep = [not any(m[0] < (b[0] + b[2]) / 2 < m[2] and m[1] < (b[1] + b[3]) / 2 < m[3] for m in mute) for b in said]
        said = said[np.array(keep, bool)] if len(said) else said
        hit = matched(truth, said)
        hits, wanted, given = hits + hit, wanted + len(truth), given + len(said)
        if sheet:
            shown = cv2.cvtColor(page, cv2.COLOR_GRAY2BGR)
            for b in truth:
                cv2.rectangle(shown, (int(b[0]), int(b[1])), (int(b[2]), int(b[3])), (0, 170, 0), 1)
            cv2.polylines(shown, [q.astype(np.int32) for q in quads], True, (0, 0, 255), 1)
            pictures.append((2 * hit / max(1, len(truth) + len(said)), path.stem, shown))
    if sheet:
        pictures.sort(key=lambda p: p[0])
        print(' '.join(f'{name}:{f:.2f}' for f, name, _ in pictures[:20]))
        shown = [cv2.resize(p, (int(p.shape[1] * 1400 / p.shape[0]), 1400), interpolation=cv2.INTER_AREA) for _, _, p in pictures[:4]]
        cv2.imwrite(sheet, np.concatenate(shown, 1))
    precision, recall = hits / max(1, given), hits / max(1, wanted)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


# ---------------------------------------------------------------- training

def train(options):
    run = pathlib.Path(options.run)
    state = run.with_suffix('.pt')
    torch.manual_seed(options.seed)
    model = Detector(options.width).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.rate, weight_decay=0.01, betas=(0.9, 0.98))
    steps = 0
    if state.exists():
        saved = torch.load(state)
        model.load_state_dict(saved['model']), optimiser.load_state_dict(saved['optimiser'])
        steps = saved['steps']
    rng = np.random.default_rng(options.seed + steps)
    kept = run.parent / 'receipts.pickle'
    if not kept.exists():
        kept.write_bytes(pickle.dumps([load_page(p) for p in labelled(options.data, 'train')]))
    receipts, held, held_paths = pickle.loads(kept.read_bytes()), 'dev', labelled(options.data, 'dev')[::3]
    if options.fold is not None:
        fold_of, paths = folds.by_shop(pathlib.Path(options.data, 'receipts', 'train')), labelled(options.data, 'train')
        receipts = [r for r, p in zip(receipts, paths) if fold_of[p.stem] != options.fold]
        held, held_paths = f'train-{options.fold}', [p for p in paths if fold_of[p.stem] == options.fold][::3]
    made = [load_page(p) for folder in options.pages for p in sorted(pathlib.Path(folder).glob('*.json'))]
    print(f'{len(receipts)} receipts, {len(made)} synthetic pages', flush=True)

    def drawn():
        views, goals, shares = [], [], []
        for _ in range(options.batch):
            pages = made if made and rng.random() > options.real else receipts
            view, quads, readable = augmented(*pages[int(rng.integers(len(pages)))], rng, options.size)
            goal, weight = targets(quads, readable, options.size, options.size)
            views.append(view), goals.append(goal), shares.append(weight)
        return torch.from_numpy(np.stack(views))[:, None].float().to(memory_format=torch.channels_last), torch.from_numpy(np.stack(goals)), torch.from_numpy(np.stack(shares))

    if not steps and options.start and options.start.endswith('.onnx'):
        weights.load_export(model, options.start, drawn()[0])
        in_pixels(model, 1 / UNIT)
    elif not steps and options.start:
        model.load_state_dict(torch.load(options.start)['average'])
    average = saved['average'] if steps else {k: v.clone() for k, v in model.state_dict().items()}
    sums, pace = [], Pace()
    model.train()
    while steps < options.steps:
        for group in optimiser.param_groups:
            group['lr'] = options.rate * min(1.0, (steps + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * steps / options.steps)) + 1e-6
        view, goal, weight = drawn()
        optimiser.zero_grad(set_to_none=True)
        loss, parts = loss_of(model(view), goal, weight)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimiser.step()
        steps += 1
        keep = min(0.995, steps / (steps + 10))
        for k, v in model.state_dict().items():
            average[k].mul_(keep).add_(v, alpha=1 - keep) if v.is_floating_point() else average[k].copy_(v)
        sums.append(parts)
        if steps % 25 == 0:
            print(f'{time.strftime("%H:%M:%S")} step {steps} of {options.steps} pixel %.3f dice %.3f edges %.4f ends %.4f' % tuple(np.mean(sums[-25:], 0)),
                  f'views/s {pace.of(25 * options.batch):.1f}', flush=True)
        if steps % 500 == 0 or steps == options.steps:
            tried = Detector(options.width).to(memory_format=torch.channels_last)
            tried.load_state_dict(average)
            print('%s, IoU 0.5: precision %.4f recall %.4f F1 %.4f' % (held, *check(tried, held_paths, 1600)), flush=True)
            model.train()
        if steps % 100 == 0 or steps == options.steps:
            torch.save({'model': model.state_dict(), 'optimiser': optimiser.state_dict(), 'average': average, 'steps': steps}, str(state) + '.new')
            pathlib.Path(str(state) + '.new').replace(state)


def in_pixels(model, unit):
    """Makes the distances come out `unit` times as large: by UNIT an export gives input pixels."""
    with torch.no_grad():
        model.head.weight[4:] *= unit
        model.head.bias[4:] *= unit


def load(path):
    model = Detector()
    model.load_state_dict(torch.load(path)['average'])
    return model.eval()


def export(options):
    model = load(options.run)
    in_pixels(model, UNIT)
    model = half.rounded(model)
    example = torch.from_numpy(np.random.default_rng(7).uniform(-1, 1, (1, 1, 64, 96)).astype(np.float32))
    torch.onnx.export(model, example, options.model, opset_version=13, input_names=['image'], output_names=['map'],
                      dynamic_axes={'image': {2: 'height', 3: 'width'}, 'map': {2: 'rows', 3: 'columns'}})
    half.store(options.model)
    golden = pathlib.Path(options.golden)
    golden.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        np.save(golden / 'image.npy', example.numpy()), np.save(golden / 'map.npy', model(example).numpy())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    one = commands.add_parser('train')
    one.add_argument('run')
    one.add_argument('--steps', type=int, default=8000)
    one.add_argument('--from', dest='start')
    one.add_argument('--pages', nargs='*', default=[])
    one.add_argument('--real', type=float, default=0.85, help='share of real pages')
    one.add_argument('--rate', type=float, default=4e-3)
    one.add_argument('--batch', type=int, default=6)
    one.add_argument('--width', type=int, default=WIDTH, help='channels of the joined maps; the package has the default')
    one.add_argument('--fold', type=int)
    one.add_argument('--size', type=int, default=512)
    one.add_argument('--seed', type=int, default=1)
    one.add_argument('--threads', type=int, default=len(os.sched_getaffinity(0)))
    one.add_argument('--data', default='../shared/data')
    one = commands.add_parser('check')
    one.add_argument('run')
    one.add_argument('--data', default='../shared/data')
    one.add_argument('--side', type=int, default=1600)
    one.add_argument('--sheet')
    one = commands.add_parser('export')
    one.add_argument('run'), one.add_argument('model'), one.add_argument('golden')
    options = parser.parse_args()
    torch.set_num_threads(getattr(options, 'threads', 1))
    cv2.setNumThreads(1)
    if options.command == 'train':
        train(options)
    elif options.command == 'check':
        print('precision %.4f recall %.4f F1 %.4f' % check(load(options.run), labelled(options.data, 'dev'), options.side, sheet=options.sheet))
    else:
        export(options)


if __name__ == '__main__':
    main()
