"""A labelled folder from what people said was right: for `plait eval`, for a calibration, as more of the training's data.

usage: feedback.py FEEDBACK.jsonl PICTURES OUT [--plait build/native/plait] [--model receipt] [--sure 0.9]

FEEDBACK.jsonl is what `plait serve --feedback` wrote; PICTURES is where the pictures that were asked about are kept, under any names: they
are known by their SHA-256, which is an answer's source.digest.  Every picture of which a field was corrected goes to OUT with a label in the
format of the data, its lines as the model reads them.  The fields that nobody mentioned are taken from the model's answer if all of them are
`sure`; a document with one that is not is left out, since nobody knows whether it is right.  What was said last about a field counts.
"""
import argparse
import collections
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys

SUFFIXES = ('.jpg', '.jpeg', '.png')


def said(path):
    """{digest: {field: value}}, the last word on each; lines that are damaged are counted."""
    found, damaged = collections.defaultdict(dict), 0
    for line in open(path, encoding='utf-8', errors='replace'):
        try:
            feedback = json.loads(line)['feedback']
            found[feedback['digest']].update(feedback['fields'])
        except (ValueError, KeyError, TypeError):
            damaged += 1
    return found, damaged


def pictures(folder):
    return {hashlib.sha256(p.read_bytes()).hexdigest(): p for p in sorted(folder.rglob('*')) if p.suffix.lower() in SUFFIXES}


def read(plait, model, paths):
    """[(path, document)] of those that can be read."""
    result = subprocess.run([plait, 'read', '--lines', '--model', model, *map(str, paths)], stdout=subprocess.PIPE, text=True)
    documents = {d['source']['digest']: d for d in map(json.loads, result.stdout.splitlines())}
    return [(p, documents[d]) for p, d in ((p, hashlib.sha256(p.read_bytes()).hexdigest()) for p in paths) if d in documents]


def label(document, corrected, sure):
    """The label's fields, or None where one that nobody mentioned is not sure."""
    fields = {}
    for name, field in document['fields'].items():
        if name not in corrected and field['confidence'] < sure: return None
        as_printed = field['text' if field['type'] in ('money', 'date') else 'value']  # as the data's labels are
        fields[name] = corrected.get(name, as_printed)
    return fields


def box(polygon):
    xs, ys = [p[0] for p in polygon], [p[1] for p in polygon]
    return [round(min(xs)), round(min(ys)), round(max(xs)), round(max(ys))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('feedback', type=pathlib.Path)
    parser.add_argument('pictures', type=pathlib.Path)
    parser.add_argument('out', type=pathlib.Path)
    parser.add_argument('--plait', default='build/native/plait')
    parser.add_argument('--model', default='receipt')
    parser.add_argument('--sure', type=float, default=0.9)
    o = parser.parse_args()
    corrected, damaged = said(o.feedback)
    kept = pictures(o.pictures)
    there = [kept[d] for d in corrected if d in kept]
    o.out.mkdir(parents=True, exist_ok=True)
    written = unsure = turned = 0
    for path, document in read(o.plait, o.model, there) if there else []:
        page, digest = document['pages'][0], document['source']['digest']
        fields = label(document, corrected[digest], o.sure)
        if page['rotation']:  # boxes are of the upright page, the picture is not
            turned += 1
        elif fields is None:
            unsure += 1
        else:
            name = digest[:16] + path.suffix.lower().replace('.jpeg', '.jpg')
            shutil.copy(path, o.out / name)
            lines = [{'box': box(l['polygon']), 'text': l['text']} for l in page['lines']]
            (o.out / name).with_suffix('.json').write_text(json.dumps({'image': name, 'width': page['width'], 'height': page['height'], 'lines': lines, 'fields': fields}, ensure_ascii=False))
            written += 1
    print(json.dumps({'documents': len(corrected), 'written': written, 'no_picture': len(corrected) - len(there), 'unsure': unsure, 'turned': turned, 'damaged_lines': damaged}))
    return 0 if written else 'feedback: nothing was written'


if __name__ == '__main__':
    sys.exit(main())
