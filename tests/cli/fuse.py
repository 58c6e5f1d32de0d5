"""plait fuse, eval on pairs and sign from outside, on a package made here."""
import hashlib
import json
import os
import pathlib
import struct
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tool import Checks, places, run

PLAIT, ROOT = places()
check = Checks()
FOLDER = pathlib.Path(tempfile.mkdtemp())
PACKAGE = FOLDER / 'toy'


def image(name, left, right):
    (FOLDER / name).write_bytes(b'P5 4 2 255\n' + bytes([left, left, right, right]) * 2)


def manifest():
    head = {'weights': [[1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0, 0]]}  # the left or the right of the first row is lighter
    record = {'weights': [[-1, 0], [1, 0]]}
    return {'schema': 'plait.package/1', 'name': 'toy', 'version': '1.2', 'kind': 'multimodal', 'embedding_schema': 'toy/1', 'tolerance_us': 50,
            'modalities': {'eye': {'kind': 'image', 'input': {'channels': 1, 'height': 2, 'width': 4}, 'quality_least': 0.1, 'head': head},
                           'scale': {'kind': 'structured', 'input': {'columns': [{'name': 'tilt', 'type': 'number', 'unit': 'degrees'}]},
                                     'head': record}},
            'heads': {'side': {'classes': ['left', 'right']}}, 'fusion': 'late',
            'patterns': {'late': {'pattern': 'late', 'weights': {'eye': 1, 'scale': 1}},
                         'cheap': {'pattern': 'cascade', 'steps': [{'modality': 'scale', 'least': 0.9}], 'then': 'late'}},
            'files': {}}


def fuse(*arguments, **environment):
    return run(PLAIT, 'fuse', '--model', f'{PACKAGE}', *arguments, env={**os.environ, **environment})


PACKAGE.mkdir()
(PACKAGE / 'manifest.json').write_text(json.dumps(manifest()))
image('left.pgm', 255, 0)
image('right.pgm', 0, 255)
image('grey.pgm', 99, 99)
(FOLDER / 'right.json').write_text('{"tilt": 2}')
os.chdir(FOLDER)

try:
    import jsonschema
    schema = jsonschema.Draft202012Validator(json.load(open(os.path.join(ROOT, 'models', 'manifest.schema.json'))))
    check(not list(schema.iter_errors(manifest())), 'the manifest is as its schema says')
    check(list(schema.iter_errors({**manifest(), 'patterns': {'x': {'pattern': 'magic'}}})), 'the schema refuses an unknown pattern')
except ImportError:
    pass
found = json.loads(fuse('--image', 'left.pgm').stdout)
check(found['label'] == 'left' and found['modalities']['scale']['state'] == 'missing', 'one modality is enough')
both = json.loads(fuse('--image', 'left.pgm', '--record', 'right.json', '--save', 'kept').stdout)
check(both['label'] == 'right' and both['conflict'] and both['agreement'] < 0.5, 'a conflict is said')
check(abs(sum(both['heads']['side']['shapley'].values()) - both['confidence'] + 0.5) < 1e-5, 'Shapley values sum to what was gained')
again = json.loads(fuse('--embedding', 'kept').stdout)
check(again['confidence'] == both['confidence'] and again['heads'] == both['heads'], 'embeddings that were kept give the same answer')
found = json.loads(fuse('--image', 'grey.pgm', '--input', 'scale=right.json').stdout)
check(found['modalities']['eye']['state'] == 'gated' and found['label'] == 'right', 'an empty picture is left out')
found = json.loads(fuse('--image', 'left.pgm', '--record', 'right.json', '--at', 'eye=1000', '--at', 'scale=2000').stdout)
check(found['modalities']['scale']['state'] == 'misaligned' and found['label'] == 'left' and found['lag_us'] == 1000, 'misaligned is said')
found = json.loads(fuse('--image', 'left.pgm', '--record', 'right.json', '--pattern', 'cheap').stdout)
check(found['path'][0]['step'] == 'unimodal:scale' and found['modalities']['eye']['state'] == 'not_needed', 'a cascade ends early')
found = json.loads(fuse('--image', 'right.json', '--line').stdout)
check(found['label'] is None and found['reason'] == 'modality_missing', 'with nothing to answer from, there is no answer')
for arguments, sentence in ((('--audio', 'x.wav'), 'has no modality of kind audio'), (('--at', 'eye=1'), '--at: expected MODALITY='),
                            (('--pattern', 'no'), 'has no pattern "no"'), (('--image', 'none.png'), 'none.png'),
                            (('--embedding', 'left.pgm'), 'expected "PLAITEMB"')):
    result = fuse(*arguments)
    check(result.returncode == 1 and sentence in result.stderr and result.stderr.count('\n') == 1, f'{arguments} costs one line')

# pairs: a path, an index, a record in place
(FOLDER / 'array').write_bytes(struct.pack('>4I', 0x803, 2, 2, 4) + bytes([255, 255, 0, 0] * 2 + [0, 0, 255, 255] * 2))
pairs = [{'eye': 'left.pgm', 'label': 'left'}, {'eye': 1, 'scale': {'tilt': 1}, 'label': 'right'}, {'eye': 0, 'scale': {'tilt': 3}, 'label': 'left'},
         {'eye': 'grey.pgm', 'label': 'left'}]
