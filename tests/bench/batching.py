"""What sharing runs gains: answers a second for 8 clients with --batch 1 and with the default, in turn.

    batching.py PLAIT ROOT [ROUNDS] [SECONDS]      one JSON object on stdout

`documents` are whole pages, whose lines share runs; the rest are networks of the inference protocol, a sample a request, binary.
`wide` is four layers of 1024 x 1024, whose weights (16 MB) are read once a run; the receipt's are the shipped ones."""
import json, math, multiprocessing, os, random, socket, statistics, struct, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, receive
from onnx_writer import onnx

plait, root = sys.argv[1], os.path.abspath(sys.argv[2])
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 4
CLIENTS, WIDTH = 8, 1024
folder = tempfile.TemporaryDirectory()
os.symlink(os.path.join(root, 'models', 'receipt'), os.path.join(folder.name, 'receipt'))
os.makedirs(os.path.join(folder.name, 'wide', '1'))
numbers = random.Random(1)
names = ['x', 'a', 'b', 'c', 'y']
weights = [('w%d' % i, [WIDTH, WIDTH], struct.pack('<%df' % (WIDTH * WIDTH), *[numbers.gauss(0, 0.03) for _ in range(WIDTH * WIDTH)])) for i in range(4)]
nodes = [('MatMul', [names[i], 'w%d' % i], [names[i + 1]]) for i in range(4)]
open(os.path.join(folder.name, 'wide', '1', 'model.onnx'), 'wb').write(onnx(nodes, [('x', 1, ['batch', WIDTH])], [('y', 1, ['batch', WIDTH])], weights))


def infer(model, name, shape):
    data = struct.pack('<%df' % math.prod(shape), *[0.25] * math.prod(shape))
    head = json.dumps({'inputs': [{'name': name, 'datatype': 'FP32', 'shape': shape, 'parameters': {'binary_data_size': len(data)}}], 'parameters': {'binary_data_output': True}}).encode()
    return b'POST /v2/models/%s/infer HTTP/1.1\r\nHost: x\r\nInference-Header-Content-Length: %d\r\nContent-Length: %d\r\n\r\n' % (model.encode(), len(head), len(head) + len(data)) + head + data


def document():
    jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
    return b'POST /v1/documents HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n' % len(jpeg) + jpeg


def client(port, request, end, counts):
    """Asks again and again on one connection."""
    done = 0
    with socket.create_connection(('127.0.0.1', port)) as connection:
        while time.monotonic() < end:
            connection.sendall(request)
            done += receive(connection).startswith(b'HTTP/1.1 200')
    counts.put(done)


def rate(server, request):
    counts, end = multiprocessing.Queue(), time.monotonic() + seconds
    clients = [multiprocessing.Process(target=client, args=(server.port, request, end, counts)) for _ in range(CLIENTS)]
    for process in clients:
        process.start()
    total = sum(counts.get() for _ in clients)
    for process in clients:
        process.join()
    return total / seconds


work = {'documents': document(), 'receipt.recogniser, a line': infer('receipt.recogniser', 'image', [1, 1, 32, 256]), 'receipt.layout, a word': infer('receipt.layout', 'features', [1, 48]), 'wide': infer('wide', 'x', [1, WIDTH])}
seen = {name: [] for name in work}
options = ['--models', folder.name, '--workers', 2, '--queue', 64, '--quiet']
with Endpoint(plait, root, *options, '--batch', 1) as off, Endpoint(plait, root, *options) as on:
    for turn in range(rounds):
        for name, request in work.items():
            seen[name].append((rate(off, request), rate(on, request)))
    metrics = on.metrics()
shares = {key.split('"')[1]: value / metrics[key.replace('_sum', '_count')] for key, value in metrics.items() if key.startswith('plait_batch_size_sum')}
print(json.dumps({'clients': CLIENTS, 'requests_a_run': {name: round(value, 2) for name, value in shares.items()},
                  **{name: {'off': round(statistics.median(a for a, _ in pairs), 1), 'on': round(statistics.median(b for _, b in pairs), 1), 'ratio': round(statistics.median(b / a for a, b in pairs), 3)} for name, pairs in seen.items()}}, indent=1))
