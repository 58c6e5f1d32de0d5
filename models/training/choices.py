"""Compares the settings in use with others, each by a short training that has not seen a third of train's shops and is measured on it.

usage: choices.py [--data ../shared/data] [--work runs] [--fold 0] [--only NETWORK]

The first value of a choice is the one in use, the trainer's default.  Takes the caches that train.py made in WORK; figures are kept in WORK/choices.json
and not measured again.  Prints a Markdown table: lines right without case (recogniser), F1 of lines at IoU 0.5
(detector), micro F1 of the fields of pages as they are and of torn ones (tagger)."""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import torch

import folds
import tagger
import tagger_calibrate
import tagger_data
import tagger_inputs
import train

CHOICES = (('recogniser', 'share of real lines', '--real', 0.5, 0.7), ('recogniser', 'share of real lines', '--real', 0.5, 0.3),
           ('recogniser', 'learning rate', '--rate', 3e-3, 1.5e-3),
           ('detector', 'share of real pages', '--real', 0.85, 0.7), ('detector', 'learning rate', '--rate', 4e-3, 2e-3),
           ('tagger', 'share of torn pages', '--torn', 0.15, 0), ('tagger', 'strength of the changes to pages', '--strength', 1, 0.5),
           ('tagger', 'learning rate', '--rate', 2e-3, 1e-3))
LENGTHS = {'recogniser': ('--steps', 900), 'detector': ('--steps', 500), 'tagger': ('--epochs', 12)}


def said(command):
    """What the command printed, each line also shown at once."""
    lines = []
    with subprocess.Popen([sys.executable, '-u', *map(str, command)], cwd=train.HERE, env={**os.environ, **train.QUICK}, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            print('  ' + line, end='', flush=True)
            lines.append(line)
    if child.returncode: sys.exit('choices: %s failed' % command[0])
    return ''.join(lines)


def figure_of_pixels(o, network, run, *options):
    made = {'recogniser': ['--lines', *(o.work / ('lines-%d' % n) for n in (1, 2))], 'detector': ['--pages', o.work / 'pages-1', '--data', o.data]}[network]
    out = said([network + '.py', 'train', run, *options, *made])
    return re.findall(r'^train-%d.* (?:lines right|F1) ([\d.]+)$' % o.fold, out, re.M)[-1]


def figure_of_fields(o, run, *options):
    receipts, library = o.data / 'receipts', o.work / 'tagger.so'
    said(['tagger.py', receipts, library, run, *options])
    lib, rng = tagger_inputs.open_library(library), np.random.default_rng(5)
    model = tagger.new_model(lib)
    model.load_state_dict(torch.load(run)['average'])
    fold_of, pages = folds.by_shop(receipts / 'train'), tagger.load(lib, receipts / 'train')
    known = tagger_data.familiar([p.fields for p in pages if fold_of[p.name] != o.fold])
    strangeness, held = tagger_inputs.Strangeness(lib, train.PACKAGE), [p for p in pages if fold_of[p.name] == o.fold]

    def f1(some):
        rows = [r for p in some for r in tagger_calibrate.answers(lib, strangeness, model.eval(), p, rng, 'shop', known) if p.known[r[0]]]
        rows = dict(zip(tagger_calibrate.COLUMNS, map(np.array, zip(*(r for r in rows if r[1] == tagger_calibrate.SETS[0])))))
        return tagger_calibrate.micro_f1(rows['right'], rows['probability'] > 0)
    return '%.3f / %.3f' % (f1(held), f1([tagger_calibrate.torn(p, rng) for p in held]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', type=pathlib.Path, default=train.ROOT.parent / 'shared' / 'data')
    parser.add_argument('--work', type=pathlib.Path, default=train.HERE / 'runs')
    parser.add_argument('--fold', type=int, default=0)
    parser.add_argument('--only', choices=LENGTHS)
    o = parser.parse_args()
    o.data, o.work = o.data.resolve(), o.work.resolve()
    memory = o.work / 'choices.json'
    known = json.loads(memory.read_text()) if memory.exists() else {}
    table = ['| network | setting | in use | instead |', '| --- | --- | --- | --- |']

    def figure(network, *options):
        options = [*LENGTHS[network], *options, '--fold', o.fold, '--seed', 1]
        name = ' '.join(map(str, [network, *options]))
        if name not in known:
            print('choices: ' + name, flush=True)
            run = o.work / 'choice.pt'
            run.unlink(missing_ok=True)
            known[name] = figure_of_fields(o, run, *options) if network == 'tagger' else figure_of_pixels(o, network, run, *options)
            memory.write_text(json.dumps(known, indent=1))
        return known[name]

    for network, what, option, used, instead in CHOICES:
        if o.only in (None, network):
            table.append('| %s | %s | %g: %s | %g: %s |' % (network, what, used, figure(network), instead, figure(network, option, instead)))
    print('\n'.join(table))


if __name__ == '__main__':
    main()
