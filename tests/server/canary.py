"""Candidates that are no good: one that cannot be loaded, crashes, takes all memory or never ends while it is tried; one that fails, takes
too much or too long when it is asked.  The server stays, every request is answered, and the candidate goes."""
import array, collections, json, os, shutil, signal, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from onnx_writer import onnx
from tool import Checks, places, run, sanitized

plait, root = places()
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
folder = tempfile.TemporaryDirectory()
os.symlink(os.path.join(root, 'models', 'receipt'), os.path.join(folder.name, 'receipt'))
FREE = [('x', 1, ['n', 'm'])]


def chain(products):
    """x through so many matrix products with itself."""
    names = ['x'] + ['v%d' % i for i in range(products)]
    return onnx([('MatMul', [names[i], 'x'], [names[i + 1]]) for i in range(products)] + [('Identity', [names[-1]], ['y'])], FREE, [('y', 1, ['n', 'm'])])


def single(*nodes, weights=()):
    return onnx(list(nodes), FREE, [('y', 1, ['a', 'b'])], weights)


def add(version, body):
    place = os.path.join(folder.name, 'model', str(version))
    os.makedirs(place, exist_ok=True)
    open(os.path.join(place, 'model.onnx'), 'wb').write(body)
    return place


def infer(server, rows, columns, where='model', timeout_ms=None):
    """The status, and the version that answered."""
    data = bytes(4 * rows * columns)
    head = json.dumps({'inputs': [{'name': 'x', 'datatype': 'FP32', 'shape': [rows, columns], 'parameters': {'binary_data_size': len(data)}}], 'outputs': [{'name': 'y', 'parameters': {'binary_data': True}}]}).encode()
    headers = {'Inference-Header-Content-Length': str(len(head)), **({'X-Request-Timeout-Ms': str(timeout_ms)} if timeout_ms else {})}
    status, answered, body = server.post('/v2/models/%s/infer' % where, head + data, 'application/octet-stream', headers, timeout=300)
    return status, json.loads(body[:int(answered['inference-header-content-length'])])['model_version'] if status == 200 else body


def load(server, version, name='model', **parameters):
    status, _, body = server.post('/v2/repository/models/%s/load' % name, {'parameters': {'version': str(version), **parameters}}, timeout=300)
    return status, json.loads(body)


def canaries(server):
    return [m['version'] for m in json.loads(server.post('/v2/repository/index', '{}')[2]) if m['reason'] == 'canary']


def ask_until_gone(server, ask, most=200):
    """All answers until there is no canary any more."""
    answers = []
    while canaries(server) and len(answers) < most:
        answers.append(ask())
    return collections.Counter(answers)


def stood_in(server, model):
    return server.metrics().get('plait_stand_ins_total{model="%s"}' % model, 0)


add(1, single(('Identity', ['x'], ['y'])))

# `plait serve --try`, which a server has another process do.
place = add(2, b'no model at all')
tried = run(plait, 'serve', '--try', place)
shutil.rmtree(place)
check(tried.returncode == 1 and len(tried.stderr.splitlines()) == 1, 'what is no model: %s' % tried.stderr)
small = run(plait, 'serve', '--try', os.path.join(root, 'models', 'receipt'), '--model-memory', 4)
check(small.returncode == 1 and 'memory' in small.stderr, 'what takes more memory than it may: %s' % small.stderr)
check(run(plait, 'serve', '--try', os.path.join(folder.name, 'model', '1')).returncode == 0 and run(plait, 'serve', '--try', os.path.join(root, 'models', 'receipt')).returncode == 0, 'what is one')

