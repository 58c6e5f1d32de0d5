"""`plait serve` on the GPU's backend: documents as the command reads them, models loaded while it serves, samples that share a run,
and a device that is lost."""
import json, os, struct, sys, tempfile, threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from onnx_writer import onnx
from tool import Checks, differences, places, run

plait, root = places()
check = Checks()
SAMPLE = os.path.join(root, 'samples', 'kopitiam.jpg')
expected = json.loads(run(plait, 'read', '--lines', SAMPLE, cwd=root).stdout)
folder = tempfile.TemporaryDirectory()
report, models = os.path.join(folder.name, 'report'), os.path.join(folder.name, 'models')
WIDTH, CLIENTS = 70, 8
weights = [((i * 7919) % 513 - 256) / 4096 for i in range(WIDTH * WIDTH)]
os.makedirs(os.path.join(models, 'rows', '1'))
for package in ('receipt', 'digits'):
    os.symlink(os.path.join(root, 'models', package), os.path.join(models, package))
with open(os.path.join(models, 'rows', '1', 'model.onnx'), 'wb') as file:
    file.write(onnx([('MatMul', ['x', 'w'], ['y'])], [('x', 1, ['batch', WIDTH])], [('y', 1, ['batch', WIDTH])], [('w', [WIDTH, WIDTH], struct.pack('<%df' % WIDTH ** 2, *weights))]))

with Endpoint(plait, root, '--backend', 'cuda', '--models', models, '--workers', 2, '--batch-delay', 100000, PLAIT_STANDIN_REPORT=report) as server:
    code, _, body = server.post('/v1/documents?name=kopitiam.jpg', open(SAMPLE, 'rb').read(), 'image/jpeg')
    check(code == 200, 'a document is read: %d %r' % (code, body[:200]))
    found = json.loads(body)
    check(differences(found['fields'], expected['fields']) == [] and found['fields']['total']['value'] == '21.20', 'its fields are those of the command: %s' % differences(found['fields'], expected['fields'])[:3])

    # A model is tried by a confined process, which has no device, and is loaded by this one, which has.
    for verb in ('unload', 'load'):
        code, _, body = server.post('/v2/repository/models/digits/%s' % verb, b'{}', 'application/json')
        check(code == 200, 'the model is %sed: %d %r' % (verb, code, body[:300]))

    # Samples of several requests go as one batch: each has its own answer.
    answers = [None] * CLIENTS

    def ask(seed):
        row = [((i * 31 + seed * 17) % 101 - 50) / 50 for i in range(WIDTH)]
        code, _, body = server.post('/v2/models/rows/infer', json.dumps({'inputs': [{'name': 'x', 'datatype': 'FP32', 'shape': [1, WIDTH], 'data': row}]}))
        found = json.loads(body)['outputs'][0]['data'] if code == 200 else []
        answers[seed] = max((abs(y - sum(row[k] * weights[k * WIDTH + n] for k in range(WIDTH))) for n, y in enumerate(found)), default=code)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(max(answers) <= 1e-5, 'each sample has its own answer: %s' % answers)  # f32, sums of 70
    metrics = server.metrics()
    runs, samples = (metrics.get('plait_batch_size_%s{model="rows"}' % what, 0) for what in ('count', 'sum'))
    check(samples == CLIENTS and runs < CLIENTS, '%d samples in %d runs' % (samples, runs))
    check(server.end() == 0, 'it ends well')
counts = open(report).read().split()
counts = {name: int(count) for name, count in zip(counts[::2], counts[1::2])}
check((counts['allocated'] - counts['freed'], counts['modules'], counts['streams'], counts['retained'], counts['bad']) == (0,) * 5, 'nothing is left on the device: %s' % counts)

# A device that is lost while it serves: every document has an error from then on, and health says so.
with Endpoint(plait, root, '--backend', 'cuda', '--workers', 1, PLAIT_STANDIN_FAULT='cuLaunchKernel:1000:719') as server:
    for _ in range(2):
        code, _, body = server.post('/v1/documents', open(SAMPLE, 'rb').read(), 'image/jpeg')
        check(code in (500, 503) and 'cuda' in json.loads(body)['error'] and 'unspecified launch failure' in json.loads(body)['error'], 'the device is lost: %d %r' % (code, body[:200]))
    for health in ('live', 'ready'):
        code, _, body = server.get('/v2/health/' + health)
        check((code, json.loads(body)) == (503, {health: False}), 'who watches it is told that it must be started again: %s %d' % (health, code))
    check(server.end() == 0, 'it ends well')

# Without a device it does not begin.
done = run(plait, 'serve', '--backend', 'cuda', '--port', 0, cwd=root, env=dict(os.environ, PLAIT_STANDIN_DEVICES='0'))
check(done.returncode == 1 and 'finds no device' in done.stderr and done.stderr.count('\n') == 1, 'no device: %d %r' % (done.returncode, done.stderr[-300:]))
folder.cleanup()
check.finish()
