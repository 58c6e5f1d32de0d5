"""Detector and recogniser together, as `plait read` runs them but in PyTorch: to choose settings before, and to check C after.

usage: reading.py DETECTOR.pt RECOGNISER.pt OUT_FOLDER [--data ../shared/data] [--part dev] [--side 1600] [--every 1]
       then: ../shared/tools/score_receipts.py DATA/receipts/dev OUT_FOLDER [--only-predicted]
"""
import argparse
import json
import pathlib

import cv2
import torch

import crops
import detector
import recogniser


def read_page(page, finder, reader, side, **rules):
    """[(quad, text)] of a grey page."""
    quads, _ = detector.detect(finder, page, side, **rules)
    texts = recogniser.read(reader, [crops.cut(page, q) for q in quads]) if len(quads) else []
    return [(q.tolist(), ' '.join(t.split())) for q, t in zip(quads, texts) if t.strip()]


def document(name, page, lines):
    return {'schema': 'plait.document/1', 'source': {'name': name}, 'fields': {},
            'pages': [{'width': page.shape[1], 'height': page.shape[0], 'lines': [{'text': t, 'polygon': q} for q, t in lines]}]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('detector'), parser.add_argument('recogniser'), parser.add_argument('out', type=pathlib.Path)
    parser.add_argument('--data', default='../shared/data')
    parser.add_argument('--part', default='dev')
    parser.add_argument('--side', type=int, default=1600)
    parser.add_argument('--every', type=int, default=1)
    parser.add_argument('--threshold', type=float, default=0.33)
    parser.add_argument('--line-threshold', type=float, default=0.55)
    options = parser.parse_args()
    torch.set_num_threads(2)
    finder, reader = detector.load(options.detector), recogniser.load(options.recogniser)
    options.out.mkdir(parents=True, exist_ok=True)
    for path in sorted(pathlib.Path(options.data, 'receipts', options.part).glob('*.jpg'))[::options.every]:
        page = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        lines = read_page(page, finder, reader, options.side, threshold=options.threshold, line_threshold=options.line_threshold)
        (options.out / (path.stem + '.json')).write_text(json.dumps(document(path.name, page, lines)))


if __name__ == '__main__':
    main()
