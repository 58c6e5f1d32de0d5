"""The package's model card, from figures measured now.

usage: card.py [--data ../shared/data] [--package ../receipt] [--made SENTENCE] [--folds folds.json]      needs build/native/plait
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / 'tests' / 'bench'))
import noisy_text
import torn_pages

TEXT = """# receipt {version}

Reads a scanned or photographed receipt or invoice: lines, words, and the fields company, date, address and total.
Made by `models/training/train.py`; this card by `card.py`.

## Networks

| file | what | bytes |
| --- | --- | --- |
{files}

All {bytes} bytes. Weights are stored in half precision and run as float32; convolutions and products only, so that XNNPACK runs every node.
The detector (a pyramid of depthwise-separable convolutions) gives lines; the recogniser (depthwise-separable convolutions, CTC) reads them, helped
by counted character n-grams; words, their places and their pictures are each encoded and fused by cross-attention into labels,
trained with senses left out so that any of them may be missing.

## Data and licences

- SROIE (ICDAR 2019) receipts, 429 of `train`: github.com/zzzDavid/ICDAR-2019-SROIE, MIT. Real shops of Malaysia, English and Malay print.
- Synthetic lines and pages: made by `synthesis.py` and `pages.py` with Debian's fonts; nothing of them is stored here.
- Words for them: Debian's word lists (public domain and free licences).
- Calibrated on answers to `train`'s receipts by taggers that had not seen them, and on `dev` (57 receipts), on which choices were made too.
  No other data has been seen. The calibration errors below are therefore of documents it was fitted on; with an eighth of `dev`
  left out of the fit in turn, those of company and address are about twice as large or more, and 57 documents are few.
- `voice.onnx`: the Free Spoken Digit Dataset and its contributors (github.com/Jakobovski/free-spoken-digit-dataset); that network is under
  CC BY-SA 4.0. Made by `digits_train.py`: 2,000 recordings by five men, joined, in other voices, rooms and noise.
- The manifest lists {familiar} companies and addresses of `train`: one that is read nearly so is taken for it.

## Figures on `dev`, 57 receipts (in brackets: 95% interval by bootstrap over documents)

| | from pixels | true lines (`--true-text`) |
| --- | --- | --- |
{figures}

| senses | fields, micro F1 | precision of answers with a confidence over 0.9 |
| --- | --- | --- |
{ablation}

{torn}

## Receipts of `train` that the tagger had not seen

Taggers trained on two thirds of `train` each, true lines, fields micro F1: {folds}.

## Training time and machine

{machine}. {made}

## What it cannot do

