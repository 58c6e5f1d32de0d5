"""Makes the confidences of the fields honest, for every set of senses present.

usage: tagger_calibrate.py DATA LIBRARY PACKAGE --final CHECKPOINT --fold CHECKPOINT0 --fold CHECKPOINT1 --fold CHECKPOINT2
                           [--shop CHECKPOINT0 ...] [--read train.jsonl] [--read-dev dev.jsonl] [--figures folds.json]

The pages of train are answered by the fold's checkpoint that has not seen them: as they are, torn, with
a recogniser's mistakes made up, and as the recogniser read them (--read: documents of `plait read --lines`).  dev is
answered by the final checkpoint.  Then, for each field and set of senses, the numbers of the manifest's calibrations are those of the
greatest likelihood, and the values that train's receipts have become the manifest's familiar ones.  Printed: how far dev's confidences are off when train alone is fitted,
and the F1 of the folds by receipt and, with --shop, by shop: those figures go to --figures for the card."""
import argparse, glob, json, os
import numpy as np
import torch
from scipy.optimize import minimize

import folds, package, tagger, tagger_augment, tagger_data, tagger_inputs, tagger_manifest, tagger_score
from tagger_data import FIELDS
from tagger_model import SENSES

NAMES = ('text', 'layout', 'image')
SETS = [s for s in range(7, 0, -1)]
DAMAGES = 3                                                                # copies of each page
DEV, PIXELS, FOLD, DAMAGED = 30.0, 40.0, 0.3, 0.58                         # weights of rows; only dev's pixels are new to the recogniser
PART = tagger_manifest.part()
KINDS = {name: field['type'] for name, field in PART['fields'].items()}

COLUMNS = 'field set probability misread recognised right origin strange noise familiar pixels'.split()

def answers(lib, strangeness, model, page, rng, origin, familiar):
    """Rows (COLUMNS) of one page."""
    read = page.lines[0].confidences is not None
    sample = tagger.Sample(lib, page, rng, True)
    sample.x.checks(PART['amounts'], PART['checks'])
    sample.x.familiar([familiar.get(f, []) for f in KINDS])
    inputs = tagger.batch_of([sample], rng, False)
    with torch.no_grad():
        embeddings = [model.text(inputs[0], inputs[1]).unsqueeze(0), model.layout(inputs[2]).unsqueeze(0), model.image(inputs[3]).unsqueeze(0)]
        present = torch.tensor([[[s >> m & 1 for m in range(SENSES)]] for s in SETS], dtype=torch.float32)
        logits = model.fusion(*embeddings, present, None, len(SETS)).numpy()
    rows, page_strangeness = [], strangeness.page(sample.x)
    for z, s in zip(logits, SETS):
        not_misread = -np.logaddexp(0, z[:sample.count, tagger.MISREAD])
        for f, (value, text, p, _, first, count, known) in sample.x.fields({s: z}, s, tagger.OUTPUTS, KINDS).items():
            truth, words = page.fields[f], range(first, first + count)
            if not count:
                rows.append((f, s, 0.0, 0.0, 0.0, truth is None, origin, 0.0, 0.0, False, read))
                continue
            recognised = sum(np.log(max(page.lines[line].confidences[word], 1e-3)) for line, word, _ in sample.x.places[first:first + count]) if read else 0.0
            printed = ' '.join(sample.words[i][0] for i in words)
            right = truth is not None and tagger_score.right(f, truth, value, text)
            rows.append((f, s, float(p), float(not_misread[words].sum()), float(recognised), right, origin,
                         strangeness(printed), page_strangeness * len(printed.encode()), bool(known), read))
    return rows

def damaged(page, rng):
    """The page with a recogniser's mistakes, by another hand than the recogniser's: its own on some lines, or anything anywhere."""
    page = page.copy()
    if rng.random() < 0.5: tagger_augment.damage(page, rng, rng.choice([0.005, 0.02, 0.05]))
    else:
        rate = rng.choice([0.01, 0.02, 0.04])
        for word in (w for l in page.lines for w in l.words): word[0] = changed(word[0], rng, rate)
    page.lines = [l for l in page.lines if any(w[0] for w in l.words)]
    return page

def torn(page, rng):
    """A part of the page, its fields without those that are not in it."""
    page = page.copy()
    tagger_augment.tear(page, rng)
    return page

