"""Retrains the whole receipt package from nothing, and writes its card.

usage: train.py [--data ../shared/data] [--work runs] [--package ../receipt] [--length 1] [--continue | --fields] [--from STEP] [--list]

Steps are done in order, each once: a step that ended is remembered in WORK/done, one that was interrupted goes on from its
checkpoint, and --from does a step and all after it again.  --length scales the number of training steps: 1 makes the
package as it is shipped, in about two and a half hours of one core.  --continue begins with the detector and the recogniser that are in
the package instead of from nothing; --fields leaves both as they are and trains the tagger alone, about an hour.  The network that hears amounts comes with digits_train.py's others, in WORK/digits.  Seeds and
numbers of steps are fixed, so that only the machine's rounding differs from run to run.  Needs
build/native/plait (cmake --preset native && cmake --build --preset native) and the packages of requirements.txt.
"""
import argparse
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import card
import crops
import digits_sequence
import folds
import package
import tagger_manifest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGE = ROOT / 'models' / 'receipt'
PLAIT = ROOT / 'build' / 'native' / 'plait'


# PyTorch's big arrays stay in the process from step to step, in huge pages, and its threads do not spin while they wait: twice as fast.
QUICK = {'OMP_WAIT_POLICY': 'passive', 'GLIBC_TUNABLES': ':'.join('glibc.malloc.' + t for t in (
    'hugetlb=1', 'mmap_max=0', 'trim_threshold=20000000000', 'top_pad=268435456'))}


def run(script, *arguments):
    subprocess.run([sys.executable, HERE / script, *map(str, arguments)], check=True, cwd=HERE, env={**os.environ, **QUICK})


def read_pages(o, part, tagged):
    """The words of a part as the package's reader sees them, one document a line."""
    pictures = sorted((o.data / 'receipts' / part).glob('*.jpg'))
    with open(tagged, 'w') as out:
        subprocess.run([PLAIT, 'read', '--lines', '--without', 'image', '--model', o.package, *pictures], check=True, stdout=out)


def cache_crops(receipts, work):
    """The lines of each fold of train, and of dev."""
    fold_of = folds.by_shop(receipts / 'train')
    for fold in range(folds.COUNT):
        crops.cache_receipts([p for p in sorted((receipts / 'train').glob('*.json')) if fold_of[p.stem] == fold], work / ('crops-train-%d' % fold))
    crops.cache_receipts(sorted((receipts / 'dev').glob('*.json')), work / 'crops-dev')


def steps(o):
    """(name, what it does) in order."""
    w = o.work
    scaled = lambda count: max(1, round(count * o.length))
    start = lambda network: ['--from', o.package / network] if o.resume else []
    tagger = [o.data / 'receipts', w / 'tagger.so']
    yield 'crops', lambda: cache_crops(o.data / 'receipts', w)
    for n in (1, 2):
        yield 'lines-%d' % n, lambda n=n: run('synthesis.py', 'lines', w / ('lines-%d' % n), scaled(26000), '--data', o.data, '--seed', n)
    yield 'pages', lambda: run('pages.py', 'pages', w / 'pages-1', scaled(195), '--data', o.data, '--seed', 1)
    yield 'recogniser', lambda: run('recogniser.py', 'train', w / 'recogniser', '--steps', scaled(5850), '--real', 0.5,
                                    *start('recogniser.onnx'), '--rate', 2e-3 if o.resume else 3e-3, '--lines', w / 'lines-1', w / 'lines-2', '--seed', 1)
    yield 'recogniser-export', lambda: run('recogniser.py', 'export', w / 'recogniser.pt', o.package / 'recogniser.onnx', o.golden / 'recogniser')
    yield 'detector', lambda: run('detector.py', 'train', w / 'detector', '--steps', scaled(5200), '--pages', w / 'pages-1', '--data', o.data,
                                  *start('detector.onnx'), '--rate', 2.5e-3 if o.resume else 4e-3, '--seed', 1)
    yield 'detector-export', lambda: run('detector.py', 'export', w / 'detector.pt', o.package / 'detector.onnx', o.golden / 'detector')
    yield 'language', lambda: run('language.py', o.package / 'language.bin', '--data', o.data, '--seed', 1)
    yield 'manifest', lambda: run('package.py', o.package)
    yield 'tagger-inputs', lambda: run('tagger_inputs.py', w / 'tagger.so')
    for part in ('train', 'dev'):
        yield 'read-' + part, lambda part=part: read_pages(o, part, w / (part + '.jsonl'))
    yield 'tagger', lambda: run('tagger.py', *tagger, w / 'tagger.pt', '--epochs', scaled(60), '--read', w / 'train.jsonl', '--seed', 2)
    apart = {by: [w / ('%s%d.pt' % (by, fold)) for fold in range(folds.COUNT)] for by in ('receipt', 'shop')}
    for by, checkpoints in apart.items():
        for fold, out in enumerate(checkpoints):
            yield 'tagger-%s-%d' % (by, fold), lambda by=by, fold=fold, out=out: run('tagger.py', *tagger, out, '--fold', fold, '--by', by,
                                                                                     '--epochs', scaled(60), '--seed', 1)
    yield 'tagger-export', lambda: run('tagger_export.py', w / 'tagger.pt', w / 'tagger.so', o.package, o.golden)
    yield 'calibration', lambda: run('tagger_calibrate.py', *tagger, o.package, '--final', w / 'tagger.pt', '--figures', w / 'folds.json',
                                     *(a for p in apart['receipt'] for a in ('--fold', p)), *(a for p in apart['shop'] for a in ('--shop', p)),
                                     '--read', w / 'train.jsonl', '--read-dev', w / 'dev.jsonl')
    yield 'voice', lambda: run('digits_train.py', '--data', o.data, '--work', w / 'digits', '--package', w / 'digits-package', '--hearing', o.package,
                               '--epochs', scaled(10), scaled(60), '--steps', scaled(1000), '--sequence-steps', scaled(digits_sequence.STEPS))
    yield 'card', lambda: card.write(PLAIT, o.data / 'receipts' / 'dev', o.package,
                              'Seconds a step: %s.' % ', '.join('%s %d' % i for i in json.loads((w / 'seconds.json').read_text()).items()),
                              json.loads((w / 'folds.json').read_text()))


