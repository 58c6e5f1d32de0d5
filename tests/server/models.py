"""Models that come and go while requests are answered: load, reload, unload, canaries and their end; no request is lost."""
import collections, json, os, shutil, struct, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from onnx_writer import onnx
from tool import Checks, places

plait, root = places()
check = Checks()
SIDE = 64
folder = tempfile.TemporaryDirectory()
os.symlink(os.path.join(root, 'models', 'receipt'), os.path.join(folder.name, 'receipt'))


def model(products):
    """x through so many matrix products with itself."""
    names = ['x'] + ['v%d' % i for i in range(products)]
    nodes = [('MatMul', [names[i], 'x'], [names[i + 1]]) for i in range(products)] + [('Identity', [names[-1]], ['y'])]
    return onnx(nodes, [('x', 1, [SIDE, SIDE])], [('y', 1, [SIDE, SIDE])])


def add(version, body):
    place = os.path.join(folder.name, 'square', version)
    os.makedirs(place, exist_ok=True)
    open(os.path.join(place, 'new'), 'wb').write(body)
    os.replace(os.path.join(place, 'new'), os.path.join(place, 'model.onnx'))


DATA = bytes(4 * SIDE * SIDE)
HEAD = json.dumps({'inputs': [{'name': 'x', 'datatype': 'FP32', 'shape': [SIDE, SIDE], 'parameters': {'binary_data_size': len(DATA)}}], 'outputs': [{'name': 'y', 'parameters': {'binary_data': True}}]}).encode()


def infer(server, where='square', **headers):
    status, head, body = server.post('/v2/models/%s/infer' % where, HEAD + DATA, 'application/octet-stream', {'Inference-Header-Content-Length': str(len(HEAD)), **headers})
    return status, json.loads(body[:int(head['inference-header-content-length'])])['model_version'] if status == 200 else body


def order(server, verb, name='square', **parameters):
    status, _, body = server.post('/v2/repository/models/%s/%s' % (name, verb), {'parameters': parameters})
    return status, json.loads(body)


def states(server):
    return {(m['name'], m['version']): m['reason'] or m['state'] for m in json.loads(server.post('/v2/repository/index', '{}')[2])}


add('1', model(0))
with Endpoint(plait, root, '--models', folder.name, '--workers', 2, '--queue', 64, '--quiet') as server:
    check(states(server) == {('receipt', states(server) and json.loads(server.get('/v2/models/receipt')[2])['versions'][0]): 'READY', ('square', '1'): 'READY'}, 'what is there: %s' % states(server))
    check(infer(server) == (200, '1'), 'version 1 answers')

    # Under way all the time: whatever happens, every request is answered by a version that was there.
    seen, done = collections.Counter(), threading.Event()

    def client():
        while not done.is_set():
            seen[infer(server)] += 1

    clients = [threading.Thread(target=client) for _ in range(4)]
    for thread in clients:
        thread.start()
    add('2', model(1))
    check(infer(server, 'square/versions/2')[0] == 404, 'what is not loaded is not there')
    check(order(server, 'load') == (200, {'name': 'square', 'version': '2'}), 'version 2 is loaded')
    check(infer(server) == (200, '2') and states(server).get(('square', '1')) is None, 'and takes the place of 1')
    for _ in range(5):
        check(order(server, 'load')[0] == 200, 'it is loaded again, in place')
    add('3', b'no model at all')
    status, answer = order(server, 'load')
    check(status == 422 and answer['error'], 'what cannot be loaded is refused: %d %s' % (status, answer))
    check(infer(server) == (200, '2'), 'and changes nothing')
    check(order(server, 'load', version='1') == (200, {'name': 'square', 'version': '1'}) and infer(server) == (200, '1'), 'back to version 1')
    check(order(server, 'load', version='2')[0] == 200 and infer(server) == (200, '2'), 'and to 2')
    done.set()
    for thread in clients:
        thread.join()
    check(set(seen) <= {(200, '1'), (200, '2')} and seen[(200, '1')] and seen[(200, '2')], 'none of %d requests was lost: %s' % (sum(seen.values()), dict(seen)))
    check(order(server, 'load', version='9')[0] == 404 and order(server, 'load', 'none')[0] == 404, 'what is nowhere')
    check(order(server, 'unload')[0] == 200 and infer(server)[0] == 404 and order(server, 'unload')[0] == 404, 'what is unloaded is gone')
    check(server.get('/v2/models/square/ready')[0] == 404 and server.get('/v2/health/ready')[0] == 200, 'the others are not')
    for wrong in ('[', {'parameters': 1}, {'parameters': {'canary_percent': 0}}, {'parameters': {'canary_percent': 100}}, {'parameters': {'version': 1}}, {'parameters': {'canary_slower': 0.5}}):
        check(server.post('/v2/repository/models/square/load', wrong)[0] == 400, 'no order: %s' % wrong)

    # A canary: its share of those who name no version, always the same for the same key.
    check(order(server, 'load', version='1')[0] == 200, 'version 1 again')
    check(order(server, 'load', version='2', canary_percent=30, canary_slower=1e6)[0] == 200 and states(server)[('square', '2')] == 'canary', 'version 2 as a canary')
    chosen = {key: infer(server, **{'X-Sticky-Key': 'key-%d' % key})[1] for key in range(200)}
    share = sum(version == '2' for version in chosen.values())
    check(30 <= share <= 90, 'about 30%% of 200 keys: %d' % share)  # beyond would be five deviations
    check(all(infer(server, **{'X-Sticky-Key': 'key-%d' % key})[1] == chosen[key] for key in range(40)), 'the same key, the same version')
    check(infer(server, 'square/versions/2') == (200, '2') and infer(server, 'square/versions/1') == (200, '1'), 'who names a version gets it')
    check(order(server, 'load', version='2') == (200, {'name': 'square', 'version': '2'}) and states(server) .get(('square', '1')) is None, 'promoted: it is the one')
    check({infer(server)[1] for _ in range(20)} == {'2'}, 'all get it')

    # A canary that is much slower ends by itself, and no request notices but by its time.
    add('4', model(4000))
    check(order(server, 'load', version='4', canary_percent=50)[0] == 200, 'a slow canary')
    answers = collections.Counter()
    for key in range(400):
        answers[infer(server, **{'X-Sticky-Key': 'slow-%d' % key})] += 1
        if ('square', '4') not in states(server):
            break
    check(('square', '4') not in states(server) and answers[(200, '4')] >= 20, 'it is unloaded: %s %s' % (answers, states(server)))
    check(set(answers) == {(200, '2'), (200, '4')} and {infer(server)[1] for _ in range(20)} == {'2'}, 'nobody heard an error: %s' % answers)
    check(server.metrics()['plait_canaries_unloaded_total{model="square"}'] == 1 and any('canary unloaded' in line and '4 takes' in line for line in server.log), 'and it is said')
    check(server.end() == 0, 'it ends well')