def changed(text, rng, rate):
    """Each character with that chance another: half of these one that looks like it, where there is one."""
    any_of = list(tagger_augment.LETTERS + '0123456789')
    alike = lambda c: list(tagger_augment.CONFUSIONS.get(c.upper(), any_of)) if rng.random() < 0.5 else any_of
    return ''.join(rng.choice(alike(c)) if rng.random() < rate else c for c in text)

NUMBERS = 'scale offset read misread recognised strange noise familiar'.split()
USUAL = np.array([0.3, 1.0, 0.0, 0.0, 0.5, 0.05, 0.03, 0.7])
BOUNDS = [(0.05, 3), (-4, 6), (-4, 2), (0, 3), (0, 3), (0, 1), (0, 1), (-2, 5)]
STIFF = np.array([3, 0.1, 0.1, 1, 3, 3, 0.3, 0.3])                             # few rows stay near what is usual

def confidence(x, rows):
    """plait__field_calibration's formula."""
    x = dict(zip(NUMBERS, x))
    p = np.clip(rows['probability'], 1e-6, 1 - 1e-6)
    chosen = x['offset'] + x['scale'] * np.log(p / (1 - p)) + x['read'] * (rows['recognised'] < 0)
    known = rows['familiar'] > 0
    well_read = np.where(known, x['familiar'], x['recognised'] * rows['recognised'] - x['strange'] * rows['strange'])
    intact = np.where(known, 0, x['misread'] * rows['misread'] - x['noise'] * rows['noise'] * (rows['recognised'] == 0))
    c = np.exp(intact) / (1 + np.exp(-chosen - well_read))
    return np.clip(c, 1e-4, 1 - 1e-4)

def fit(rows):
    """The numbers of greatest likelihood."""
    weight = np.where(rows['damaged'], DAMAGED, np.where(rows['origin'] == 'dev', np.where(rows['pixels'], PIXELS, DEV), FOLD))
    def cost(x):
        c = confidence(x, rows)
        return -(weight * np.where(rows['right'], np.log(c), np.log(1 - c))).sum() + (STIFF * (x - USUAL) ** 2).sum()
    return minimize(cost, USUAL, method='L-BFGS-B', bounds=BOUNDS).x

def chosen(rows, mask): return {k: v[mask] for k, v in rows.items()}

def off(confidences, right, bins=10):
    """Expected calibration error, equal bins."""
    at = np.minimum((confidences * bins).astype(int), bins - 1)
    return sum(abs(confidences[at == b].sum() - right[at == b].sum()) for b in range(bins)) / max(len(right), 1)

def report(field_rows, numbers):
    """How it would have gone with train alone."""
    for f, mine in field_rows.items():
        alone = fit(chosen(mine, mine['origin'] == 'fold'))
        for pixels in (False, True):
            dev = chosen(mine, (mine['origin'] == 'dev') & (mine['pixels'] == pixels))
            if len(dev['right']): print('%s, dev, %s: off by %.3f; %.3f when only train is fitted' % (
                f, 'pixels' if pixels else 'true lines', off(confidence(numbers[f], dev), dev['right']), off(confidence(alone, dev), dev['right'])))
        noisy = chosen(mine, mine['origin'] == 'noisy')
        c = confidence(numbers[f], noisy)
        sure = c > 0.9
        print('%s, damaged dev: off by %.3f; %d of %d over 0.9, %.3f of them right' % (f, off(c, noisy['right']), sure.sum(), len(sure), noisy['right'][sure].mean() if sure.any() else 1))

def micro_f1(right, given):
    """Of slots that were answered (`given`) or not, rightly or not: an answer that is not given is right where there is nothing."""
    return 2 * (right & given).sum() / (given.sum() + len(given) - (right & ~given).sum())

def folds_f1(rows):
    """{'receipt' and 'shop', what was left out: fields and micro F1, of true lines that the answering network had not seen}"""
    figures = {}
    for origin, left_out in (('fold', 'receipt'), ('shop', 'shop')):
        mine = chosen(rows, (rows['set'] == 7) & (rows['origin'] == origin) & ~rows['damaged'] & ~rows['pixels'])
        if not len(mine['right']): continue
        figures[left_out] = {'fields': len(mine['right']), 'f1': round(micro_f1(mine['right'], mine['probability'] > 0), 4)}
        print('%ss left out: %d fields of train, true lines, micro F1 %.4f' % (left_out, len(mine['right']), figures[left_out]['f1']), flush=True)
    return figures

