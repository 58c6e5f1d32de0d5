"""Compares the settings in use with others, each by a short training that has not seen a third of train's shops and is measured on it.

usage: choices.py [--data ../shared/data] [--work runs] [--folds 0 [1 2]] [--only NETWORK]

The first value of a choice is the one in use.  Takes the caches that train.py made in WORK; figures are kept in WORK/choices.json
and not measured again.  Prints a Markdown table: lines right without case (recogniser), F1 of lines at IoU 0.5
(detector), micro F1 of the fields of pages as they are and of torn ones (tagger), the mean of the folds asked for."""
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
           ('recogniser', 'learning rate', '--rate', 3e-3, 1.5e-3), ('recogniser', 'blocks along the line', '--context', 3, 1),
           ('recogniser', 'steps of training', '--steps', 900, 1800),
           ('detector', 'share of real pages', '--real', 0.85, 0.7), ('detector', 'learning rate', '--rate', 4e-3, 2e-3),
           ('detector', 'width of the joined maps', '--width', 64, 40), ('detector', 'steps of training', '--steps', 500, 1000),
           ('tagger', 'share of torn pages', '--torn', 0.15, 0), ('tagger', 'strength of the changes to pages', '--strength', 1, 0.5),
           ('tagger', 'learning rate', '--rate', 2e-3, 1e-3), ('tagger', 'blocks of the fusion', '--layers', 3, 2), ('tagger', 'blocks of the fusion', '--layers', 3, 4),
           ('tagger', 'epochs of training', '--epochs', 60, 20), ('tagger', 'epochs of training', '--epochs', 60, 35))
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


def figures_of_pixels(o, network, fold, run, *options):
    """(lines right,) or (F1,)."""
    made = {'recogniser': ['--lines', *(o.work / ('lines-%d' % n) for n in (1, 2))], 'detector': ['--pages', o.work / 'pages-1', '--data', o.data]}[network]
    out = said([network + '.py', 'train', run, *options, *made])
    return float(re.findall(r'^train-%d.* (?:lines right|F1) ([\d.]+)$' % fold, out, re.M)[-1]),


def figures_of_fields(o, fold, run, *options):
    """(F1 of pages as they are, of torn ones)."""
    receipts, library = o.data / 'receipts', o.work / 'tagger.so'
    said(['tagger.py', receipts, library, run, *options])
    lib, rng = tagger_inputs.open_library(library), np.random.default_rng(5)
    model = tagger.new_model(lib, *(layers for name, layers in zip(options, options[1:]) if name == '--layers'))
    model.load_state_dict(torch.load(run)['average'])
    fold_of, pages = folds.by_shop(receipts / 'train'), tagger.load(lib, receipts / 'train')
    known = tagger_data.familiar([p.fields for p in pages if fold_of[p.name] != fold])
    strangeness, held = tagger_inputs.Strangeness(lib, train.PACKAGE), [p for p in pages if fold_of[p.name] == fold]

    def f1(some):
        rows = [r for p in some for r in tagger_calibrate.answers(lib, strangeness, model.eval(), p, rng, 'shop', known) if p.known[r[0]]]
        rows = dict(zip(tagger_calibrate.COLUMNS, map(np.array, zip(*(r for r in rows if r[1] == tagger_calibrate.SETS[0])))))
        return tagger_calibrate.micro_f1(rows['right'], rows['probability'] > 0)
    return f1(held), f1([tagger_calibrate.torn(p, rng) for p in held])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', type=pathlib.Path, default=train.ROOT.parent / 'shared' / 'data')
    parser.add_argument('--work', type=pathlib.Path, default=train.HERE / 'runs')
    parser.add_argument('--folds', type=int, nargs='+', default=[0])
    parser.add_argument('--only', choices=LENGTHS)
    o = parser.parse_args()
    o.data, o.work = o.data.resolve(), o.work.resolve()
    memory = o.work / 'choices.json'
    known = json.loads(memory.read_text()) if memory.exists() else {}
    table = ['| network | setting | in use | instead |', '| --- | --- | --- | --- |']

    def figures(network, fold, *options):
        options = [*LENGTHS[network], *options, '--fold', fold, '--seed', 1]
        name = ' '.join(map(str, [network, *options]))
        if name not in known:
            print('choices: ' + name, flush=True)
            run = o.work / 'choice.pt'
            run.unlink(missing_ok=True)
            known[name] = figures_of_fields(o, fold, run, *options) if network == 'tagger' else figures_of_pixels(o, network, fold, run, *options)
            memory.write_text(json.dumps(known, indent=1))
        return known[name]

    def mean(network, *options):
        return ' / '.join('%.3f' % f for f in np.mean([figures(network, fold, *options) for fold in o.folds], 0))

    for network, what, option, used, instead in CHOICES:
        if o.only in (None, network):
            in_use = (option, used) if option == LENGTHS[network][0] and used != LENGTHS[network][1] else ()
            table.append('| %s | %s | %g: %s | %g: %s |' % (network, what, used, mean(network, *in_use), instead, mean(network, option, instead)))
    print('\n'.join(table))


if __name__ == '__main__':
    main()
