"""The Open Inference Protocol, by a client written from its text: metadata, health, every numeric datatype as JSON and as binary
tensors, ids, parameters, versions, and what is refused."""
import base64, json, math, os, struct, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, untimed
from onnx_writer import onnx
from tool import Checks, places, run

plait, root = places()
check = Checks()


# name: ONNX number, struct letter, values that are hard
TYPES = {'BOOL': (9, '?', [True, False, True]), 'UINT8': (2, 'B', [0, 1, 255]), 'UINT16': (4, 'H', [0, 1, 65535]), 'UINT32': (12, 'I', [0, 1, 2**32 - 1]),
         'UINT64': (13, 'Q', [0, 2**53 + 1, 2**64 - 1]), 'INT8': (3, 'b', [-128, 0, 127]), 'INT16': (5, 'h', [-32768, 0, 32767]), 'INT32': (6, 'i', [-2**31, 0, 2**31 - 1]),
         'INT64': (7, 'q', [-2**63, -2**53 - 1, 2**63 - 1]), 'FP16': (10, 'e', [0.5, -2.0, 65504.0]), 'FP32': (1, 'f', [0.5, -1e30, 3.0]), 'FP64': (11, 'd', [0.1, -1e300, 5e-324]),
         'BF16': (16, None, [0.5, -2.0, 128.0])}
WRONG = {'BOOL': ['2', '-1', '0.5', '"x"'], 'UINT8': ['-1', '256', '1.5'], 'UINT16': ['65536'], 'UINT32': ['4294967296', '-1'], 'UINT64': ['18446744073709551616', '-1'], 'INT8': ['128'],
         'INT16': ['-32769'], 'INT32': ['2147483648'], 'INT64': ['9223372036854775808', '1e3'], 'FP16': ['"1"', 'null'], 'FP32': ['1e39', 'NaN', '0x10', '.5', '01', '1.'], 'FP64': ['1e400', '+1'],
         'BF16': ['true']}


def bits(datatype, values):
    if datatype == 'BF16':
        return b''.join(struct.pack('<f', v)[2:] for v in values)
    return struct.pack('<%d%s' % (len(values), TYPES[datatype][1]), *values)


folder = tempfile.TemporaryDirectory()
repository = folder.name


def add(name, version, body):
    os.makedirs(os.path.join(repository, name, version))
    open(os.path.join(repository, name, version, 'model.onnx'), 'wb').write(body)


for datatype, (onnx_number, _, _) in TYPES.items():
    add('same_' + datatype.lower(), '1', onnx([('Identity', ['x'], ['y'])], [('x', onnx_number, ['n'])], [('y', onnx_number, ['n'])]))
two = onnx([('Add', ['a', 'b'], ['sum']), ('Sub', ['a', 'b'], ['difference'])], [('a', 1, [2, 2]), ('b', 1, [2, 2])], [('sum', 1, [2, 2]), ('difference', 1, [2, 2])])
add('two', '1', two)
add('two', '10', onnx([('Add', ['a', 'b'], ['sum'])], [('a', 1, [2, 2]), ('b', 1, [2, 2])], [('sum', 1, [2, 2])]))
add('scalar', '1', onnx([('Identity', ['x'], ['y'])], [('x', 1, [])], [('y', 1, [])]))
os.symlink(os.path.join(root, 'models', 'receipt'), os.path.join(repository, 'receipt'))


def infer(model, request, binary=b'', **headers):
    text = request if isinstance(request, str) else json.dumps(request)
    more = {'Inference-Header-Content-Length': str(len(text))} if binary else {}
    status, head, body = server.post('/v2/models/%s/infer' % model, text.encode() + binary, headers={**more, **headers})
    length = int(head.get('inference-header-content-length', len(body)))
    return status, json.loads(body[:length]), body[length:]


def tensor(name, datatype, shape, data=None, **parameters):
    return {'name': name, 'datatype': datatype, 'shape': shape, **({'data': data} if data is not None else {}), **({'parameters': parameters} if parameters else {})}