with Endpoint(plait, root, '--models', folder.name, '--workers', 2, '--queue', 64, '--quiet', '--model-memory', 256) as server:
    # Under way all the time.
    seen, done = collections.Counter(), threading.Event()

    def client():
        while not done.is_set():
            seen[infer(server, 3, 5)] += 1

    other = threading.Thread(target=client)
    other.start()

    add(4, chain(4000))
    # The process that tries it crashes.
    killed = []

    def kill_children():
        tasks = '/proc/%d/task' % server.process.pid
        end = time.monotonic() + 120
        while not killed and time.monotonic() < end:
            for task in os.listdir(tasks):
                for child in open('%s/%s/children' % (tasks, task)).read().split():
                    try:
                        if b'--try' in open('/proc/%s/cmdline' % child, 'rb').read().split(b'\0'):
                            os.kill(int(child), signal.SIGSEGV)
                            killed.append(child)
                    except OSError:
                        pass  # it was gone already

    killer = threading.Thread(target=kill_children)
    killer.start()
    status, answer = load(server, 4, canary_percent=50)
    killer.join()
    check(killed and status == 422 and 'crashed' in answer['error'], 'one that crashes is not loaded: %d %s' % (status, answer))
    check(server.alive() and canaries(server) == [] and infer(server, 3, 5) == (200, '1'), 'and changes nothing')
    done.set()
    other.join()
    check(set(seen) == {(200, '1')}, 'no request noticed: %s' % seen)

    # It fails for what the stable one can do.
    add(5, single(('MatMul', ['x', 'x'], ['y'])))
    check(load(server, 5, canary_percent=60, canary_slower=1e6)[0] == 200 and canaries(server) == ['5'], 'a canary that wants squares')
    check(infer(server, 3, 5, 'model/versions/5')[0] == 400, 'who asks for it hears that it fails')
    before = infer(server, 3, 3)
    check(before[0] == 200, 'squares it can')
    answers = ask_until_gone(server, lambda: infer(server, 3, 5))
    check(set(answers) == {(200, '1')} and 20 <= sum(answers.values()) < 200, 'all are answered, by the stable one, until it is gone: %s' % answers)
    check(stood_in(server, 'model') >= 15, 'which stood in: %s' % stood_in(server, 'model'))
    check(any('canary unloaded' in line and '@5 fails' in line for line in server.log), 'and it is said: %s' % server.log)

    # What neither can is the request's fault.
    add(6, single(('Identity', ['x'], ['y'])))
    check(load(server, 6, canary_percent=50, canary_slower=1e6)[0] == 200, 'a good canary')
    stood = stood_in(server, 'model')
    wrong = [server.post('/v2/models/model/infer', {'inputs': [{'name': 'nothing', 'datatype': 'FP32', 'shape': [1], 'data': [1]}]})[0] for _ in range(60)]
    good = [infer(server, 3, 5)[0] for _ in range(60)]
    check(set(wrong) == {400} and set(good) == {200} and canaries(server) == ['6'] and stood_in(server, 'model') == stood, 'wrong requests cost a canary nothing: %s' % canaries(server))
    check(server.post('/v2/repository/models/model/unload', {'parameters': {'version': '6'}})[0] == 200, 'it is taken back')

    # It takes more memory than a model may.
    add(7, single(('Transpose', ['x'], ['t']), ('MatMul', ['x', 't'], ['y'])))
    check(load(server, 7, canary_percent=60, canary_slower=1e6)[0] == 200, 'a canary that makes squares of lines')
    resident = server.metrics()['process_resident_memory_bytes']
    answers = ask_until_gone(server, lambda: infer(server, 20000, 1))
    check(set(answers) == {(200, '1')}, 'what would take 1.6 GB is answered by the stable one: %s' % answers)
    grown = server.metrics()['process_resident_memory_bytes'] - resident
    check(sanitized(plait) or grown < 600e6, 'and takes no such memory: %g MB' % (grown / 1e6))

    # It does not end in time.
    add(8, chain(4000))
    if not sanitized(plait):
        check(load(server, 8, canary_percent=60)[0] == 200, 'a canary that takes its time')
        slow = [infer(server, 512, 512, timeout_ms=4000) for _ in range(6)]
        check(set(slow) == {(200, '1')}, 'it has half of the time, the stable one the rest: %s' % slow)
        check(server.post('/v2/repository/models/model/unload', {'parameters': {'version': '8'}})[0] == 200, 'it is taken back')

    # A package.
    place = os.path.join(folder.name, 'receipt-9')
    shutil.copytree(os.path.join(root, 'models', 'receipt'), place)
    manifest = json.load(open(os.path.join(place, 'manifest.json')))
    manifest['version'] = '9.0.0'
    del manifest['detector']
    json.dump(manifest, open(os.path.join(place, 'manifest.json'), 'w'))
    stable = json.loads(server.get('/v2/models/receipt')[2])['versions'][0]
    status, answer = load(server, '9.0.0', 'receipt', canary_percent=80, canary_slower=1e6)
    check(status == 200, 'a package that cannot read pictures: %s' % answer)

    def read():
        status, _, body = server.post('/v1/documents?fields_only=true', jpeg, 'image/jpeg')
        return status, json.loads(body).get('model', {}).get('version') or body

    answers = ask_until_gone(server, read)
    check(set(answers) == {(200, stable)}, 'documents are read all the same: %s' % answers)
    check(stood_in(server, 'receipt') >= 15 and any('canary unloaded' in line and '@9.0.0 fails' in line for line in server.log), 'and it goes: %s' % server.log[-2:])
    check(server.metrics()['plait_canaries_unloaded_total{model="receipt"}'] == 1, 'which is counted')
    check(server.end() == 0, 'it ends well')
check.finish()
