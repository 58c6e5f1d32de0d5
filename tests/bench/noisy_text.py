#!/usr/bin/python3
"""How sure the fields are of words that were given with mistakes: labelled receipts whose true lines have characters changed.

    tests/bench/noisy_text.py PLAIT FOLDER [--model PACKAGE] [--copies N] [RATE...]        RATEs: 0.02 and 0.04

Each character but white space is changed with a chance of RATE: half the time into one that looks like it, else into any letter or
digit.  Every copy of the folder has other changes.  Prints, for each rate, a JSON object: the share of right ones among the fields with
a confidence over 0.9, for each copy and in the mean, and micro F1."""
import argparse, glob, json, os, random, subprocess, tempfile

ANY = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
ALIKE = [set(group) for group in ('0OQD', '1IL7', '5S', '8B', '2Z', '6G', 'CG', 'EF', 'UV', 'MN', 'PR', 'HN', 'VY', '3E', '4A', '9G', '.,', ':;', '-_')]


def changed(character, chance):
    alike = sorted(set().union(*(group for group in ALIKE if character.upper() in group)) - {character.upper()})
    return chance.choice(alike if alike and chance.random() < 0.5 else ANY)


def copy(folder, target, rate, seed):
    """The folder's pages, with links to the pictures."""
    chance = random.Random(seed)
    for path in sorted(glob.glob(os.path.join(folder, '*.json'))):
        with open(path, encoding='utf-8') as file:
            labels = json.load(file)
        for line in labels['lines']:
            line['text'] = ''.join(changed(c, chance) if not c.isspace() and chance.random() < rate else c for c in line['text'])
        with open(os.path.join(target, os.path.basename(path)), 'w', encoding='utf-8') as file:
            json.dump(labels, file)
        for picture in glob.glob(path[:-5] + '.[jp][pn]g'):
            os.symlink(os.path.abspath(picture), os.path.join(target, os.path.basename(picture)))


def measure(plait, folder, model, rate, copies=12):
    precisions, scores = [], []
    for seed in range(1, copies + 1):
        with tempfile.TemporaryDirectory() as target:
            copy(folder, target, rate, seed)
            done = subprocess.run([plait, 'eval', '--true-text', '--model', model, target], check=True, stdout=subprocess.PIPE)
        fields = json.loads(done.stdout)['fields']['micro']
        precisions.append(fields['calibration']['precision_when_sure'])
        scores.append(fields['normalised']['f1'])
    mean = lambda values: round(sum(values) / len(values), 4)
    return {'rate': rate, 'precision': precisions, 'mean_precision': mean(precisions), 'mean_f1': mean(scores)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('plait')
    parser.add_argument('folder')
    parser.add_argument('--model', default='receipt')
    parser.add_argument('--copies', type=int, default=12)
    parser.add_argument('rates', nargs='*', type=float, default=[0.02, 0.04])
    o = parser.parse_args()
    for rate in o.rates or [0.02, 0.04]:
        print(json.dumps(measure(o.plait, o.folder, o.model, rate, o.copies)), flush=True)


if __name__ == '__main__':
    main()
