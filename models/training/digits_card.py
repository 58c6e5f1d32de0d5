"""The card of models/digits, from the figures that digits_train.py measured (WORK/known.json, WORK/fold-*.json)."""
import json

import numpy as np

from digits_data import SPEAKERS

TEXT = """# digits {version}

Says which digit was written and spoken: a picture of 28 x 28 pixels, a second of sound, or one of them. All patterns of
docs/multimodal.md are in it. Made by `models/training/digits_train.py`, which wrote this card; docs/digits.md has the same through the C core.

| what | parameters |
| --- | --- |
| image encoder: three convolutions | 76,466 |
| audio encoder: convolutions over a log-mel spectrum, then along time, a weighted mean and the maximum | 156,955 |

All {bytes} bytes; weights are stored in half precision. {made}

## Data and licences

- Pictures: MNIST, (c) Yann LeCun and Corinna Cortes, derived from NIST data, CC BY-SA 3.0; 20,000 of its training digits.
- Sound: the Free Spoken Digit Dataset and its contributors (github.com/Jakobovski/free-spoken-digit-dataset), CC BY-SA 4.0; 2,000
  recordings by five men.
- So the package is under CC BY-SA 4.0.
- Other voices are made from these: vocal tracts of 0.82 to 1.3 and pitches of 0.75 to 2.1 times theirs, speeds, rooms, noise down to -5 dB.
- Calibrated on the first half of `dev` (1,000 pictures, 250 recordings), measured on its other pictures with the same recordings and
  other noise.

## Known voices

Accuracy in percent, and expected calibration error, of 2,000 pairs: all 250 recordings of `dev`, eight times, with 1,000 pictures. Degraded pictures keep the principal components with a quarter of the energy;
degraded sound has white noise of its own power.

{known}

## Voices left out

{folds}

## What it cannot do

- Men's voices alone were recorded; women's and children's are covered by what was made of men's, and were not measured.
- How sure it is of a voice that nobody trained on is right over the five voices, not for each of them. (Of 450 recordings chance alone makes an
  error of 0.03 in what a cell above says.)
- One digit at a time, English. What is neither picture nor digit gets a digit too.
"""


def cell(found):
    return '%.1f %.3f' % (100 * found['accuracy'], found['ece'])


def grid(table):
    conditions = list(table['late'])
    rows = ['| | ' + ' | '.join(conditions) + ' |', '| --- |' + ' --- |' * len(conditions)]
    rows += ['| %s | %s |' % (p, ' | '.join(cell(cells[c]) if c in cells else '' for c in conditions)) for p, cells in table.items()]
    return '\n'.join(rows)


def left_out(work, pattern):
    """A line a speaker that nobody trained on, and their mean."""
    found = {s: json.loads((work / ('fold-%s.json' % s)).read_text()) for s in SPEAKERS if (work / ('fold-%s.json' % s)).exists()}
    if not found: return 'Not measured: nobody has been left out of a training yet.'
    columns = [('audio', 'clean'), ('audio', 'audio degraded'), (pattern, 'clean'), (pattern, 'image degraded'), (pattern, 'audio degraded'), (pattern, 'both degraded')]
    rows = ['| left out | ' + ' | '.join('%s, %s' % c for c in columns) + ' |', '| --- |' + ' --- |' * len(columns)]
    for s, t in found.items(): rows.append('| %s | %s |' % (s, ' | '.join(cell(t[p][c]) for p, c in columns)))
    mean = lambda p, c: {k: np.mean([t[p][c][k] for t in found.values()]) for k in ('accuracy', 'ece')}
    rows.append('| mean | %s |' % ' | '.join(cell(mean(p, c)) for p, c in columns))
    return ('%d of the five voices were left out in turn of the training of the audio encoder and of the fusion, then all their recordings asked.\n\n' % len(found)
            + '\n'.join(rows))


def write(work, folder, made=''):
    manifest = json.loads((folder / 'manifest.json').read_text())
    folds = left_out(work, manifest['fusion'])
    (folder / 'CARD.md').write_text(TEXT.format(version=manifest['version'], bytes=sum(f['bytes'] for f in manifest['files'].values()),
                                                known=grid(json.loads((work / 'known.json').read_text())), folds=folds, made=made))
