"""The recogniser's small language model: character n-grams without case, for the beam search of src/document/beam.c.

usage: language.py MODEL_FILE [--data ../shared/data] [--order 6] [--seed 1]

Counted in the train receipts' lines, synthetic lines and running text; smoothed after Witten and Bell (1991), interpolated, and
stored as a back-off model.  The file, little-endian:
    "PLANGUA1"
    u32 order, u32 slots (a power of two), u32 classes, f32 step
    u8  symbol[classes]   symbol of each class of the recogniser; forms of one letter share one; symbol[0], the blank's, is unused
    u32 key[slots]        0: empty
    u8  chance[slots]     minus the logarithm of p(last symbol | those before), in steps
    u8  backoff[slots]    minus the logarithm of the share left to shorter histories when this n-gram is the history, in steps
An n-gram, symbols s1..sn, is found from hash = 0xcbf29ce484222325; for each symbol: hash = (hash ^ symbol) * 0x100000001b3 (mod
2^64); then hash ^= hash >> 29, hash *= 0xbf58476d1ce4e5b9, hash ^= hash >> 32: its key is the upper 32 bits (1 for 0), the first
slot tried its lower bits, then the following ones.  Symbol 0 is the border: before the first and after the last character.
"""
import argparse
import collections
import math
import pathlib
import struct

import numpy as np

import charset
import text as content

BORDER = 0
STEP = 1 / 16


def symbols():
    """(symbol of each class, number of symbols): folded characters numbered from 1."""
    numbers, of_class = {}, [0]
    for c in charset.CHARACTERS:
        of_class.append(numbers.setdefault(charset.folded(c), len(numbers) + 1))
    return of_class, len(numbers) + 1


def coded(text, of_class):
    return [BORDER] + [of_class[k] for k in charset.encode(' '.join(text.split()))] + [BORDER]


def corpus(data, seed):
    """[(text, weight)]"""
    writer = content.Writer(np.random.default_rng(seed), data)
    lines = [(t, 1.0) for t in writer.said]
    lines += [(writer.line(), 0.25) for _ in range(40000)]
    lines += [(writer.prose(), 0.5) for _ in range(20000)]
    return lines


class Counts:
    def __init__(self, lines, order):
        self.order = order
        self.of_class, self.symbol_count = symbols()
        self.followers = [collections.defaultdict(lambda: collections.defaultdict(float)) for _ in range(order)]
        for text, weight in lines:
            row = tuple(coded(text, self.of_class))
            for i in range(1, len(row)):
                for n in range(min(order, i + 1)):
                    self.followers[n][row[i - n:i]][row[i]] += weight

    def prune(self, least):
        """Drops what was seen less often, in histories of three and more."""
        for n in range(3, self.order):
            kept = {}
            for history, after in self.followers[n].items():
                frequent = {s: c for s, c in after.items() if c >= least}
                if frequent:
                    kept[history] = frequent
            self.followers[n] = kept

    def model(self):
        """{n-gram: chance}, {history: share left}, of every n-gram kept."""
        chance, left = {}, {}

        def lower(history, symbol):
            while True:
                if history + (symbol,) in chance:
                    return chance[history + (symbol,)]
                if not history:
                    return 1 / self.symbol_count
                return left.get(history, 1.0) * lower(history[1:], symbol)

        for symbol in range(self.symbol_count):  # every symbol alone
            after = self.followers[0][()]
            total, kinds = sum(after.values()), len(after)
            share = total / (total + kinds)
            chance[(symbol,)] = share * after.get(symbol, 0) / total + (1 - share) / self.symbol_count
        for n in range(1, self.order):
            for history, after in self.followers[n].items():
                total, kinds = sum(after.values()), len(after)
                share = total / (total + kinds)
                shorter = {s: lower(history[1:], s) for s in after}
                for s, c in after.items():
                    chance[history + (s,)] = share * c / total + (1 - share) * shorter[s]
                here = sum(chance[history + (s,)] for s in after)
                left[history] = max(1e-6, 1 - here) / max(1e-6, 1 - sum(shorter.values()))
        return chance, left


def hashed(row):
    value = 0xcbf29ce484222325
    for s in row:
        value = (value ^ s) * 0x100000001b3 & (2 ** 64 - 1)
    value ^= value >> 29
    value = value * 0xbf58476d1ce4e5b9 & (2 ** 64 - 1)
    return value ^ value >> 32


def steps(chance):
    return int(min(255, max(0, round(-math.log(max(chance, 1e-12)) / STEP))))


def write(path, counts, chance, left):
    rows = set(chance) | set(left)
    slots = 1
    while slots < 1.35 * len(rows):
        slots *= 2
    keys, chances, backoffs = np.zeros(slots, '<u4'), np.zeros(slots, 'u1'), np.zeros(slots, 'u1')
    for row in sorted(rows):
        value = hashed(row)
        key, at = value >> 32 or 1, value & (slots - 1)
        while keys[at]:
            at = (at + 1) & (slots - 1)
        keys[at], chances[at], backoffs[at] = key, steps(chance.get(row, 1e-12)), steps(left.get(row, 1.0))
    head = b'PLANGUA1' + struct.pack('<IIIf', counts.order, slots, len(counts.of_class), STEP)
    pathlib.Path(path).write_bytes(head + bytes(counts.of_class) + keys.tobytes() + chances.tobytes() + backoffs.tobytes())
    return len(rows), slots


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out')
    parser.add_argument('--data', default='../shared/data')
    parser.add_argument('--order', type=int, default=6)
    parser.add_argument('--least', type=float, default=2)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    counts = Counts(corpus(options.data, options.seed), options.order)
    counts.prune(options.least)
    print('%d n-grams, %d slots' % write(options.out, counts, *counts.model()))


if __name__ == '__main__':
    main()
