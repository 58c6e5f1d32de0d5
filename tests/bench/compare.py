#!/usr/bin/env python3
"""Times plait and onnxruntime-node on the same models, in turn, with the same threads, and prints the ratios of speed.

    compare.py [--plait build/native/plait] [--threads N] [--rounds N] [--seconds S] MODEL.onnx...

A ratio above 1 means that plait is faster; the first is of wall time, the second of processor time, which a busy machine distorts
less (and which says little with several threads, because both sides count their waiting).  Inputs are described by the numpy arrays beside a model (MODEL/input_*.npy) as
models/training/bench_models.py writes them, or given as --shape NAME=float32:1x3x224x224.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def onnxruntime_folder():
    """A folder with onnxruntime-node in it; installed at the first call."""
    folder = pathlib.Path(os.environ.get('XDG_CACHE_HOME', pathlib.Path.home() / '.cache')) / 'plait' / 'onnxruntime'
    if not (folder / 'node_modules' / 'onnxruntime-node').is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', str(folder), 'onnxruntime-node']
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


def input_names(model):
    import onnx
    graph = onnx.load(model, load_external_data=False).graph
    constants = {tensor.name for tensor in graph.initializer}
    return [value.name for value in graph.input if value.name not in constants]


def shapes_beside(model):
    """NAME=DTYPE:DIMS of each input, from the arrays stored beside the model."""
    import numpy as np
    arrays = sorted(model.with_suffix('').glob('input_*.npy'))
    loaded = [np.load(path, mmap_mode='r') for path in arrays]
    return [f'{name}={array.dtype}:{"x".join(map(str, array.shape))}' for name, array in zip(input_names(model), loaded)]


class Onnxruntime:
    def __init__(self, model, shapes, options):
        command = ['node', str(HERE / 'onnxruntime.mjs'), str(model), str(options.threads), str(options.seconds), *shapes]
        environment = {**os.environ, 'ONNXRUNTIME_FOLDER': str(onnxruntime_folder())}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def turn(self):
        """Medians of wall and processor time, in ms."""
        print(file=self.process.stdin, flush=True)
        return [float(number) for number in self.process.stdout.readline().split()]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def plait_turn(model, shapes, options):
    command = [options.plait, 'bench', '--json', '--threads', str(options.threads), '--seconds', str(options.seconds)]
    for shape in shapes:
        name, rest = shape.split('=')
        command += ['--shape', f'{name}={rest.split(":")[1]}']
    result = subprocess.run([*command, '--precision', options.precision, str(model)], capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stderr.strip())
    return json.loads(result.stdout)


def parity_error(model, options):
    """How far plait's output is from the one stored beside the model, as a share of its largest number; None without one."""
    import numpy as np
    folder = model.with_suffix('')
    if not (folder / 'output.npy').is_file():
        return None
    with tempfile.TemporaryDirectory() as out:
        inputs = [str(path) for path in sorted(folder.glob('input_*.npy'))]
        subprocess.run([options.plait, 'onnx', '--precision', options.precision, '--output', out, str(model), *inputs], check=True,
                       stdout=subprocess.DEVNULL)
        found, expected = np.load(pathlib.Path(out) / 'output.npy'), np.load(folder / 'output.npy')
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def compare(model, options):
    shapes = options.shape or shapes_beside(model)
    error = parity_error(model, options)
    other = Onnxruntime(model, shapes, options)
    shares, ours, theirs, ratios = [], [], [], []
    for _ in range(options.rounds):
        before, bench, after = other.turn(), plait_turn(model, shapes, options), other.turn()
        ours.append(bench['p50_ms'])
        theirs += [before[0], after[0]]
        shares.append(bench['share_of_peak'])
        ratios.append([(before[i] + after[i]) / 2 / bench[key] for i, key in enumerate(('p50_ms', 'processor_ms'))])
    other.end()
    wall, processor = zip(*ratios)
    print(f'{model.stem:16} plait {statistics.median(ours):8.3f} ms   onnxruntime {statistics.median(theirs):8.3f} ms   ratio '
          f'{statistics.median(wall):.2f} ({min(wall):.2f}..{max(wall):.2f}), of processor time {statistics.median(processor):.2f} '
          f'({min(processor):.2f}..{max(processor):.2f})   share of peak {statistics.median(shares):.2f}   '
          f'fell back {bench["nodes_fallen"]} of {bench["nodes"]}' + ('' if error is None else f'   error {error:.1e}'), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--plait', default='build/native/plait')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--seconds', type=int, default=1, help='of each turn')
    parser.add_argument('--precision', default='f32', help='of plait: f32 or int8')
    parser.add_argument('--shape', action='append', help='NAME=DTYPE:DIMS of an input')
    parser.add_argument('models', nargs='+', type=pathlib.Path)
    options = parser.parse_args()
    for model in options.models:
        compare(model, options)


if __name__ == '__main__':
    main()
