"""A multimodal package as a model of the inference protocol: each modality an input, the answer that of `plait fuse`."""
import base64, gzip, json, math, os, random, struct, sys, tempfile, threading, wave

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from tool import Checks, places, run

plait, root = places()
check = Checks()
folder = tempfile.TemporaryDirectory()
dice = random.Random(3)


def picture(name, slant):
    """A stroke, as of a 1, on black."""
    rows = [[max(0, 255 - int(110 * abs(x - 14 - slant * (14 - y)))) if 4 < y < 24 else 0 for x in range(28)] for y in range(28)]
    path = os.path.join(folder.name, name)
    open(path, 'wb').write(b'P5 28 28 255\n' + bytes(v for row in rows for v in row))
    return path


def sound(name, pitch):
    """Something like a vowel, half a second."""
    path = os.path.join(folder.name, name)
    with wave.open(path, 'wb') as file:
        file.setparams((1, 2, 8000, 4000, 'NONE', ''))
        values = [int(9000 * math.sin(math.pi * n / 4000) * sum(math.sin(2 * math.pi * k * pitch * n / 8000) / k for k in range(1, 9)) / 2 + dice.gauss(0, 20)) for n in range(4000)]
        file.writeframes(struct.pack('<4000h', *values))
    return path


def untimed(answer):
    answer.pop('timing_ms')
    for step in answer['path']:
        step.pop('ms')
    return answer


def fused(*options):
    """What the command says."""
    return untimed(json.loads(run(plait, 'fuse', '--model', 'models/digits', '--line', *options, cwd=root).stdout))


def element(name, path, **parameters):
    data = open(path, 'rb').read() if os.path.exists(path) else path
    return {'name': name, 'datatype': 'BYTES', 'shape': [1], 'data': [base64.b64encode(data).decode()], **({'parameters': parameters} if parameters else {})}


def ask(inputs, **parameters):
    status, _, body = server.post('/v2/models/digits/infer', {'id': 'a', 'inputs': inputs, 'parameters': parameters})
    answer = json.loads(body)
    return status, untimed(json.loads(answer['outputs'][0]['data'][0])) if status == 200 else answer['error']


