"""Retrains the package models/digits from nothing: encoders, fusion patterns, calibration, statistics, card; and of its audio encoder
the network by which the package models/receipt hears an amount that is read out.

usage: digits_train.py [--data ../shared/data] [--work runs/digits] [--package ../digits] [--hearing ../receipt] [--epochs 24 60] [--from STEP] [--list]

Steps are done in order, each once; --from does one and all after it again.  An encoder that was interrupted goes on from its last
epoch.  About 20 minutes of one idle core.  Every speaker is left out in turn (audio-SPEAKER), so that what is said about
voices nobody trained on is measured on each of them.  Seeds are fixed: only the machine's rounding differs from run to run.
Needs python3-torch and python3-onnx (requirements.txt).
"""
import argparse
import copy
import json
import os
import pathlib
import time

os.environ.setdefault('OMP_NUM_THREADS', '1')

import numpy as np
import torch

import digits_card
import digits_data
import digits_encoders
import digits_export
import digits_fusion
import digits_measure
import digits_sequence
import digits_sound
import half
from digits_data import SPEAKERS

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PASSES = 1     # over the pictures, some of them bad, for the fusion
VOICES = 8     # of the pool's, for the fusion
DEFAULT = 'early'


def seen_pictures(o, model):
    """Embeddings of training pictures, some bad, and their labels."""
    source = digits_encoders.Pictures(o.data, np.random.default_rng(21))
    found = [(digits_measure.embed(model, x).half().numpy(), y.numpy()) for _ in range(PASSES) for x, y in source.batches(500)]
    return np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found])


def heard_sounds(o, model, without=None):
    """Embeddings of training recordings in all voices of the pool, and as they are, clean and in noise; and their labels."""
    kept = [(i, r) for i, r in enumerate(digits_data.recordings(o.data, 'train')) if r[2] != without]
    labels, rows = np.array([r[1] for _, r in kept]), np.array([i for i, _ in kept])
    random = np.random.default_rng(22)
    said = [r[0] for _, r in kept]
    inputs = [torch.from_numpy(np.load(o.work / 'pool' / ('%02d.npy' % n))[rows]).float() for n in range(VOICES)]
    inputs += [digits_sound.plain(said)] + [digits_sound.plain([digits_data.noisy(s, random.uniform(-5, 20), random) for s in said]) for _ in range(3)]
    return np.concatenate([digits_measure.embed(model, x).half().numpy() for x in inputs]), np.tile(labels, len(inputs))


def fuse(o, without=None):
    """Fusion patterns on one pair of encoders, calibrated: a digits_measure.Fused, and embeddings of clean training examples."""
    image_model = half.rounded(digits_encoders.load('image', o.work / 'image.pt'))
    audio_model = half.rounded(digits_encoders.load('audio', o.work / ('audio-%s.pt' % without if without else 'audio.pt')))
    for model in (image_model, audio_model): model.requires_grad_(False)
    image, audio = seen_pictures(o, image_model), heard_sounds(o, audio_model, without)
    made = digits_fusion.train(image_model, audio_model, image, audio, seed=31, steps=o.steps, log=lambda line: print(line, flush=True))
    made = {k: half.rounded(m) if isinstance(m, torch.nn.Module) else m.detach() for k, m in made.items()}
    pictures, labels = digits_data.images(o.data, 'train')
    said = [r for r in digits_data.recordings(o.data, 'train') if r[2] != without]
    clean_image = digits_measure.embed(image_model, torch.from_numpy(pictures[:4000])[:, None])
    clean_audio = digits_measure.embed(audio_model, digits_sound.plain([r[0] for r in said]))
    i, a, y = digits_fusion.pairs(np.random.default_rng(23), labels[:4000], np.array([r[1] for r in said]), digits_export.EXAMPLES)
    stored = [e.half().float() for e in (clean_image[i], clean_audio[a])]
    fused = digits_measure.Fused(made, (*stored, torch.from_numpy(y)))
    fused.encoders = image_model, audio_model
    energy = digits_data.Energy(pictures)
    measured = calibration_set(o, fused, energy, [r for r in digits_data.recordings(o.data, 'dev') if r[2] != without])
    digits_measure.balance(fused, [measured])
    digits_measure.calibrate(fused, [measured])
    choose_cascade(fused, measured)
    return fused, energy, {'image': clean_image, 'audio': clean_audio}


def calibration_set(o, fused, energy, recordings, times=4):
    """Recordings with the first half of dev's pictures, with other noise than what is measured."""
    pictures, labels = digits_data.images(o.data, 'dev')
    half_way = len(pictures) // 2
    pairs = digits_measure.pair_up(np.random.default_rng(24), labels[:half_way], recordings, times)
    return digits_measure.Set(*fused.encoders, energy, pictures[:half_way], recordings, pairs, 25)


def choose_cascade(fused, measured, loss=0.003):
    """The least confidence of the picture alone that costs at most `loss` of the accuracy of fusing everything, under each condition."""
    conditions = [measured.under(c) for c in digits_measure.CONDITIONS[:4]]
    right = lambda pattern, c: (fused.probabilities(pattern, *c).argmax(1) == measured.labels).mean()
    whole = [right('early', c) for c in conditions]
    for least in 1 - np.logspace(-0.3, -5, 120):
        fused.least['image'] = float(least)
        if all(right('cascade', c) >= w - loss for c, w in zip(conditions, whole)): return


def measured_set(o, fused, energy, recordings, times, seed):
    pictures, labels = digits_data.images(o.data, 'dev')
    pictures, labels = pictures[1000:], labels[1000:]
    pairs = digits_measure.pair_up(np.random.default_rng(seed), labels, recordings, times)
    return digits_measure.Set(*fused.encoders, energy, pictures, recordings, pairs, seed)