# Documents: a shadow reads what the stable version reads, and nobody sees it; a canary that finds other values ends.
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()


def package(version, change=lambda manifest: None):
    """The receipt package under another version."""
    place = os.path.join(folder.name, 'receipt-' + version)
    shutil.copytree(os.path.join(root, 'models', 'receipt'), place)
    manifest = json.load(open(os.path.join(place, 'manifest.json')))
    manifest['version'] = version
    change(manifest)
    json.dump(manifest, open(os.path.join(place, 'manifest.json'), 'w'))


def withhold(manifest):
    """No value is ever sure enough."""
    for field in manifest['fields'].values():
        field['least'] = 1


def shadow_counts(server):
    return {key.split('{')[1]: value for key, value in server.metrics().items() if key.startswith('plait_shadow_')}


def wait_for(condition):
    end = time.monotonic() + 120
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    return condition()


with Endpoint(plait, root, '--models', folder.name, '--workers', 2, '--quiet') as server:
    stable = json.loads(server.get('/v2/models/receipt')[2])['versions'][0]
    package('7.0.0')
    package('8.0.0', withhold)
    read = lambda: json.loads(server.post('/v1/documents', jpeg, 'image/jpeg')[2])
    check(order(server, 'load', 'receipt', version='7.0.0', shadow_percent=100)[0] == 200 and states(server)[('receipt', '7.0.0')] == 'shadow', 'a shadow: %s' % states(server))
    check(order(server, 'load', 'receipt', shadow_percent=5, canary_percent=5)[0] == 400, 'not both at once')
    first = read()
    check(first['model']['version'] == stable, 'the stable version answers')
    labels = 'model="receipt",version="7.0.0",'
    check(wait_for(lambda: shadow_counts(server).get(labels + 'outcome="compared"}') == 1), 'the shadow has read it too: %s' % shadow_counts(server))
    check(shadow_counts(server).get(labels + 'same="true"}') == len(first['fields']) and not shadow_counts(server).get(labels + 'same="false"}'), 'and found the same: %s' % shadow_counts(server))
    answers = [read()['model']['version'] for _ in range(6)]
    check(set(answers) == {stable}, 'never the shadow: %s' % answers)
    counted = {key: value for key, value in server.metrics().items() if key.startswith('plait_documents_total')}
    check(sum(counted.values()) == 7 and not any('7.0.0' in key for key in counted), 'what it reads counts for itself: %s' % counted)

    check(order(server, 'load', 'receipt', version='8.0.0', canary_percent=99, canary_slower=1e6)[0] == 200 and states(server)[('receipt', '8.0.0')] == 'canary', 'a canary that withholds all values')
    check(('receipt', '7.0.0') not in states(server), 'in the place of the shadow')

    def ask_until_gone():
        answer = read()
        check(answer['model']['version'] in (stable, '8.0.0'), 'an answer')
        time.sleep(0.2)  # the other version reads when nobody waits
        return ('receipt', '8.0.0') not in states(server)

    check(wait_for(ask_until_gone), 'it is unloaded: %s' % shadow_counts(server))
    check(any('canary unloaded' in line and 'finds other values' in line for line in server.log), 'because of its values: %s' % [line for line in server.log if 'canary' in line])
    check({read()['model']['version'] for _ in range(3)} == {stable}, 'the stable version goes on')
    check(server.end() == 0, 'it ends well with shadows')
check.finish()
