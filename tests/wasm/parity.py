"""parity.py WASM_PLAIT ROOT THREADS: the WebAssembly build answers as the native one: networks within 1e-4, documents with the same text."""
import ast, json, os, struct, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from tool import Checks, differences, places, run, skip

# f32 sums in another order through some 30 layers.
NETWORK_TOLERANCE = 1e-4

threads = sys.argv.pop()
wasm, root = places()
native = os.path.join(root, 'build', 'native', 'plait')
if not os.path.exists(native):
    skip('there is no native build to compare with')
check = Checks()


def output_of(command, network, inputs):
    """The floats of the only output, as run in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        result = run(command, 'onnx', '--threads', threads, '--output', folder, network, *inputs)
        check(result.returncode == 0, '%s %s: %s' % (command, network, result.stderr))
        with open(result.stdout.splitlines()[0].split(' ')[0], 'rb') as file:
            data = file.read()
    start = 10 + struct.unpack_from('<H', data, 8)[0]
    header = ast.literal_eval(data[10:start].decode())
    check(header['descr'] == '<f4', '%s: expected floats, found %s' % (network, header['descr']))
    return header['shape'], struct.unpack('<%df' % ((len(data) - start) // 4), data[start:])


for network, inputs in {'detector': ['image'], 'recogniser': ['image'], 'text': ['characters', 'features'], 'layout': ['features'],
                        'image': ['pictures'], 'fusion': ['text', 'layout', 'image', 'present']}.items():
    model = os.path.join(root, 'models', 'receipt', network + '.onnx')
    arrays = [os.path.join(root, 'tests', 'golden', network, name + '.npy') for name in inputs]
    (shape, found), (expected_shape, expected) = output_of(wasm, model, arrays), output_of(native, model, arrays)
    worst = max(abs(x - y) for x, y in zip(found, expected))
    print('%s: largest difference %g of values up to %g' % (network, worst, max(map(abs, expected))))
    check(shape == expected_shape, '%s: shapes %s and %s' % (network, shape, expected_shape))
    check(worst <= NETWORK_TOLERANCE, '%s within %g of native' % (network, NETWORK_TOLERANCE))

samples = sorted(os.path.join(root, 'samples', name) for name in os.listdir(os.path.join(root, 'samples')) if name.endswith(('.jpg', '.png')))
documents = [[json.loads(line) for line in run(command, 'read', '--threads', threads, '--lines', *samples, cwd=root).stdout.splitlines()] for command in (wasm, native)]
check(len(documents[0]) == len(documents[1]) == len(samples), 'every sample is read by both')
for sample, found, expected in zip(samples, *documents):
    different = differences(found, expected)
    check(not different, '%s: %s' % (os.path.basename(sample), different[:5]))
check.finish()
