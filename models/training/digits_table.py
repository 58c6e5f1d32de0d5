"""Measures the package models/digits through the C core: pattern x condition, and what each modality contributes; written as a
Markdown page and two SVGs.

usage: digits_table.py [--data ../shared/data] [--package ../digits] [--work runs/digits] [--plait ../../build/native/plait]
                       [--count 1000] [--out ../../docs]

Pairs are pictures of MNIST's `dev` that no calibration saw, each with a recording of `dev`; every condition is files and times that
`plait eval` is given.  Voices left out come from digits_train.py's folds (WORK/fold-*.json).
"""
import argparse
import json
import pathlib
import subprocess
import wave

import numpy as np

import digits_card
import digits_data
import digits_measure

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CONDITIONS = digits_measure.CONDITIONS + ('misaligned 0.5 s', 'stale')
PATTERNS = digits_measure.PATTERNS
MODALITIES = ('image', 'audio')
DRAWS = 5     # of pairs and of noise


def write_picture(path, picture):
    path.write_bytes(b'P5 28 28 255\n' + np.round(255 * picture).clip(0, 255).astype(np.uint8).tobytes())


def write_sound(path, samples):
    """16 bits; what is louder than full scale makes all of it quieter."""
    samples = samples / max(1, np.abs(samples).max())
    with wave.open(str(path), 'wb') as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(digits_data.RATE)
        file.writeframes(np.round(32767 * samples).astype('<i2').tobytes())


def files(data, folder, count, seed=43):
    """Files of every pair, good and bad: [(picture, bad picture, sound, bad sound, label)]"""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    pictures, labels = digits_data.images(data, 'dev')
    energy = digits_data.Energy(digits_data.images(data, 'train')[0])
    bad = energy.take(pictures, energy.components(digits_measure.ENERGY))
    said = digits_data.recordings(data, 'dev')
    of = [[i for i, r in enumerate(said) if r[1] == d] for d in range(10)]
    found = []
    for number in range(1000, 1000 + count):
        samples = said[random.choice(of[labels[number]])][0]
        paths = [folder / ('%d-%s' % (number, n)) for n in ('good.pgm', 'bad.pgm', 'good.wav', 'bad.wav')]
        write_picture(paths[0], pictures[number]), write_picture(paths[1], bad[number])
        write_sound(paths[2], samples), write_sound(paths[3], digits_data.noisy(samples, digits_measure.NOISE_DB, random))
        found.append((*map(str, paths), int(labels[number])))
    return found


def pair_under(condition, pair):
    """A pair of `plait eval`: the picture is the newer where they lie apart."""
    given = {'image': pair[1] if condition in ('image degraded', 'both degraded') else pair[0],
             'audio': pair[3] if condition in ('audio degraded', 'both degraded') else pair[2], 'label': str(pair[4])}
    if condition == 'image missing': del given['image']
    if condition == 'audio missing': del given['audio']
    apart = {'misaligned 0.5 s': 500000, 'stale': 2000000}.get(condition)
    if apart: given['at'] = {'image': 10000000, 'audio': 10000000 - apart}
    return given


def ask(o, pairs, *arguments):
    """What plait eval says."""
    listed = o.work / 'pairs.json'
    listed.write_text(json.dumps({'root': '', 'pairs': pairs}))
    out = subprocess.run([o.plait, 'eval', '--model', o.package, *arguments, listed], capture_output=True, text=True)
    if out.returncode: raise SystemExit(out.stderr.strip())
    return json.loads(out.stdout)


def measure(o, pairs, condition):
    """{pattern: what plait eval says}"""
    listed = [pair_under(condition, p) for p in pairs]
    return {pattern: ask(o, listed, '--pattern', pattern) for pattern in PATTERNS}


def draws(o):
    """What having both is worth where both are degraded, drawn again and again: accuracies of each modality alone and of every pattern."""
    found = {}
    for seed in range(44, 44 + DRAWS):
        pairs = [pair_under('both degraded', p) for p in files(o.data, (o.work / 'draw').resolve(), o.count, seed)]
        for name, arguments in (('image', ('--without', 'audio')), ('audio', ('--without', 'image')), *((p, ('--pattern', p)) for p in PATTERNS)):
            found.setdefault(name, []).append(100 * ask(o, pairs, *arguments)['accuracy'])
        print('table: draw %d: %s' % (seed, ', '.join('%s %.1f' % (n, v[-1]) for n, v in found.items())), flush=True)
    rows = ['| | accuracy, mean | of each draw | points above the better modality | share of its errors that remains |', '| --- | --- | --- | --- | --- |']
    mean = {name: np.mean(v) for name, v in found.items()}
    better = max(mean['image'], mean['audio'])
    for name, v in found.items():
        gained = ('%.1f' % (mean[name] - better), '%.2f' % ((100 - mean[name]) / (100 - better))) if name in PATTERNS else ('', '')
        rows.append('| %s | %.1f | %s | %s | %s |' % (name, mean[name], ' '.join('%.1f' % x for x in v), *gained))
    return '\n'.join(rows)


