"""Writes the package models/digits: encoders, heads and fusion networks as ONNX, statistics of the embeddings, the manifest."""
import json
import pathlib

import numpy as np
import torch

import digits_data
import digits_fusion
import digits_measure
import digits_sound
import half
import package
from digits_encoders import WIDTH, Hearing

OPSET = 13
EXAMPLES = 1000   # pairs that retrieval looks among
SAMPLE = 256      # embeddings kept for a maximum mean discrepancy
BINS = 10         # of the histogram, of an equal share each
INPUTS = ['image', 'audio', 'present']
HEARD = {**digits_sound.PARAMETERS, 'frames': digits_sound.FRAMES}


def export(model, inputs, names, outputs, path, free=True):
    dynamic = {name: {0: 'batch'} for name in names + outputs} if free else None  # what the server takes for independent samples
    torch.onnx.export(model.eval(), inputs, str(path), opset_version=OPSET, input_names=names, output_names=outputs, dynamic_axes=dynamic)
    half.store(path)


def golden(folder, name, arrays):
    (folder / name).mkdir(parents=True, exist_ok=True)
    for key, value in arrays.items(): np.save(folder / name / (key + '.npy'), value.detach().numpy())


def statistics(folder, name, embeddings):
    """What drift is measured against: mean, covariance, edges of bins of equal share, a sample.  Recordings come digit by digit, so the
    sample is taken evenly."""
    e = embeddings.numpy().astype(np.float64)
    arrays = {'mean': e.mean(0), 'covariance': np.cov(e.T), 'histogram': np.quantile(e, np.linspace(0, 1, BINS + 1), 0).T, 'sample': e[np.linspace(0, len(e) - 1, SAMPLE).astype(int)]}
    for key, value in arrays.items():
        np.save(folder / ('%s_%s.npy' % (name, key)), np.ascontiguousarray(value, np.float16 if key == 'sample' else np.float32))
    return {'count': len(e), **{key: '%s_%s.npy' % (name, key) for key in arrays}}


def write(folder, golden_folder, image_model, audio_model, fused, drift, default):
    """`drift`: {modality: embeddings of training examples}.  Models are rounded already, see half.rounded."""
    folder, golden_folder = pathlib.Path(folder), pathlib.Path(golden_folder)
    folder.mkdir(parents=True, exist_ok=True)
    for old in list(folder.glob('*.onnx')) + list(folder.glob('*.npy')): old.unlink()
    torch.manual_seed(4)
    heads = fused.made['heads']
    picture, sound = torch.rand(1, 1, 28, 28), -18 * torch.rand(1, 1, digits_sound.FRAMES, digits_sound.BANDS)
    image, audio = torch.relu(torch.randn(5, WIDTH)), torch.relu(torch.randn(5, WIDTH))
    present = torch.tensor([[1., 1], [1, 0], [0, 1], [1, 1], [1, 1]])
    image, audio = image * present[:, :1], audio * present[:, 1:]
    three = (image, audio, present)
    hearing, said = Hearing(audio_model), digits_fusion.said(heads, *three)
    export(image_model, picture, ['picture'], ['out'], folder / 'image.onnx', free=False)
    export(hearing, sound, ['sound'], ['out'], folder / 'audio.onnx', free=False)
    golden(golden_folder, 'image', {'picture': picture, 'out': image_model(picture)})
    golden(golden_folder, 'audio', {'sound': sound, 'out': hearing(sound)})
    for name, x in (('image', image), ('audio', audio)):
        export(getattr(heads, name), x, ['embedding'], ['out'], folder / (name + '_head.onnx'))
    for name, outputs in (('early', ['out']), ('attention', ['out', 'weights'])):
        export(fused.made[name], three, INPUTS, outputs, folder / (name + '.onnx'))
        found = fused.made[name](*three)
        golden(golden_folder, name, {**dict(zip(INPUTS, three)), **dict(zip(outputs, found if isinstance(found, tuple) else (found,)))})
    export(fused.made['stacked'], said, ['said'], ['out'], folder / 'stacked.onnx')
    golden(golden_folder, 'stacked', {'said': said, 'out': fused.made['stacked'](said)})
    experts = fused.made['experts']
    export(experts.gate, three, INPUTS, ['out'], folder / 'gate.onnx')
    golden(golden_folder, 'gate', {**dict(zip(INPUTS, three)), 'out': experts.gate(*three)})
    names = ('expert_image', 'expert_audio', 'expert_both')
    for name, expert in zip(names, experts.experts): export(expert, three, INPUTS, ['out'], folder / (name + '.onnx'))
    for name, array in zip(('image', 'audio'), fused.examples[:2]):
        np.save(folder / ('examples_%s.npy' % name), array.numpy().astype(np.float16))
    np.save(folder / 'examples_labels.npy', fused.examples[2].numpy().reshape(-1, 1))
    manifest(folder, fused, {m: statistics(folder, m, e) for m, e in drift.items()}, names, default)


def manifest(folder, fused, drift, experts, default):
    scale = lambda found: {'scale': round(found[0], 4), **({'quality': q} if (q := {m: round(e, 3) for m, e in zip(('image', 'audio'), found[1:]) if e}) else {})}
    alone = lambda name: {'model': name + '_head.onnx', 'calibrations': {'digit': scale(fused.calibrations[name]['all'])}}
    modality = lambda name, given: {'kind': name, 'input': given, 'encoder': name + '.onnx', 'width': WIDTH, 'stale_after_us': 500000,
                                    'head': alone(name), 'drift': drift[name]}
    calibrated = lambda name: {'calibrations': {'digit': {k: scale(v) for k, v in fused.calibrations[name].items()}}}
    weights = [round(float(w), 4) for w in fused.made['late']]
    patterns = {
        'late': {'pattern': 'late', 'weights': dict(zip(('image', 'audio'), weights)), **calibrated('late')},
        'stacked': {'pattern': 'late', 'model': 'stacked.onnx', **calibrated('stacked')},
        'early': {'pattern': 'early', 'model': 'early.onnx', **calibrated('early')},
        'attention': {'pattern': 'cross_attention', 'model': 'attention.onnx', **calibrated('attention')},
        'experts': {'pattern': 'experts', 'gate': 'gate.onnx', 'top': 2,
                    'experts': [{'model': e + '.onnx', 'modalities': m} for e, m in zip(experts, (['image'], ['audio'], ['image', 'audio']))],
                    **calibrated('experts')},
        'retrieval': {'pattern': 'retrieval', **fused.retrieval,
                      'examples': {'embeddings': {'image': 'examples_image.npy', 'audio': 'examples_audio.npy'}, 'labels': 'examples_labels.npy'},
                      **calibrated('retrieval')},
        'cascade': {'pattern': 'cascade', 'steps': [{'modality': 'image', 'least': round(fused.least['image'], 5)}], 'then': 'early'},
    }
    made = {'schema': 'plait.package/1', 'name': 'digits', 'version': '0.1.0', 'kind': 'multimodal', 'licence': 'CC-BY-SA-4.0',
            'embedding_schema': 'digits/2',
            'modalities': {'image': modality('image', {'channels': 1, 'height': 28, 'width': 28, 'mean': 0, 'deviation': 1}),
                           'audio': modality('audio', HEARD)},
            'heads': {'digit': {'classes': [str(d) for d in range(10)]}},
            'tolerance_us': 200000, 'prefer': ['image', 'audio'], 'fusion': default, 'patterns': patterns}
    (folder / 'manifest.json').write_text(json.dumps(made))
    package.update(folder, {})
