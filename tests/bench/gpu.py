#!/usr/bin/env python3
"""How long networks take on the GPU and on the processor, in turn, and the ratio of the medians (above 1: the GPU is faster).

    tests/bench/gpu.py PLAIT [--threads N] [--rounds N] [MODEL.onnx [NAME=DIMS...]]...

Without models the shipped networks, at sizes that a page of a receipt has.  Inputs are uploaded and outputs downloaded in every run.
Without a GPU it says so and ends with 77.
"""
import argparse, json, os, re, statistics, subprocess, sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
SHIPPED = [('receipt/detector', ['image=1x1x1024x768']), ('receipt/recogniser', ['image=32x1x32x320']), ('receipt/text', ['characters=60x62x1x18', 'features=60x24']),
           ('receipt/image', ['pictures=60x1x16x64']), ('receipt/fusion', ['text=1x60x96', 'layout=1x60x96', 'image=1x60x96', 'present=4x1x3']), ('digits/image', [])]


def measure(plait, backend, threads, model, shapes, seconds=2):
    options = [option for shape in shapes for option in ('--shape', shape)]
    done = subprocess.run([plait, 'bench', '--json', '--backend', backend, '--threads', str(threads), '--seconds', str(seconds), *options, model], capture_output=True, text=True)
    if done.returncode != 0:
        sys.stderr.write(done.stderr)
        sys.exit(77 if re.search('no NVIDIA driver|finds no device', done.stderr) else 1)
    return json.loads(done.stdout)


parser = argparse.ArgumentParser()
parser.add_argument('plait')
parser.add_argument('--threads', type=int, default=os.cpu_count())
parser.add_argument('--rounds', type=int, default=3)
parser.add_argument('models', nargs='*')
settings = parser.parse_intermixed_args()
models = []
for word in settings.models:
    if '=' in word:
        models[-1][1].append(word)
    else:
        models.append((word, []))
models = models or [(os.path.join(ROOT, 'models', name + '.onnx'), shapes) for name, shapes in SHIPPED]

ratios = []
for model, shapes in models:
    turns = [[measure(settings.plait, backend, settings.threads, model, shapes) for backend in ('cuda', 'xnnpack')] for _ in range(settings.rounds)]
    gpu, processor = (statistics.median(turn[i]['p50_ms'] for turn in turns) for i in range(2))
    ratios.append(processor / gpu)
    fallen = turns[0][0]['nodes_fallen']
    print('%-40s cuda %9.3f ms  xnnpack %9.3f ms  ratio %7.2f%s' % (os.path.relpath(model, ROOT), gpu, processor, ratios[-1], '  %d nodes fell back' % fallen if fallen else ''), flush=True)
print('geometric mean %.2f, on %d threads of the processor' % (statistics.geometric_mean(ratios), settings.threads))