def size(package, name, patterns):
    """Bytes of what a pattern needs: both encoders, the heads, its own files."""
    def needed(p):
        own = [v for v in [p.get('model'), p.get('gate')] if v] + [e['model'] for e in p.get('experts', [])]
        if 'examples' in p: own += [p['examples']['labels'], *p['examples']['embeddings'].values()]
        for other in ('base', 'then'):
            if other in p: own += needed(patterns[p[other]])
        return own
    names = {'image.onnx', 'audio.onnx', 'image_head.onnx', 'audio_head.onnx', *needed(patterns[name])}
    return sum((package / n).stat().st_size for n in names)


def grid(cells, sizes):
    rows = ['| pattern | ' + ' | '.join(CONDITIONS) + ' | fusing, p95 ms | encoding, p50 ms | KB |', '| --- |' + ' --- |' * (len(CONDITIONS) + 3)]
    for p in PATTERNS:
        clean = cells['clean'][p]
        rows.append('| %s | %s | %.2f | %.2f | %d |' % (p, ' | '.join('%.1f %.3f' % (100 * cells[c][p]['accuracy'], cells[c][p]['ece']) for c in CONDITIONS),
                                                     clean['latency_ms']['fuse']['p95'], clean['latency_ms']['encode']['p50'], sizes[p] / 1000))
    return '\n'.join(rows)


WIDTH, TOP, ROW, LEFT = 900, 50, 112, 150   # of charts: a group of bars a condition, a bar a pattern
COLOURS = ('#4477aa', '#66ccee', '#228833', '#ccbb44', '#ee6677', '#aa3377', '#888888')


def chart(legend, bars):
    """`legend`: names; `bars(condition, pattern)`: [(place in the legend, length 0..1)] one after the other, and a text."""
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">' % (WIDTH, TOP + ROW * len(CONDITIONS)),
           '<rect width="100%" height="100%" fill="white"/>']
    for i, name in enumerate(legend):
        out.append('<rect x="%d" y="14" width="10" height="10" fill="%s"/><text x="%d" y="23">%s</text>' % (20 + 120 * i, COLOURS[i], 34 + 120 * i, name))
    for j, c in enumerate(CONDITIONS):
        out.append('<text x="10" y="%d">%s</text>' % (TOP + ROW * j + 52, c))
        for i, p in enumerate(PATTERNS):
            x, y, (parts, text) = LEFT, TOP + ROW * j + 14 * i, bars(c, p)
            for place, length in parts:
                out.append('<rect x="%.1f" y="%d" width="%.1f" height="12" fill="%s"/>' % (x, y, (WIDTH - LEFT - 130) * length, COLOURS[place]))
                x += (WIDTH - LEFT - 130) * length
            out.append('<text x="%.1f" y="%d" font-size="10">%s</text>' % (x + 4, y + 10, text))
    return '\n'.join(out + ['</svg>']) + '\n'


def errors(cells):
    """Bars of errors, on a scale of roots so that small ones are seen."""
    error = lambda c, p: 1 - cells[c][p]['accuracy']
    return chart(PATTERNS, lambda c, p: ([(PATTERNS.index(p), error(c, p) ** 0.5)], '%.1f%%' % (100 * error(c, p))))


def share(cell, modality):
    return cell['modalities'][modality]['contribution']


def contributions(cells):
    """Bars of the mean share that each modality has in the answer."""
    return chart(MODALITIES, lambda c, p: ([(i, share(cells[c][p], m)) for i, m in enumerate(MODALITIES)], p))


def contribution_grid(cells):
    rows = ['| pattern | ' + ' | '.join(CONDITIONS) + ' |', '| --- |' + ' --- |' * len(CONDITIONS)]
    for p in PATTERNS: rows.append('| %s | %s |' % (p, ' | '.join('%.2f %.2f' % tuple(share(cells[c][p], m) for m in MODALITIES) for c in CONDITIONS)))
    return '\n'.join(rows)


