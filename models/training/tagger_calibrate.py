"""Makes the confidences of the fields honest, for every set of senses present.

usage: tagger_calibrate.py DATA LIBRARY PACKAGE --fold CHECKPOINT0 --fold CHECKPOINT1 --fold CHECKPOINT2 --final CHECKPOINT
                           [--read train.jsonl] [--read-dev dev.jsonl]

The pages of train are answered by the fold that has not seen their shop: as they are, with a recogniser's mistakes made up, and as
the recogniser read them (--read: the documents of `plait eval --predictions` over train).  dev is answered by the final checkpoint.
Then, for each field and set of senses, the numbers of the manifest's calibrations are those of the greatest likelihood."""
import argparse, json, os
import numpy as np
import torch
from scipy.optimize import minimize

import package, tagger, tagger_augment, tagger_data, tagger_inputs, tagger_manifest, tagger_score
from tagger_data import FIELDS
from tagger_model import SENSES

NAMES = ('text', 'layout', 'image')
SETS = [s for s in range(7, 0, -1)]
WEIGHTS = {'dev': 1.0, 'noisy': 0.08, 'fold': 0.03}                         # dev has known and unknown shops as they come
PART = tagger_manifest.part()
KINDS = {name: field['type'] for name, field in PART['fields'].items()}

def answers(lib, strangeness, model, page, rng, origin, confidences=None):
    """Rows (field, set, probability, misread, recognised, right, origin, strange) of one page."""
    sample = tagger.Sample(lib, page, rng, True)
    sample.x.checks(PART['amounts'], PART['checks'])
    inputs = tagger.batch_of([sample], rng, False)
    with torch.no_grad():
        embeddings = [model.text(inputs[0], inputs[1]).unsqueeze(0), model.layout(inputs[2]).unsqueeze(0), model.image(inputs[3]).unsqueeze(0)]
        present = torch.tensor([[[s >> m & 1 for m in range(SENSES)]] for s in SETS], dtype=torch.float32)
        logits = model.fusion(*embeddings, present, None, len(SETS)).numpy()
    rows = []
    for z, s in zip(logits, SETS):
        plain = sample.x.fields({s: z}, s, tagger.OUTPUTS, KINDS)
        doubted = sample.x.fields({s: z}, s, tagger.OUTPUTS, KINDS, (1, 0, 1, 0))
        for f, (value, text, p, _, first, words) in plain.items():
            if not words: continue
            misread = np.log(max(doubted[f][2], 1e-12) / max(p, 1e-12))
            recognised = 0.0
            if confidences is not None:
                recognised = sum(np.log(max(confidences[w[0]][w[1]], 1e-3)) for w in sample.x.places[first:first + words])
            truth = page.fields[f]
            rows.append((f, s, p, misread, recognised, truth is not None and tagger_score.right(f, truth, value, text), origin,
                         strangeness(' '.join(sample.words[i][0] for i in range(first, first + words)))))
    return rows

def damaged(page, rng):
    """The page with a recogniser's mistakes, by another hand than the recogniser's."""
    page = page.copy()
    tagger_augment.damage(page, rng, rng.choice([0.005, 0.02, 0.05]))
    page.lines = [l for l in page.lines if any(w[0] for w in l.words)]
    return page

def fit(rows):
    """The numbers of greatest likelihood; few rows stay near what is usual."""
    p = np.clip(np.array([r[2] for r in rows]), 1e-6, 1 - 1e-6)
    logit, misread, recognised = np.log(p / (1 - p)), np.array([r[3] for r in rows]), np.array([r[4] for r in rows])
    right, weight = np.array([r[5] for r in rows], float), np.array([WEIGHTS[r[6]] for r in rows])
    strange = np.array([r[7] for r in rows])
    usual = np.array([0.5, 0.5, -0.5, 0.1, 0.3, 0.02])                     # scale, offset, read, misread, recognised, strange
    def cost(x):
        c = np.exp(x[3] * misread + x[4] * recognised - x[5] * strange) / (1 + np.exp(-(x[1] + x[0] * logit + x[2] * (recognised < 0))))
        c = np.clip(c, 1e-4, 1 - 1e-4)
        return -(weight * (right * np.log(c) + (1 - right) * np.log(1 - c))).sum() + (np.array([1, 0.3, 0.3, 1, 1, 1]) * (x - usual) ** 2).sum()
    best = minimize(cost, usual, method='L-BFGS-B', bounds=[(0.05, 3), (-4, 6), (-4, 2), (0, 3), (0, 3), (0, 1)]).x
    return {k: round(float(v), 4) for k, v in zip(('scale', 'offset', 'read', 'misread', 'recognised', 'strange'), best)}

def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('data'); a.add_argument('library'); a.add_argument('package')
    a.add_argument('--fold', action='append', default=[]); a.add_argument('--final', required=True); a.add_argument('--read'); a.add_argument('--read-dev')
    a.add_argument('--rows', help='keep the rows in this file, and take them from there when it exists')
    a = a.parse_args()
    torch.set_num_threads(1)
    lib = tagger_inputs.open_library(a.library)
    rng, strangeness = np.random.default_rng(5), tagger_inputs.Strangeness(lib, a.package)
    def opened(path):
        if path == 'none': return None
        model = tagger.new_model(lib); model.load_state_dict(torch.load(path, map_location='cpu')['average']); model.eval()
        return model
    if a.rows and os.path.exists(a.rows): rows = [tuple(r) for r in json.load(open(a.rows))]
    else:
        rows, read = [], tagger_data.read_documents(a.read)
        train = tagger.load(lib, os.path.join(a.data, 'train'))
        models = [opened(f) for f in a.fold]
        for page, fold in zip(train, tagger_data.folds(train)):
            if fold >= len(models) or models[fold] is None: continue
            rows += answers(lib, strangeness, models[fold], page, rng, 'fold')
            rows += answers(lib, strangeness, models[fold], damaged(page, rng), rng, 'fold')
            if page.name in read:
                again, confidences = tagger_data.read_version(page, read[page.name])
                rows += answers(lib, strangeness, models[fold], again, rng, 'fold', confidences)
        final, read = opened(a.final), tagger_data.read_documents(a.read_dev)
        for page in tagger.load(lib, os.path.join(a.data, 'dev')):
            rows += answers(lib, strangeness, final, page, rng, 'dev')
            rows += answers(lib, strangeness, final, damaged(page, rng), rng, 'noisy')
            if page.name in read:
                again, confidences = tagger_data.read_version(page, read[page.name])
                rows += answers(lib, strangeness, final, again, rng, 'dev', confidences)
        if a.rows: json.dump([[r[0], r[1], float(r[2]), float(r[3]), float(r[4]), bool(r[5]), r[6], r[7]] for r in rows], open(a.rows, 'w'))
    manifest = package.read(a.package)
    for f in FIELDS:
        calibrations = {}
        for s in SETS:
            mine = [r for r in rows if r[0] == f and r[1] == s]
            calibrations['+'.join(n for m, n in enumerate(NAMES) if s >> m & 1)] = fit(mine)
            print(f, s, len(mine), '%.3f' % np.mean([r[5] for r in mine]), calibrations['+'.join(n for m, n in enumerate(NAMES) if s >> m & 1)], flush=True)
        manifest['fields'][f]['calibrations'] = calibrations
    package.update(a.package, {'fields': manifest['fields']})

if __name__ == '__main__': main()