- It has seen receipts and invoices of one country and fonts of one system: other layouts and hands are read worse, and handwriting is not read.
- Alphabets beyond Latin-1 are not in its character set.
- Fields other than the four are not found. Two receipts in one picture are taken for one.
- The confidences are honest for documents like those it was calibrated on; on other kinds they are a ranking at best.
"""

WHAT = {'detector.onnx': 'lines of text on the page', 'recogniser.onnx': 'text of a line', 'language.bin': 'character n-grams',
        'charset.txt': 'characters', 'text.onnx': 'encoder of the words', 'layout.onnx': 'encoder of their places',
        'image.onnx': 'encoder of their pictures', 'fusion.onnx': 'fusion and labels', 'voice.onnx': 'digits said one after the other'}


def evaluate(plait, folder, package, *options):
    return json.loads(subprocess.run([plait, 'eval', '--model', package, *options, folder], check=True, capture_output=True).stdout)


def fields(report):
    return report['fields']['micro']


def short(figure):
    """Three decimals; a figure of nothing is none."""
    return '–' if figure is None else '%.3f' % figure


def rows(pixels, words):
    def with_interval(report, name, figure):
        low, high = report['intervals'][name]
        return '%s [%s, %s]' % (short(figure), short(low), short(high))

    yield 'word F1', with_interval(pixels, 'word_f1', pixels['ocr']['words']['f1']), ''
    yield 'page CER', with_interval(pixels, 'cer_page', pixels['ocr']['cer_page']), ''
    yield 'line F1, IoU 0.5', with_interval(pixels, 'lines_iou50_f1', pixels['ocr']['lines_iou50']['f1']), ''
    yield ('fields, micro F1, normalised', *(with_interval(r, 'fields_normalised_f1', fields(r)['normalised']['f1']) for r in (pixels, words)))
    yield ('fields, micro F1, as printed', *(short(fields(r)['strict']['f1']) for r in (pixels, words)))
    for name in pixels['fields']:
        if name in ('micro', 'all_right'): continue
        yield ('%s: F1, calibration error' % name, *('%s, %s' % (short(r['fields'][name]['normalised']['f1']), short(r['fields'][name]['calibration']['ece'])) for r in (pixels, words)))
    yield ('coverage at 1% error', *(short(fields(r)['calibration']['coverage_at_1pct']) for r in (pixels, words)))


def write(plait, folder, package, made, folds):
    """`made`: a sentence or two on how long each training took; `folds`: tagger_calibrate.py's figures."""
    manifest = json.loads((package / 'manifest.json').read_text())
    pixels, words = evaluate(plait, folder, package), evaluate(plait, folder, package, '--true-text')
    table = lambda lines: '\n'.join('| %s |' % ' | '.join(map(str, line)) for line in lines)
    left_out = {'image': evaluate(plait, folder, package, '--true-text', '--without', 'image'),
                'layout': evaluate(plait, folder, package, '--true-text', '--without', 'layout')}
    ablation = [(name, short(fields(r)['normalised']['f1']), short(fields(r)['calibration']['precision_when_sure'])) for name, r in (
        ('all senses, from pixels', pixels), ('all senses, true lines', words), *(('without %s, true lines' % name, report) for name, report in left_out.items()))]
    for rate in (0.02, 0.04):
        noisy = noisy_text.measure(plait, folder, package, rate)
        ablation.append(('%d%% of the characters of true lines changed, mean of %d copies' % (round(100 * rate), len(noisy['precision'])), short(noisy['mean_f1']), short(noisy['mean_precision'])))
    torn = []
    for part in torn_pages.GONE:
        found = torn_pages.measure(plait, folder, package, part)
        torn.append('Receipts whose %s is torn off, from pixels: of %d fields that it said, %d are answered all the same, %d of them with a confidence over 0.9.' % (
            part, found['fields'], found['answered'], found['over_0.9']))
    (package / 'CARD.md').write_text(TEXT.format(
        version=manifest['version'], files=table((n, WHAT.get(n, ''), f['bytes']) for n, f in manifest['files'].items()),
        bytes=sum(f['bytes'] for f in manifest['files'].values()), figures=table(rows(pixels, words)), ablation=table(ablation), torn='\n'.join(torn),
        familiar=sum(len(f.get('familiar', [])) for f in manifest['fields'].values()),
        machine='%d %s cores, no GPU' % (os.cpu_count(), platform.machine()),
        made=made, folds='; '.join('a third of the %ss left out: %.3f of %d' % (k, f['f1'], f['fields']) for k, f in folds.items()) or 'not measured'))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', type=pathlib.Path, default=ROOT.parent / 'shared' / 'data')
    parser.add_argument('--package', type=pathlib.Path, default=ROOT / 'models' / 'receipt')
    parser.add_argument('--made', default='Training times were not recorded.')
    parser.add_argument('--folds', type=pathlib.Path, help="tagger_calibrate.py's --figures")
    o = parser.parse_args()
    figures = json.loads(o.folds.read_text()) if o.folds else {}
    write(ROOT / 'build' / 'native' / 'plait', o.data / 'receipts' / 'dev', o.package.resolve(), o.made, figures)


if __name__ == '__main__':
    main()