def begin(folder, whole):
    """A copy of ours, or a package without networks: sizes and thresholds as ours has them; the parts of the tagger and the voice come with
    their exports."""
    if whole:
        shutil.copytree(PACKAGE, folder)
        return
    folder.mkdir(parents=True)
    shutil.copy(PACKAGE / 'charset.txt', folder)
    kept = {k: v for k, v in package.read(PACKAGE).items() if k not in tagger_manifest.part() and k != 'voice'}
    (folder / 'manifest.json').write_text(json.dumps(kept))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', type=pathlib.Path, default=ROOT.parent / 'shared' / 'data')
    parser.add_argument('--work', type=pathlib.Path, default=HERE / 'runs')
    parser.add_argument('--package', type=pathlib.Path, default=PACKAGE)
    parser.add_argument('--length', type=float, default=1)
    which = parser.add_mutually_exclusive_group()
    which.add_argument('--continue', dest='resume', action='store_true')
    which.add_argument('--fields', action='store_true')
    parser.add_argument('--from', dest='again', metavar='STEP')
    parser.add_argument('--list', action='store_true')
    o = parser.parse_args()
    o.data, o.work, o.package = o.data.resolve(), o.work.resolve(), o.package.resolve()
    o.golden = ROOT / 'tests' / 'golden' if o.package == PACKAGE else o.work / 'golden'
    todo = list(steps(o))
    if o.fields: todo = [step for step in itertools.dropwhile(lambda step: step[0] != 'tagger-inputs', todo) if step[0] != 'voice']
    names = [name for name, _ in todo]
    if o.list: return print('\n'.join(names))
    if o.again and o.again not in names: parser.error('no step %s: --list shows them' % o.again)
    if not (o.data / 'receipts').is_dir(): parser.error('no receipts in %s' % o.data)
    if not PLAIT.exists(): parser.error('%s is not built' % PLAIT.relative_to(ROOT))
    (o.work / 'done').mkdir(parents=True, exist_ok=True)
    if not (o.package / 'manifest.json').exists(): begin(o.package, o.fields)
    seconds_file = o.work / 'seconds.json'
    seconds = json.loads(seconds_file.read_text()) if seconds_file.exists() else {}
    again = False
    for number, (name, step) in enumerate(todo, 1):
        again = again or name == o.again
        mark = o.work / 'done' / name
        if mark.exists() and not again: continue
        print('train: [%d/%d] %s' % (number, len(todo), name), flush=True)
        start = time.time()
        step()
        seconds[name] = round(time.time() - start)
        seconds_file.write_text(json.dumps(seconds, indent=1))
        mark.touch()
        print('train: %s took %d s' % (name, seconds[name]), flush=True)


if __name__ == '__main__':
    main()
