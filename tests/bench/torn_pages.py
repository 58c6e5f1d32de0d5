#!/usr/bin/python3
"""What is found that is not there: labelled receipts torn off above their total, or below their company and address.

    tests/bench/torn_pages.py PLAIT FOLDER [--model PACKAGE]

The end is torn off above the first line with an amount that is the total, the beginning below the last line of the company and
the address; pages that do not come apart like that are left out.  Prints, for each of the two, a JSON object: the pages, how
many of the fields that are gone were answered all the same, how many of them with a confidence over 0.5 and over 0.9, and the
micro F1 of the fields that are left."""
import argparse, glob, json, os, re, subprocess, tempfile

from PIL import Image

GONE = {'end': ('total',), 'beginning': ('company', 'address')}


def letters(text):
    return re.sub('[^a-z0-9]', '', (text or '').lower())


def amount(text):
    found = re.findall(r'\d[\d,]*\.\d\d(?!\d)', text or '')
    return found[-1].replace(',', '') if found else None


def ends_at(labels):
    """Above this row of pixels nothing is the total; None when it is not found."""
    total = amount(labels['fields']['total'])
    return min((line['box'][1] for line in labels['lines'] if total and amount(line['text']) == total), default=None)


def begins_at(labels):
    """Below this row nothing is of the company or the address."""
    wanted = [letters(labels['fields'][field]) for field in GONE['beginning']]
    header = [line['box'][3] for line in labels['lines'] if len(letters(line['text'])) > 4 and any(letters(line['text']) in w for w in wanted)]
    return max(header, default=None)


def tear(path, target, which):
    """The page's part with its labels, in the folder; False when too little is left."""
    with open(path, encoding='utf-8') as file:
        labels = json.load(file)
    picture = next(iter(glob.glob(path[:-5] + '.[jp][pn]g')))
    cut = {'end': ends_at, 'beginning': begins_at}[which](labels)
    if cut is None: return False
    top, bottom = (0, cut) if which == 'end' else (cut, labels['height'])
    labels['lines'] = [line for line in labels['lines'] if top <= (line['box'][1] + line['box'][3]) / 2 < bottom]
    if len(labels['lines']) < 3: return False
    for line in labels['lines']: line['box'] = [line['box'][0], max(line['box'][1] - top, 0), line['box'][2], min(line['box'][3], bottom) - top]
    labels['fields'].update({field: None for field in GONE[which]}, **gone_with(labels))
    labels['height'] = bottom - top
    with open(os.path.join(target, os.path.basename(path)), 'w', encoding='utf-8') as file:
        json.dump(labels, file)
    Image.open(picture).crop((0, top, labels['width'], bottom)).save(os.path.join(target, os.path.basename(picture)), quality=95)
    return True


def gone_with(labels):
    """Other fields that went with that part: of a date nothing is left in any line, of an address or a company hardly anything."""
    text = letters(' '.join(line['text'] for line in labels['lines']))
    return {field: None for field in ('date', 'total', 'company', 'address') if labels['fields'][field] and letters(labels['fields'][field])[:8] not in text}


def measure(plait, folder, model, which):
    with tempfile.TemporaryDirectory() as target, tempfile.NamedTemporaryFile() as read:
        pages = sum(tear(path, target, which) for path in sorted(glob.glob(os.path.join(folder, '*.json'))))
        done = subprocess.run([plait, 'eval', '--model', model, '--predictions', read.name, target], check=True, stdout=subprocess.PIPE)
        documents = [json.loads(line) for line in open(read.name, encoding='utf-8')]
    confidences = [document['fields'][field]['confidence'] for document in documents for field in GONE[which]
                   if document['fields'].get(field, {}).get('value') is not None]
    return {'torn': which, 'pages': pages, 'fields': pages * len(GONE[which]), 'answered': len(confidences), 'over_0.5': sum(c > 0.5 for c in confidences),
            'over_0.9': sum(c > 0.9 for c in confidences), 'f1': json.loads(done.stdout)['fields']['micro']['normalised']['f1']}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('plait')
    parser.add_argument('folder')
    parser.add_argument('--model', default='receipt')
    o = parser.parse_args()
    for which in GONE:
        print(json.dumps(measure(o.plait, o.folder, o.model, which)), flush=True)


if __name__ == '__main__':
    main()