def costs(cells):
    """What the experts' gate asks, and what the cascade saves."""
    rows = ['| | ' + ' | '.join(CONDITIONS) + ' |', '| --- |' + ' --- |' * len(CONDITIONS)]
    row = lambda name, text: rows.append('| %s | %s |' % (name, ' | '.join(text(cells[c]) for c in CONDITIONS)))
    for e, name in enumerate(('image', 'audio', 'both')):
        row('expert %s: asked, weight' % name, lambda c: '%.2f %.2f' % (c['experts']['experts'][e]['load'], c['experts']['experts'][e]['weight']))
    spent = lambda cell: cell['latency_ms']['encode']['p50'] + cell['latency_ms']['fuse']['p50']
    row('cascade: ended with the picture', lambda c: '%.2f' % c['cascade']['ended_early'])
    row('cascade: time beside early, p50', lambda c: '%.2f' % (spent(c['cascade']) / max(1e-9, spent(c['early']))))
    return '\n'.join(rows)


def drifts(cells, pattern):
    """How far embeddings lie from those of training."""
    rows = ['| | ' + ' | '.join(CONDITIONS) + ' |', '| --- |' + ' --- |' * len(CONDITIONS)]
    for m in MODALITIES:
        found = [cells[c][pattern]['modalities'][m]['drift'] for c in CONDITIONS]
        rows.append('| %s | %s |' % (m, ' | '.join('%.1f %.2f %.3f%s' % (d['distance'], d['psi'], d['mmd2'], ' drifted' if d['drifted'] else '') if d['count'] else ''
                                                  for d in found)))
    return '\n'.join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', type=pathlib.Path, default=ROOT.parent / 'shared' / 'data')
    parser.add_argument('--package', type=pathlib.Path, default=ROOT / 'models' / 'digits')
    parser.add_argument('--work', type=pathlib.Path, default=HERE / 'runs' / 'digits')
    parser.add_argument('--plait', type=pathlib.Path, default=ROOT / 'build' / 'native' / 'plait')
    parser.add_argument('--count', type=int, default=1000)
    parser.add_argument('--out', type=pathlib.Path, default=ROOT / 'docs')
    o = parser.parse_args()
    o.work.mkdir(parents=True, exist_ok=True)
    manifest = json.loads((o.package / 'manifest.json').read_text())
    patterns = manifest['patterns']
    pairs, cells = files(o.data, (o.work / 'files').resolve(), o.count), {}
    for condition in CONDITIONS:
        cells[condition] = measure(o, pairs, condition)
        print('table: %s: %s' % (condition, ', '.join('%s %.1f' % (p, 100 * f['accuracy']) for p, f in cells[condition].items())), flush=True)
    sizes = {p: size(o.package, p, patterns) for p in PATTERNS}
    page = ['# Digits written and spoken', '', 'Written by `models/training/digits_table.py`: %d pairs of a picture and a recording of `dev`, from files through the C core, one thread. '
            'A cell is accuracy in percent and the expected calibration error; the times are of clean pairs, the size is of all that a pattern needs.' % o.count, '', grid(cells, sizes), '',
            'Degraded pictures keep the principal components with a quarter of the energy (AV-MNIST\'s way), degraded sound has white noise of its own power (0 dB). '
            'Misaligned and stale moments are found by the core, which then uses one modality.', '', '![Errors](digits.svg)', '',
            '## Both degraded', '', '%d draws of %d pairs, other recordings and other noise each time.' % (DRAWS, o.count), '', draws(o), '',
            '## What each modality contributes', '', 'Mean shares of picture and sound in the answers: exact Shapley values of the label\'s probability.', '',
            contribution_grid(cells), '', 'The largest of them over clean pairs, `dominance`, is %s.' % ', '.join('%.2f (%s)' % (cells['clean'][p]['dominance'], p) for p in PATTERNS), '',
            '![Contributions](digits-contribution.svg)', '', '## What is asked, and what is saved', '', costs(cells), '',
            '## How far from training', '', 'Distance of the mean of the embeddings (1 without drift), population stability index and squared maximum mean discrepancy (both 0), '
            'and whether they are called drifted; see docs/multimodal.md. The 1,000 sounds are made of 250 recordings, so that their mean has the chance of 250.', '',
            drifts(cells, manifest['fusion']), '',
            '## Voices left out of training', '',
            digits_card.left_out(o.work, manifest['fusion']), '']
    (o.out / 'digits.md').write_text('\n'.join(page))
    (o.out / 'digits.svg').write_text(errors(cells))
    (o.out / 'digits-contribution.svg').write_text(contributions(cells))


if __name__ == '__main__':
    main()
