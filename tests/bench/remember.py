#!/usr/bin/env python3
"""What a memory is worth: one receipt of each shop that has several is confirmed, then the later ones and those of other shops are read.

    tests/bench/remember.py PLAIT ROOT [--shops N] [--package FOLDER] [--unfamiliar] [--cases]

A shop is a company and an address, letters and digits alone; its receipts come in the order of their names, those of `train`
first.  Where a label is that of a shop with several, but for a letter or two and with the same digits, it is misspelled, and nothing is
asked of that receipt.  Fields that were confirmed are those of the labels.  Prints F1 of company and address before and after, and by how much
their errors fell.  All 429 + 57 receipts are read twice: --shops takes fewer.  --unfamiliar reads with a package that does not
know train's companies and addresses by heart, as if every shop were new to it.  --cases lists the values that are not as labelled.
"""
import argparse
import collections
import difflib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tool import shared

FIELDS = ('company', 'address')


def folded(text):
    return ''.join(c for c in (text or '').lower() if c.isalnum())


def misspelled(one, other):
    """Whether two shops are one, labelled once with another letter or two."""
    digits = lambda text: [c for c in text if c.isdigit()]
    return all(digits(a) == digits(b) and difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() > 0.95 for a, b in zip(one, other))


def shops(root):
    """The fields of all labelled receipts by their paths; the receipts of shops that have several, those with the most first; one receipt of each other shop."""
    data = pathlib.Path(shared(os.path.abspath(root), 'data', 'receipts'))
    fields = {p: json.loads(p.read_text())['fields'] for part in ('train', 'dev') for p in sorted((data / part).glob('*.json'))}
    found = collections.defaultdict(list)
    for path in fields: found[tuple(folded(fields[path][f]) for f in FIELDS)].append(path)
    several = {s: paths for s, paths in found.items() if len(paths) > 1}
    others = [paths[0] for s, paths in found.items() if len(paths) == 1 and not any(misspelled(s, o) for o in several)]
    return fields, sorted(several.values(), key=len)[::-1], others


def unfamiliar(package, folder):
    """The package without the values that it knows."""
    folder.mkdir()
    for file in pathlib.Path(package).resolve().iterdir():
        if file.name != 'manifest.json': os.symlink(file, folder / file.name)
    manifest = json.loads((pathlib.Path(package) / 'manifest.json').read_text())
    for field in manifest['fields'].values(): field.pop('familiar', None)
    (folder / 'manifest.json').write_text(json.dumps(manifest))
    return folder


class Reader:
    """The command, a package, and a memory of its own in a folder."""

    def __init__(self, plait, package, folder):
        self.plait, self.folder, self.package = os.path.abspath(plait), folder, package
        self.run('memory', 'new-key', folder / 'key')
        self.memory = ('--memory', folder / 'memory', '--key-file', folder / 'key')

    def run(self, *arguments):
        done = subprocess.run([self.plait, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode: sys.exit(done.stderr)
        return done.stdout

    def confirm(self, path, fields):
        """Confirms a receipt as its label has it."""
        document = self.folder / 'document.json'
        document.write_text(self.run('read', '--lines', '--model', self.package, path.with_suffix('.jpg')))
        self.run('confirm', *self.memory, document, *('%s=%s' % (f, fields[f] or '') for f in FIELDS))


def evaluate(reader, folder, remembering):
    """F1 of each field; the documents by the names of their pictures."""
    read = reader.folder / 'read.jsonl'
    report = json.loads(reader.run('eval', '--model', reader.package, *(reader.memory if remembering else ()), '--predictions', read, folder))
    documents = map(json.loads, read.read_text().splitlines())
    return {f: report['fields'][f]['normalised']['f1'] for f in FIELDS}, {d['source']['name']: d for d in documents}


def link(folder, paths):
    folder.mkdir()
    for path in paths:
        for file in (path, path.with_suffix('.jpg')): os.symlink(file, folder / file.name)
    return folder


def print_cases(fields, before, after):
    for path in sorted(fields):
        name = path.with_suffix('.jpg').name
        for f in FIELDS:
            was, now = (documents.get(name, {}).get('fields', {}).get(f, {}) for documents in (before, after))
            if not now or folded(was['value']) == folded(now['value']) == folded(fields[path][f]): continue
            print('  %s %s%s\n    label  %s\n    before %s (%.2f)\n    after  %s (%.2f)' % (
                name, f, ', recalled' if 'confirmed' in now else '', fields[path][f], was['value'], was['confidence'], now['value'], now['confidence']))


def arguments(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('plait', 'root', '--package'): parser.add_argument(name)
    parser.add_argument('--shops', type=int)
    return parser


def main():
    parser = arguments(__doc__)
    parser.add_argument('--unfamiliar', action='store_true')
    parser.add_argument('--cases', action='store_true')
    o = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp())
    package = os.path.abspath(o.package or os.path.join(o.root, 'models', 'receipt'))
    reader = Reader(o.plait, unfamiliar(package, work / 'package') if o.unfamiliar else package, work)
    fields, several, others = shops(o.root)
    if o.shops:
        several = several[::max(1, len(several) // o.shops)][:o.shops]
        others = others[::max(1, len(others) // (2 * o.shops))][:2 * o.shops]
    for shop in several: reader.confirm(shop[0], fields[shop[0]])
    later = [p for s in several for p in s[1:]]
    print('%d shops, %d later receipts, %d of other shops' % (len(several), len(later), len(others)), flush=True)
    for part, paths in (('later', later), ('others', others)):
        folder = link(work / part, paths)
        before, documents_before = evaluate(reader, folder, False)
        after, documents_after = evaluate(reader, folder, True)
        mean = lambda found: sum(found.values()) / len(FIELDS)
        fell = 1 - (1 - mean(after)) / (1 - mean(before)) if mean(before) < 1 else 0
        print('%s: %s; errors of both fell by %.0f%%' % (part, ', '.join('%s %.4f -> %.4f' % (f, before[f], after[f]) for f in FIELDS), 100 * fell), flush=True)
        if o.cases: print_cases(fields, documents_before, documents_after)


if __name__ == '__main__':
    main()
