"""Requests for a network and lines of documents that share one run of it: the answers are those of each alone, a bad one spoils only
its own."""
import glob, json, os, struct, sys, tempfile, threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from onnx_writer import onnx
from tool import Checks, places

plait, root = places()
check = Checks()
WIDTH, CLIENTS, TURNS = 256, 8, 20
weights = struct.pack('<%df' % (WIDTH * WIDTH), *[((i * 7919) % 513 - 256) / 4096 for i in range(WIDTH * WIDTH)])
folder = tempfile.TemporaryDirectory()
os.symlink(os.path.join(root, 'models', 'receipt'), os.path.join(folder.name, 'receipt'))


def add(name, first, layers=12):
    """x through so many layers; `first` is what its first dimension is called."""
    names = ['x'] + ['v%d' % i for i in range(2 * layers)]
    nodes = []
    for i in range(layers):
        nodes += [('MatMul', [names[2 * i], 'w'], [names[2 * i + 1]]), ('Tanh', [names[2 * i + 1]], [names[2 * i + 2]])]
    body = onnx(nodes, [('x', 1, [first, WIDTH])], [(names[-1], 1, [first, WIDTH])], [('w', [WIDTH, WIDTH], weights)])
    os.makedirs(os.path.join(folder.name, name, '1'))
    open(os.path.join(folder.name, name, '1', 'model.onnx'), 'wb').write(body)


def infer(server, name, seed, rows=1):
    values = [((i * 31 + seed * 17) % 101 - 50) / 50 for i in range(rows * WIDTH)]
    status, _, body = server.post('/v2/models/%s/infer' % name, {'id': str(seed), 'inputs': [{'name': 'x', 'datatype': 'FP32', 'shape': [rows, WIDTH], 'data': values}]})
    return status, json.loads(body)


def data(answer):
    return answer[1]['outputs'][0]['data']


def shared(server, name, kind='batch_size'):
    """Runs, and requests in them (or lines)."""
    metrics = server.metrics()
    return tuple(metrics.get('plait_%s_%s{model="%s"}' % (kind, what, name), 0) for what in ('count', 'sum'))


def all_at_once(work, count):
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


samples = [open(path, 'rb').read() for path in sorted(glob.glob(os.path.join(root, 'samples', '*.jpg')))]


def read(server, number):
    status, _, body = server.post('/v1/documents', samples[number % len(samples)])
    document = json.loads(body)
    for varies in ('timing_ms', 'path'):
        document.pop(varies, None)
    return status, document


add('rows', 'batch')
add('whole', 'length')
with Endpoint(plait, root, '--models', folder.name, '--workers', 2, '--queue', 64, '--quiet', '--batch-delay', 20000) as server:
    alone = {(seed, rows): infer(server, 'rows', seed, rows) for seed in range(CLIENTS) for rows in (1, 3)}
    check(all(status == 200 for status, _ in alone.values()), 'each alone')
    lost = []

    def client(seed):
        for turn in range(TURNS):
            rows = 3 if (seed + turn) % 4 == 0 else 1
            status, answer = infer(server, 'rows', seed, rows)
            expected = alone[(seed, rows)]
            if status != 200 or answer['id'] != str(seed) or answer['outputs'][0]['shape'] != [rows, WIDTH]:
                lost.append((status, answer))
            elif max(abs(a - b) for a, b in zip(data((status, answer)), data(expected))) > 1e-5:  # sums in another order, at most
                lost.append((seed, rows, 'other numbers'))
            if turn % 5 == seed % 5:
                wrong = server.post('/v2/models/rows/infer', {'inputs': [{'name': 'x', 'datatype': 'FP32', 'shape': [1, WIDTH], 'data': [0.5]}]})[0]
                if wrong != 400:
                    lost.append(('wrong', wrong))

    before = shared(server, 'rows')
    all_at_once(client, CLIENTS)
    after = shared(server, 'rows')
    check(not lost, 'nobody hears of the others: %s' % lost[:3])
    runs, requests = after[0] - before[0], after[1] - before[1]
    check(requests == CLIENTS * TURNS and runs < requests, '%d requests in %d runs' % (requests, runs))

    all_at_once(lambda seed: infer(server, 'whole', seed), CLIENTS)
    check(shared(server, 'whole') == (CLIENTS, CLIENTS), 'a dimension of another name is not divided: %s' % (shared(server, 'whole'),))
    check(server.end() == 0, 'it ends well')

with Endpoint(plait, root, '--models', folder.name, '--workers', 2, '--queue', 64, '--quiet', '--batch', 1, '--batch-delay', 20000) as server:
    all_at_once(lambda seed: infer(server, 'rows', seed), CLIENTS)
    check(shared(server, 'rows') == (CLIENTS, CLIENTS), 'switched off: a run each')
    read(server, 0)
    runs, lines = shared(server, 'receipt.recogniser', 'line_batch_size')
    check(runs == lines > 0, 'of each line of a document too: %d lines in %d runs' % (lines, runs))

with Endpoint(plait, root, '--models', folder.name, '--workers', 4, '--queue', 64, '--quiet', '--batch-delay', 50000) as server:
    alone = [read(server, number) for number in range(len(samples))]
    check(all(status == 200 and document['fields'] for status, document in alone), 'documents, each alone')
    runs, pages = shared(server, 'receipt.recogniser')
    others = []

    def client(number):
        for turn in range(6):
            if read(server, number + turn) != alone[(number + turn) % len(samples)]:
                others.append(number + turn)
            if (number + turn) % 5 == 0 and server.post('/v1/documents', samples[0][:2000])[0] != 422:
                others.append('damaged')

    all_at_once(client, CLIENTS)
    check(not others, 'together they are read as alone: %s' % others[:5])
    both = shared(server, 'receipt.recogniser')
    check(both[1] - pages > both[0] - runs, 'lines of several documents share runs: %d of pages in %d' % (both[1] - pages, both[0] - runs))
check.finish()