with Endpoint(plait, root, '--models', repository, '--all-versions', '--workers', 1, '--queue', 64) as server:
    # Metadata and health.
    status, _, body = server.get('/v2')
    check(status == 200 and json.loads(body)['extensions'] == ['binary_tensor_data', 'model_repository'] and json.loads(body)['name'] == 'plait', 'server metadata: %r' % body)
    check(json.loads(server.get('/v2/health/live')[2]) == {'live': True} and json.loads(server.get('/v2/health/ready')[2]) == {'ready': True}, 'live and ready')
    card = json.loads(server.get('/v2/models/two')[2])
    check(card['versions'] == ['10', '1'] and card['platform'] and [i['name'] for i in card['inputs']] == ['a', 'b'] and [o['name'] for o in card['outputs']] == ['sum'], 'the newest version: %s' % card)
    card = json.loads(server.get('/v2/models/two/versions/1')[2])
    check([o['name'] for o in card['outputs']] == ['sum', 'difference'] and card['inputs'][0] == {'name': 'a', 'datatype': 'FP32', 'shape': [2, 2]}, 'a named version: %s' % card)
    check(server.get('/v2/models/two/ready')[0] == 200 and server.get('/v2/models/two/versions/1/ready')[0] == 200, 'models are ready')
    for where in ('/v2/models/none', '/v2/models/none/ready', '/v2/models/two/versions/2', '/v2/models/two/versions/2/ready', '/v2/models/receipt.none', '/v2/models/'):
        status, _, body = server.get(where)
        check(status == 404 and json.loads(body)['error'], '%s: 404, found %d' % (where, status))

    # Every datatype, both ways in and both ways out.
    for datatype, (_, _, values) in TYPES.items():
        model, n = 'same_' + datatype.lower(), len(values)
        status, answer, _ = infer(model, {'id': 'id-' + datatype, 'inputs': [tensor('x', datatype, [n], values)]})
        output = answer.get('outputs', [{}])[0]
        check(status == 200 and answer['id'] == 'id-' + datatype and answer['model_name'] == model and answer['model_version'] == '1', '%s: %d %s' % (datatype, status, answer))
        check(output.get('data') is not None and bits(datatype, output['data']) == bits(datatype, values) and output.get('datatype') == datatype and output.get('shape') == [n], '%s: the same comes back: %s' % (datatype, output))
        body = bits(datatype, values)
        status, answer, binary = infer(model, {'inputs': [tensor('x', datatype, [n], binary_data_size=len(body))], 'outputs': [{'name': 'y', 'parameters': {'binary_data': True}}]}, body)
        check(status == 200 and binary == body and answer['outputs'][0]['parameters'] == {'binary_data_size': len(body)} and 'data' not in answer['outputs'][0],
              '%s: binary in and out: %d %s %r' % (datatype, status, answer, binary))
        check('id' not in answer, '%s: no id where none was given' % datatype)
        status, answer, binary = infer(model, {'inputs': [tensor('x', datatype, [n], values)], 'parameters': {'binary_data_output': True}})
        check(status == 200 and binary == body, '%s: all outputs as binary' % datatype)
        status, answer, _ = infer(model, {'inputs': [tensor('x', datatype, [0], [])]})
        check(status == 200 and answer['outputs'][0]['data'] == [], '%s: nothing is something too: %s' % (datatype, answer))
        for wrong in WRONG[datatype]:
            status, answer, _ = infer(model, '{"inputs":[{"name":"x","datatype":"%s","shape":[1],"data":[%s]}]}' % (datatype, wrong))
            check(status == 400 and datatype in answer['error'], '%s: %s is refused: %d %s' % (datatype, wrong, status, answer))
    status, answer, _ = infer('same_fp32', '{"inputs":[{"name":"x","datatype":"FP32","shape":[2],"data":[1.0]}],"inputs2":[{"data":[1,2,3]}]}')
    check(status == 400, 'too few elements')

    # Nesting, order of inputs, choice of outputs, a scalar, infinity.
    a, b = tensor('a', 'FP32', [2, 2], [[1, 2], [3, 4]]), tensor('b', 'FP32', [2, 2], [10, 20, 30, 40])
    status, answer, _ = infer('two/versions/1', {'inputs': [b, a], 'outputs': [{'name': 'difference'}]})
    check(status == 200 and [o['name'] for o in answer['outputs']] == ['difference'] and answer['outputs'][0]['data'] == [-9, -18, -27, -36], 'one output of two: %s' % answer)
    status, answer, _ = infer('two/versions/1', {'inputs': [a, b]})
    check([o['data'] for o in answer['outputs']] == [[11, 22, 33, 44], [-9, -18, -27, -36]] and answer['model_version'] == '1', 'all outputs: %s' % answer)
    check(infer('two', {'inputs': [a, b]})[1]['model_version'] == '10', 'the newest version answers')
    status, answer, _ = infer('scalar', {'inputs': [tensor('x', 'FP32', [], [2.5])]})
    check(status == 200 and answer['outputs'][0]['data'] == [2.5] and answer['outputs'][0]['shape'] == [], 'a scalar: %s' % answer)
    _, answer, binary = infer('same_fp32', {'inputs': [tensor('x', 'FP32', [2], binary_data_size=8)]}, struct.pack('<2f', math.inf, math.nan))
    check(answer['outputs'][0]['data'] == [None, None], 'what JSON has no number for is null: %s' % answer)
    mixed = bits('FP32', [1, 2, 3, 4])
    status, answer, binary = infer('two', {'inputs': [tensor('a', 'FP32', [2, 2], binary_data_size=16), b]}, mixed)
    check(status == 200 and answer['outputs'][0]['data'] == [11, 22, 33, 44], 'one input as binary, one as JSON: %s' % answer)
    status, head, body = server.post('/v2/models/same_fp32/infer', mixed, 'application/octet-stream', {'Inference-Header-Content-Length': '0'})
    check(status == 200 and body[int(head['inference-header-content-length']):] == mixed, 'raw data alone: %d %r' % (status, body))

    # What is refused.
    good = {'inputs': [a, b]}
    deep = '{"inputs":' + '[' * 3000 + ']' * 3000 + '}'
    for what, model, request, binary in (
            ('no JSON', 'two', '{', b''), ('no object', 'two', '[]', b''), ('nothing', 'two', '', b''), ('no inputs', 'two', {}, b''), ('one input of two', 'two', {'inputs': [a]}, b''),
            ('twice the same', 'two', {'inputs': [a, a, b]}, b''), ('an unknown one', 'two', {'inputs': [a, b, tensor('c', 'FP32', [1], [1])]}, b''),
            ('another datatype', 'two', {'inputs': [tensor('a', 'FP64', [2, 2], [1, 2, 3, 4]), b]}, b''), ('no datatype', 'two', {'inputs': [tensor('a', 'FLOAT', [2, 2], [1, 2, 3, 4]), b]}, b''),
            ('another shape', 'two', {'inputs': [tensor('a', 'FP32', [4], [1, 2, 3, 4]), b]}, b''), ('a negative shape', 'same_fp32', {'inputs': [tensor('x', 'FP32', [-1], [1])]}, b''),
            ('a huge shape', 'same_fp32', {'inputs': [tensor('x', 'FP32', [2**39], [1])]}, b''), ('too many', 'two', {'inputs': [tensor('a', 'FP32', [2, 2], [1] * 5), b]}, b''),
            ('too deep', 'two', {'inputs': [tensor('a', 'FP32', [2, 2], json.loads('[' * 30 + '1,2,3,4' + ']' * 30)), b]}, b''), ('a bomb', 'two', deep, b''),
            ('an unknown output', 'two', {**good, 'outputs': [{'name': 'c'}]}, b''), ('bytes too many', 'two', good, b'1234'),
            ('bytes too few', 'same_fp32', {'inputs': [tensor('x', 'FP32', [2], binary_data_size=8)]}, b'1234'),
            ('a size that is not the shape', 'same_fp32', {'inputs': [tensor('x', 'FP32', [2], binary_data_size=4)]}, b'1234'),
            ('data that does not end', 'two', '{"inputs":[{"name":"a","datatype":"FP32","shape":[2,2],"data":[1,2', b''),
            ('a comma too many', 'same_fp32', '{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1,]}]}', b''),
            ('data beside an array', 'same_fp32', '{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":1}]}', b'')):
        status, answer, _ = infer(model, request, binary)
        check(status == 400 and set(answer) == {'error'}, '%s: 400 with an error, found %d %s' % (what, status, answer))
    check(server.post('/v2/models/two/infer', '{}', headers={'Inference-Header-Content-Length': '99'})[0] == 400, 'a JSON longer than the body')
    check(server.post('/v2/models/none/infer', good)[0] == 404 and server.post('/v2/models/two/versions/7/infer', good)[0] == 404, 'no such model, no such version')

    # The package as a model, and its networks.
    picture = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
    expected = untimed(run(plait, 'read', '--lines', 'samples/kopitiam.jpg', cwd=root).stdout.strip().encode()).replace(b'kopitiam.jpg', b'')
    status, answer, _ = infer('receipt', {'inputs': [tensor('document', 'BYTES', [1], [base64.b64encode(picture).decode()])]})
    check(status == 200 and untimed(answer['outputs'][0]['data'][0].encode()) == expected, 'a document as base64: %d' % status)
    status, answer, binary = infer('receipt', {'inputs': [tensor('document', 'BYTES', [1], binary_data_size=len(picture) + 4)], 'parameters': {'binary_data_output': True}},
                                   struct.pack('<I', len(picture)) + picture)
    check(status == 200 and struct.unpack('<I', binary[:4])[0] == len(binary) - 4 and untimed(binary[4:]) == expected, 'a document as binary: %d %s' % (status, answer))
    for wrong in (['!'], [1], [], ['']):
        status, answer, _ = infer('receipt', {'inputs': [tensor('document', 'BYTES', [1], wrong)]})
        check(status == 400 and set(answer) == {'error'}, 'no document: %s: %d %s' % (wrong, status, answer))
    card = json.loads(server.get('/v2/models/receipt.layout')[2])
    width = card['inputs'][0]['shape'][-1]
    status, answer, _ = infer('receipt.layout', {'inputs': [tensor(card['inputs'][0]['name'], 'FP32', [3, width], [0.25] * 3 * width)]})
    check(status == 200 and answer['outputs'][0]['shape'][0] == 3, 'a network of the package: %d %s' % (status, str(answer)[:200]))

    # A deadline that has passed.
    status, answer, _ = infer('receipt', {'inputs': [tensor('document', 'BYTES', [1], [base64.b64encode(picture).decode()])], 'parameters': {'timeout': 1000}})
    check(status in (504, 429) and answer['error'], 'a millisecond is too short: %d %s' % (status, answer))
    check(server.alive() and server.end() == 0, 'it ends well')
check.finish()