(FOLDER / 'pairs.json').write_text(json.dumps({'pairs': pairs}))
result = run(PLAIT, 'eval', '--model', f'{PACKAGE}', '--array', 'eye=array', '--predictions', 'said', 'pairs.json')
report = json.loads(result.stdout)
check(report['samples'] == 4 and report['accuracy'] == 0.5, 'two of four are right')
check(report['by_modalities']['eye'] == {'count': 3, 'accuracy': 1, 'ece': report['by_modalities']['eye']['ece']}, 'the eye alone is always right')
check(report['modalities']['eye']['gated'] == 1 and report['modalities']['scale']['missing'] == 2, 'states are counted')
check(0.5 <= report['dominance'] <= 1 and len(open('said').readlines()) == 4, 'dominance, predictions')
result = run(PLAIT, 'eval', '--model', f'{PACKAGE}', 'pairs.json')
check(result.returncode == 1 and '--array eye=FILE' in result.stderr, 'an index needs its array')


# drift: an embedding of the scale is [tilt, missing]
def array(name, rows):
    """An .npy file of f32 numbers."""
    shape = (len(rows), len(rows[0])) if isinstance(rows[0], list) else (len(rows),)
    flat = sum(rows, []) if len(shape) == 2 else rows
    head = ("{'descr': '<f4', 'fortran_order': False, 'shape': %r, }" % (shape,)).ljust(117).encode() + b'\n'
    (PACKAGE / name).write_bytes(b'\x93NUMPY\x01\x00' + struct.pack('<H', len(head)) + head + struct.pack('<%df' % len(flat), *flat))


def evaluate(tilts, edges=(-2.0, -1.0, 0.0, 1.0, 2.0)):
    array('mean.npy', [0.0, 0.0])
    array('covariance.npy', [[1.35, 0.0], [0.0, 0.0]])
    array('histogram.npy', [list(edges), [0.0] * 5])
    array('sample.npy', [[i / 10 - 2, 0.0] for i in range(41)])
    made = manifest()
    made['modalities']['scale']['drift'] = {'count': 41, **{k: k + '.npy' for k in ('mean', 'covariance', 'histogram', 'sample')}}
    made['files'] = {p.name: {'bytes': p.stat().st_size, 'sha256': hashlib.sha256(p.read_bytes()).hexdigest()} for p in PACKAGE.glob('*.npy')}
    (PACKAGE / 'manifest.json').write_text(json.dumps(made))
    (FOLDER / 'tilts.json').write_text(json.dumps({'pairs': [{'scale': {'tilt': t}, 'label': 'left'} for t in tilts]}))
    return run(PLAIT, 'eval', '--model', f'{PACKAGE}', 'tilts.json')


check('drift' not in report['modalities']['scale'], 'without statistics of training there is no drift')
even = [i / 8 - 2 for i in range(33)]
report = json.loads(evaluate(even).stdout)
check('drift' not in report['modalities']['eye'], 'nor of the other modality')
drift = report['modalities']['scale']['drift']
check(drift['count'] == 33 and drift['drifted'] is False and drift['distance'] < 0.1 and drift['psi'] < 0.1 and drift['mmd_p'] > 0.5, f'the same: {drift}')
drift = json.loads(evaluate([t + 1.5 for t in even]).stdout)['modalities']['scale']['drift']
check(drift['drifted'] is True and drift['distance'] > 10 and drift['psi_worst_dimension'] == 0 and drift['mmd_p'] == 0.002, f'moved: {drift}')
drift = json.loads(evaluate([5] * 19).stdout)['modalities']['scale']['drift']
check(drift['drifted'] is None and drift['mmd_p'] == 0.002, f'19 are too few to say: {drift}')
result = evaluate(even, (0.0, 1.0, 0.5, 1.0, 2.0))
check(result.returncode == 1 and 'scale: drift: the edges of dimension 0 do not ascend' in result.stderr and result.stderr.count('\n') == 1,
      f'edges that fall cost one line: {result.stderr}')
(PACKAGE / 'manifest.json').write_text(json.dumps(manifest()))
for path in PACKAGE.glob('*.npy'):
    path.unlink()

# signatures
public = run(PLAIT, 'sign', '--new-key', 'key').stdout.strip()
check((os.stat('key').st_mode & 0o777) == 0o600, 'a secret key is for its owner alone')
check(run(PLAIT, 'sign', '--new-key', 'key').returncode == 1, 'a key is not written over')
check('expected a signature' in fuse('--image', 'left.pgm', PLAIT_TRUSTED_KEYS=public).stderr, 'a package that is not signed is refused')
run(PLAIT, 'sign', '--key', 'key', f'{PACKAGE}')
check(fuse('--image', 'left.pgm', PLAIT_TRUSTED_KEYS=public).returncode == 0, 'a signed one is opened')
check('trusted' in run(PLAIT, 'models', env={**os.environ, 'PLAIT_MODELS': str(FOLDER), 'PLAIT_TRUSTED_KEYS': public}).stdout, 'models shows it')
check('present' in run(PLAIT, 'models', env={**os.environ, 'PLAIT_MODELS': str(FOLDER)}).stdout, 'a signature that nobody asked for is shown')
(PACKAGE / 'manifest.json').write_text(json.dumps(manifest()) + ' ')
result = fuse('--image', 'left.pgm', PLAIT_TRUSTED_KEYS=public)
check(result.returncode == 1 and 'none of the trusted keys' in result.stderr, 'one byte more and it is refused')
check.finish()