def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('data'); a.add_argument('library'); a.add_argument('package')
    a.add_argument('--fold', action='append', default=[]); a.add_argument('--shop', action='append', default=[]); a.add_argument('--final', required=True); a.add_argument('--read'); a.add_argument('--read-dev')
    a.add_argument('--figures')
    a.add_argument('--rows', help='keep the rows in this file, and take them from there when it exists')
    a = a.parse_args()
    torch.set_num_threads(1)
    if a.rows and os.path.exists(a.rows): rows = json.load(open(a.rows))
    else: rows = ask(a)
    if a.rows: json.dump(rows, open(a.rows, 'w'))
    rows = {k: np.array(v) for k, v in zip(COLUMNS + ['damaged'], zip(*rows))}
    manifest, numbers, of_field = package.read(a.package), {}, {}
    for f in FIELDS:
        calibrations = {}
        for s in SETS:
            mine = chosen(rows, (rows['field'] == f) & (rows['set'] == s) & (rows['probability'] > 0) & (rows['origin'] != 'shop'))
            x = fit(mine)
            calibrations['+'.join(n for m, n in enumerate(NAMES) if s >> m & 1)] = {k: round(float(v), 4) for k, v in zip(NUMBERS, x)}
            if s == 7: numbers[f], of_field[f] = x, mine
        print(f, calibrations['text+layout+image'], flush=True)
        manifest['fields'][f]['calibrations'] = calibrations
    truths = [json.load(open(path, encoding='utf-8'))['fields'] for path in sorted(glob.glob(os.path.join(a.data, 'train', '*.json')))]
    for f, values in tagger_data.familiar(truths).items(): manifest['fields'][f]['familiar'] = values
    report(of_field, numbers)
    figures = folds_f1(rows)
    if a.figures: json.dump(figures, open(a.figures, 'w'))
    package.update(a.package, {'fields': manifest['fields']})

def ask(a):
    """All rows, each with whether its page was damaged at the end."""
    lib = tagger_inputs.open_library(a.library)
    rng, strangeness = np.random.default_rng(5), tagger_inputs.Strangeness(lib, a.package)
    def opened(path):
        model = tagger.new_model(lib); model.load_state_dict(torch.load(path, map_location='cpu')['average']); model.eval()
        return model
    rows = []
    def add_page(model, page, origin, known):
        rows.extend(r + (False,) for r in answers(lib, strangeness, model, page, rng, origin, known))
        parts = torn(page, rng)
        rows.extend(r + (True,) for r in answers(lib, strangeness, model, parts, rng, 'noisy' if origin == 'dev' else origin, known) if parts.known[r[0]])
    def add(model, page, origin, known, documents):
        add_page(model, page, origin, known)
        for _ in range(DAMAGES):
            rows.extend(r + (True,) for r in answers(lib, strangeness, model, damaged(page, rng), rng, 'noisy' if origin == 'dev' else origin, known))
        if page.name in documents:
            again = tagger_data.read_version(page, documents[page.name])
            if any(w[0] for l in again.lines for w in l.words): add_page(model, again, origin, known) # else there is nothing to be sure of
    train, documents = tagger.load(lib, os.path.join(a.data, 'train')), tagger_data.read_documents(a.read)
    for origin, paths, divide in (('fold', a.fold, folds.by_receipt), ('shop', a.shop, folds.by_shop)):
        fold_of = divide(os.path.join(a.data, 'train'))
        for fold, path in enumerate(paths):
            model, known = opened(path), tagger_data.familiar([p.fields for p in train if fold_of[p.name] != fold])
            for page in (p for p in train if fold_of[p.name] == fold):
                if origin == 'fold': add(model, page, origin, known, documents)
                else: rows.extend(r + (False,) for r in answers(lib, strangeness, model, page, rng, origin, known))
            print('%s %d answered' % (origin, fold), flush=True)
    model, known, documents = opened(a.final), tagger_data.familiar([p.fields for p in train]), tagger_data.read_documents(a.read_dev)
    for page in tagger.load(lib, os.path.join(a.data, 'dev')): add(model, page, 'dev', known, documents)
    return [[bool(v) if isinstance(v, np.bool_) else v for v in r] for r in rows]

if __name__ == '__main__': main()
