#!/usr/bin/env /usr/bin/python3
"""How sure a recalled value is: fits the logistic of sure_of() in src/document/fields.c.

    ninja -C build/native bench_recalled
    tests/bench/recalled.py build/native/plait . [--shops N] [--package FOLDER] [--keep ROWS]

One receipt of each shop that has several is confirmed as its label has it, first the first, then the last; the others of the shops and
one of every other shop are read with that memory, by a package that knows no shop by heart. A value is right when its letters and
digits are the label's. They are fitted by likelihood with a little weight decay, once those of train alone, then with dev's, whose
pictures are new to the recogniser and count ten times. Printed are the numbers, then how far the confidences are off in train and
dev: of the library as it was built, and of both fits. --keep writes the rows, or reads them where they are.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from remember import Reader, arguments, folded, shops, unfamiliar

DEV = 10.0    # weight of a row of dev, as in tagger_calibrate.py
DECAY = 0.2  # of the weights, not of the offset; in a row's log likelihood


def recalled(o, work):
    """Rows: part, right, logit, confidence."""
    fields, several, others = shops(o.root)
    if o.shops: several, others = several[:o.shops], others[:2 * o.shops]
    package = unfamiliar(os.path.abspath(o.package or os.path.join(o.root, 'models', 'receipt')), work / 'package')
    bench = pathlib.Path(o.plait).resolve().parent / 'tests' / 'bench_recalled'
    rows = []
    for turn, chosen in (('first', 0), ('last', -1)):
        (work / turn).mkdir()
        reader = Reader(o.plait, package, work / turn)
        for shop in several: reader.confirm(shop[chosen], fields[shop[chosen]])
        paths = {str(p.with_suffix('.jpg')): p for s in (*several, others) for p in s if s is others or p != s[chosen]}
        done = subprocess.run([bench, package, work / turn / 'memory', (work / turn / 'key').read_text().strip(), *paths], capture_output=True, text=True)
        if done.returncode: sys.exit(done.stderr)
        for line in done.stdout.splitlines():
            path, field, logit, confidence, value = line.split('\t')
            label = fields[paths[path]][field]
            rows.append([paths[path].parent.name, folded(value) == folded(label), float(logit), float(confidence)])
            if not rows[-1][1]: print('  %s %s: %s, of the label %s (logit %s)' % (paths[path].stem, field, value, label, logit))
        print('%s confirmed: %d values recalled so far' % (turn, len(rows)), flush=True)
    return rows


def fit(x, y, each):
    """Newton's method, rows weighed by `each`; columns of x after the first, which is 1, are held near 0."""
    weights, decay = np.zeros(x.shape[1]), np.diag([1e-6] + [DECAY] * (x.shape[1] - 1))
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ weights))
        weights += np.linalg.solve((x.T * (each * p * (1 - p))) @ x + decay, x.T @ (each * (y - p)) - decay @ weights)
    return weights


def off(p, y):
    """Log loss; expected calibration error in ten bins of as many each."""
    p = np.clip(p, 1e-6, 1 - 1e-6)
    bins = np.array_split(np.argsort(p), min(10, len(p)))
    return -np.mean(np.where(y, np.log(p), np.log(1 - p))), sum(len(b) * abs(p[b].mean() - y[b].mean()) for b in bins) / len(p)


def main():
    parser = arguments(__doc__)
    parser.add_argument('--keep')
    o = parser.parse_args()
    if o.keep and os.path.exists(o.keep):
        rows = json.loads(pathlib.Path(o.keep).read_text())
    else:
        with tempfile.TemporaryDirectory() as folder: rows = recalled(o, pathlib.Path(folder))
        if o.keep: pathlib.Path(o.keep).write_text(json.dumps(rows))
    part, right = np.array([r[0] for r in rows]), np.array([r[1] for r in rows], float)
    numbers = np.array([r[2:] for r in rows])
    x = np.column_stack([np.ones(len(rows)), numbers[:, 0]])
    fits = [('of train alone', fit(x, right, 1.0 * (part == 'train'))), ('of both', fit(x, right, np.where(part == 'train', 1, DEV)))]
    for what, weights in fits: print('%s: offset %.2f, chosen %.2f' % (what, *weights))
    for name in ('train', 'dev'):
        of = part == name
        if not of.any(): continue
        print('%s, %d values, %.3f of them right' % (name, of.sum(), right[of].mean()))
        for what, p in [('as built', numbers[of, 1])] + [(what, 1 / (1 + np.exp(-x[of] @ weights))) for what, weights in fits]:
            print('  %s: log loss %.3f, ECE %.3f' % (what, *off(p, right[of])))


main()
