#!/usr/bin/env python3
"""What a memory is worth: one receipt of each shop that has several is confirmed, then the later ones and those of other shops are read.

    tests/bench/remember.py PLAIT ROOT [--shops N] [--model FOLDER]

A shop is a company and an address, letters and digits alone; its receipts come in the order of their names, those of `train`
first.  Fields that were confirmed are those of the labels.  Prints F1 of company and address before and after, and by how much
their errors fell.  All 429 + 57 receipts are read twice: --shops takes fewer.
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tool import shared

FIELDS = ('company', 'address')


def key(fields):
    return tuple(''.join(c for c in (fields.get(f) or '').lower() if c.isalnum()) for f in FIELDS)


def link(folder, paths):
    folder.mkdir()
    for path in paths:
        for file in (path, path.with_suffix('.jpg')): os.symlink(file, folder / file.name)


def f1(report):
    return {f: report['fields'][f]['f1'] for f in FIELDS}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('plait')
    parser.add_argument('root')
    parser.add_argument('--shops', type=int)
    parser.add_argument('--model')
    o = parser.parse_args()
    tool = [os.path.abspath(o.plait)]
    model = ['--model', os.path.abspath(o.model)] if o.model else []
    data = pathlib.Path(shared(os.path.abspath(o.root), 'data', 'receipts'))
    paths = [p for part in ('train', 'dev') for p in sorted((data / part).glob('*.json'))]
    fields = {p: json.loads(p.read_text())['fields'] for p in paths}
    shops = collections.defaultdict(list)
    for p in paths: shops[key(fields[p])].append(p)
    several = sorted((s for s in shops.values() if len(s) > 1), key=len)[::-1]
    others = [s[0] for s in shops.values() if len(s) == 1]
    if o.shops:
        several = several[::max(1, len(several) // o.shops)][:o.shops]
        others = others[::max(1, len(others) // (2 * o.shops))][:2 * o.shops]
    work = pathlib.Path(tempfile.mkdtemp())
    os.chdir(o.root)
    run = lambda *a, **k: subprocess.run([*tool, *map(str, a)], check=True, capture_output=True, text=True, **k).stdout
    run('memory', 'new-key', work / 'key')
    memory = ('--memory', work / 'memory', '--key-file', work / 'key')
    for shop in several:
        first, document = shop[0], work / 'first.json'
        document.write_text(run('read', '--lines', *model, first.with_suffix('.jpg')))
        run('confirm', *memory, document, *('%s=%s' % (f, fields[first][f] or '') for f in FIELDS))
    link(work / 'later', [p for s in several for p in s[1:]])
    link(work / 'others', others)
    print('%d shops, %d later receipts, %d of other shops' % (len(several), sum(len(s) - 1 for s in several), len(others)), flush=True)
    for part in ('later', 'others'):
        before, after = (f1(json.loads(run('eval', *model, *m, work / part))) for m in ((), memory))
        mean = lambda found: sum(found.values()) / len(FIELDS)
        fell = 1 - (1 - mean(after)) / (1 - mean(before)) if mean(before) < 1 else 0
        print('%s: %s; errors of both fell by %.0f%%' % (part, ', '.join('%s %.4f -> %.4f' % (f, before[f], after[f]) for f in FIELDS), 100 * fell), flush=True)


main()