one, vowel, damaged = picture('one.pgm', 0.1), sound('vowel.wav', 140), os.path.join(folder.name, 'damaged.jpg')
open(damaged, 'wb').write(b'\xff\xd8\xff no picture')
with Endpoint(plait, root, '--models', 'models', '--workers', 2, '--queue', 64, '--quiet', '--batch-delay', 20000) as server:
    card = json.loads(server.get('/v2/models/digits')[2])
    check([i['name'] for i in card['inputs']] == ['image', 'audio'] and all(i['datatype'] == 'BYTES' for i in card['inputs']) and [o['name'] for o in card['outputs']] == ['fusion'], 'the card: %s' % card)
    for what, inputs, options in (('both', [element('image', one), element('audio', vowel)], ['--image', one, '--audio', vowel]),
                                  ('the picture alone', [element('image', one)], ['--image', one]),
                                  ('the sound alone', [element('audio', vowel)], ['--audio', vowel]),
                                  ('a damaged picture', [element('image', damaged), element('audio', vowel)], ['--image', damaged, '--audio', vowel]),
                                  ('times', [element('image', one, timestamp_us=1000000), element('audio', vowel, timestamp_us=4000000)], ['--image', one, '--audio', vowel, '--at', 'image=1000000', '--at', 'audio=4000000'])):
        status, answer = ask(inputs)
        check(status == 200 and answer == fused(*options), '%s: as the command says: %d %s' % (what, status, answer))
    for pattern in ('late', 'attention', 'experts', 'retrieval', 'cascade'):
        status, answer = ask([element('image', one), element('audio', vowel)], pattern=pattern)
        check(status == 200 and answer['pattern'] == pattern and answer == fused('--image', one, '--audio', vowel, '--pattern', pattern), '%s: %d %s' % (pattern, status, answer))
    status, answer = ask([element('image', one), element('audio', vowel)], without='audio')
    check(status == 200 and answer['modalities']['audio']['state'] == 'left_out', 'a modality left out: %d %s' % (status, answer))

    # Binary: four bytes of length, then the file.
    files = [open(path, 'rb').read() for path in (one, vowel)]
    binary = b''.join(struct.pack('<I', len(file)) + file for file in files)
    head = json.dumps({'inputs': [{'name': name, 'datatype': 'BYTES', 'shape': [1], 'parameters': {'binary_data_size': len(file) + 4}} for name, file in zip(('image', 'audio'), files)], 'outputs': [{'name': 'fusion', 'parameters': {'binary_data': True}}]}).encode()
    status, headers, body = server.post('/v2/models/digits/infer', head + binary, headers={'Inference-Header-Content-Length': str(len(head))})
    length = int(headers.get('inference-header-content-length', 0))
    check(status == 200 and untimed(json.loads(body[length + 4:])) == fused('--image', one, '--audio', vowel), 'binary both ways: %d' % status)

    for what, inputs, parameters in (('an unknown modality', [element('smell', one)], {}), ('one twice', [element('image', one), element('image', one)], {}), ('none', [], {}),
                                     ('an unknown pattern', [element('image', one)], {'pattern': 'guess'}), ('no base64', [{'name': 'image', 'datatype': 'BYTES', 'shape': [1], 'data': ['*']}], {}),
                                     ('a number', [{'name': 'image', 'datatype': 'BYTES', 'shape': [1], 'data': [5]}], {}), ('two elements', [{'name': 'image', 'datatype': 'BYTES', 'shape': [2], 'data': ['', '']}], {}),
                                     ('another type', [{'name': 'image', 'datatype': 'FP32', 'shape': [1], 'data': [1]}], {}), ('no time', [element('image', one, timestamp_us='now')], {}), ('a pattern of 5', [element('image', one)], {'pattern': 5})):
        status, answer = ask(inputs, **parameters)
        check(status == 400 and '\n' not in answer and answer, '%s: 400 and a line, found %d %s' % (what, status, answer))
    status, _, body = server.post('/v1/documents?model=digits', open(one, 'rb').read())
    check(status == 422 and json.loads(body)['error'], 'it reads no documents: %d %s' % (status, body))

    metrics = server.metrics()
    agreed = metrics.get('plait_modality_agreement_count{field="digit"}', 0)
    check(agreed >= 5 and metrics.get('plait_modality_present_total{modality="audio"}', 0) >= 10, 'modalities and their agreement are counted: %s' % {k: v for k, v in metrics.items() if 'modality' in k and 'count' in k})

    # Fused samples of several requests share a run of the network.
    def fuse(seed):
        values = random.Random(seed)
        inputs = [{'name': name, 'datatype': 'FP32', 'shape': [1, size], 'data': [values.gauss(0, 1) for _ in range(size)] if size > 2 else [1, 1]} for name, size in (('image', 64), ('audio', 64), ('present', 2))]
        status, _, body = server.post('/v2/models/digits.early/infer', {'inputs': inputs})
        return json.loads(body)['outputs'][0]['data'] if status == 200 else None

    alone, together = [fuse(seed) for seed in range(8)], [None] * 8
    shared = lambda what: server.metrics().get('plait_batch_size_%s{model="digits.early"}' % what, 0)
    before = shared('count'), shared('sum')
    threads = [threading.Thread(target=lambda seed=seed: together.__setitem__(seed, fuse(seed))) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    runs, samples = shared('count') - before[0], shared('sum') - before[1]
    check(all(together) and all(abs(a - b) < 1e-5 for x, y in zip(alone, together) for a, b in zip(x, y)), 'fused together as alone')
    check(samples == 8 and runs < 8, '%d samples in %d runs' % (samples, runs))

# The same picture again and again is not what was trained on; digits as they come are.
mnist = os.path.join(os.environ.get('PLAIT_SHARED', os.path.join(root, '..', 'shared')), 'data', 'mnist', 'dev-images-idx3-ubyte.gz')
streams = {'one picture': (lambda number: open(one, 'rb').read(), 1)}
if os.path.exists(mnist):
    pixels = gzip.open(mnist).read()[16:]
    streams['digits as they come'] = (lambda number: b'P5 28 28 255\n' + pixels[784 * number:784 * (number + 1)], 0)
for what, (picture_of, drifted) in streams.items():
    with Endpoint(plait, root, '--models', 'models', '--workers', 2, '--queue', 64, '--quiet') as server:
        failed = [number for number in range(256) if ask([{'name': 'image', 'datatype': 'BYTES', 'shape': [1], 'data': [base64.b64encode(picture_of(number)).decode()]}])[0] != 200]
        found = {key.split('{')[0]: value for key, value in server.metrics().items() if key.startswith('plait_modality_drift') and 'modality="image"' in key}
        check(server.post('/v2/repository/models/digits/unload', {})[0] == 200, 'it goes')
        gone = {key.split('{')[0]: value for key, value in server.metrics().items() if 'model="digits"' in key and ('drifted' in key or 'model_info' in key)}
        check(gone == {'plait_model_info': 0, 'plait_modality_drifted': 0}, 'of what is gone nothing is said to be: %s' % gone)
        check(not failed and found.get('plait_modality_drifted') == drifted and (found['plait_modality_drift'] > 0.1) == bool(drifted), '%s: %s' % (what, found))
check.finish()