def fold(o, speaker):
    """Fusion without a voice, all that voice's recordings to measure it on, and the scales that would be right for them."""
    fused, energy, _ = fuse(o, speaker)
    said = [r for p in ('train', 'dev') for r in digits_data.recordings(o.data, p) if r[2] == speaker]
    measured, known = measured_set(o, fused, energy, said, 2, 41), copy.deepcopy(fused.calibrations)
    digits_measure.calibrate(fused, [calibration_set(o, fused, energy, said, 1)])
    scales, fused.calibrations = fused.calibrations, known
    torch.save({'fused': fused, 'measured': measured, 'scales': scales}, o.work / ('fold-%s.pt' % speaker))


def new_voices(o):
    """What becomes of a voice that was left out, calibrated as the package is: with the other voices left out in turn."""
    folds = {s: torch.load(o.work / ('fold-%s.pt' % s)) for s in SPEAKERS}
    for speaker, one in folds.items():
        digits_measure.blend(one['fused'], [folds[s]['scales'] for s in SPEAKERS if s != speaker])
        new = digits_measure.table(one['fused'], one['measured'])
        (o.work / ('fold-%s.json' % speaker)).write_text(json.dumps(new, indent=1))
        print('%s left out\n%s' % (speaker, digits_measure.show(new)), flush=True)


def package(o):
    fused, energy, clean = fuse(o)
    digits_measure.blend(fused, [torch.load(o.work / ('fold-%s.pt' % s))['scales'] for s in SPEAKERS])
    choose_cascade(fused, calibration_set(o, fused, energy, digits_data.recordings(o.data, 'dev')))
    known = digits_measure.table(fused, measured_set(o, fused, energy, digits_data.recordings(o.data, 'dev'), 8, 42))
    (o.work / 'known.json').write_text(json.dumps(known, indent=1))
    print('known voices\n%s' % digits_measure.show(known), flush=True)
    golden = ROOT / 'tests/golden/digits' if o.package == ROOT / 'models/digits' else o.work / 'golden'
    digits_export.write(o.package, golden, *fused.encoders, fused, clean, DEFAULT)


def voice(o):
    """The network that hears sequences, in its package, and how well it does on recordings it was not trained on."""
    golden = ROOT / 'tests/golden' if o.hearing == ROOT / 'models/receipt' else o.work / 'golden'
    digits_sequence.export(o.work / 'sequence.pt', o.hearing, golden / 'voice')
    digits_sequence.report(o.work / 'sequence.pt', o.data, o.work / 'voice.json')


def steps(o):
    w = o.work
    train = lambda kind, name, without=None: digits_encoders.train(kind, w / (name + '.pt'), o.data, w / 'pool', without, o.epochs[kind == 'audio'])
    yield 'pool', lambda: digits_encoders.make_pool(o.data, w / 'pool')
    yield 'image', lambda: train('image', 'image')
    yield 'audio', lambda: train('audio', 'audio')
    for speaker in SPEAKERS: yield 'audio-' + speaker, lambda s=speaker: train('audio', 'audio-' + s, s)
    for speaker in SPEAKERS: yield 'fold-' + speaker, lambda s=speaker: fold(o, s)
    yield 'new-voices', lambda: new_voices(o)
    yield 'sequence', lambda: digits_sequence.train(w / 'sequence.pt', w / 'audio.pt', o.data, steps=o.sequence_steps)
    yield 'voice', lambda: voice(o)
    yield 'package', lambda: package(o)
    yield 'card', lambda: digits_card.write(w, o.package)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', type=pathlib.Path, default=ROOT.parent / 'shared' / 'data')
    parser.add_argument('--work', type=pathlib.Path, default=HERE / 'runs' / 'digits')
    parser.add_argument('--package', type=pathlib.Path, default=ROOT / 'models' / 'digits')
    parser.add_argument('--hearing', type=pathlib.Path, default=ROOT / 'models' / 'receipt', help='the package that hears amounts')
    parser.add_argument('--epochs', type=int, nargs=2, default=[24, 60], metavar=('IMAGE', 'AUDIO'))
    parser.add_argument('--steps', type=int, default=1000, help='of each fusion network')
    parser.add_argument('--sequence-steps', type=int, default=digits_sequence.STEPS, help='of the network that hears sequences')
    parser.add_argument('--from', dest='again', metavar='STEP')
    parser.add_argument('--list', action='store_true')
    o = parser.parse_args()
    o.data, o.work, o.package, o.hearing = (p.resolve() for p in (o.data, o.work, o.package, o.hearing))
    todo = list(steps(o))
    names = [name for name, _ in todo]
    if o.list: return print('\n'.join(names))
    if o.again and o.again not in names: parser.error('no step %s: --list shows them' % o.again)
    if not (o.data / 'spoken-digits').is_dir(): parser.error('no spoken-digits in %s' % o.data)
    torch.set_num_threads(int(os.environ['OMP_NUM_THREADS']))
    done = o.work / 'done'
    done.mkdir(parents=True, exist_ok=True)
    if o.again:
        for name in names[names.index(o.again):]: (done / name).unlink(missing_ok=True)
    for number, (name, step) in enumerate(todo, 1):
        if (done / name).exists(): continue
        print('digits: [%d/%d] %s' % (number, len(todo), name), flush=True)
        start = time.time()
        step()
        (done / name).write_text('%d s\n' % (time.time() - start))


if __name__ == '__main__':
    main()
