"""/openapi.json describes what is: requests and answers of every path are valid by it, and every path is there."""
import base64, json, os, re, sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from tool import Checks, places, skip

try:
    import jsonschema
except ImportError:
    skip('python3-jsonschema is not installed')

plait, root = places()
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()


class Description:
    def __init__(self, openapi, document):
        self.openapi = openapi
        nameless = {key: value for key, value in document.items() if key != '$id'}  # jsonschema does not join references to a urn
        resolver = jsonschema.RefResolver('http://plait/openapi.json', openapi, store={'http://plait/schemas/document.json': nameless})
        self.validate = lambda schema, value: [e.message[:200] for e in jsonschema.Draft202012Validator(schema, resolver=resolver).iter_errors(value)]
        self.resolve = lambda item: resolver.resolve(item['$ref'])[1] if '$ref' in item else item
        self.used = set()

    def find(self, method, path):
        for pattern, item in self.openapi['paths'].items():
            if re.fullmatch(re.sub(r'\{\w+\}', '[^/]+', pattern), path.split('?')[0]) and method.lower() in item:
                self.used.add((pattern, method.lower()))
                return item[method.lower()]
        return None

    def request(self, method, path, kind, body):
        content = self.find(method, path).get('requestBody', {}).get('content', {})
        entry = content.get(kind, content.get('*/*'))
        if entry is None:
            return ['%s is not described' % kind]
        return self.validate(entry['schema'], json.loads(body)) if 'schema' in entry and 'json' in kind else []

    def answer(self, method, path, status, kind, body):
        described = self.find(method, path)['responses'].get(str(status))
        if described is None:
            return ['%d is not described' % status]
        content = self.resolve(described).get('content', {})
        if status == 204:
            return []
        if kind.split(';')[0] not in content:
            return ['%s is not described' % kind]
        schema = content[kind.split(';')[0]].get('schema')
        return self.validate(schema, json.loads(body)) if schema and 'json' in kind else []


with Endpoint(plait, root, '--workers', 1, '--body-most', 1, '--telemetry', 100) as server:
    openapi, document = (json.loads(server.get(path)[2]) for path in ('/openapi.json', '/schemas/document.json'))
    check(openapi['openapi'].startswith('3.1.') and openapi['info']['title'] == 'Plait', 'OpenAPI 3.1')
    check(document == json.load(open(os.path.join(root, 'src', 'document', 'document.schema.json'), encoding='utf-8')), "the documents' schema is the project's")
    for name, schema in openapi['components']['schemas'].items():
        jsonschema.Draft202012Validator.check_schema(schema)
    references = re.findall(r'"\$ref": *"([^"]+)"', json.dumps(openapi))
    description = Description(openapi, document)
    for reference in set(references):
        check(description.resolve({'$ref': reference}), '%s leads somewhere' % reference)

    def ask(method, path, body=None, kind=None, expected=200, valid=True, **headers):
        if kind and valid:
            found = description.request(method, path, kind, body)
            check(not found, '%s %s: the request: %s' % (method, path, found))
        if kind and not valid:
            check('json' not in kind or description.request(method, path, kind, body), '%s %s: a wrong request is wrong by the description too' % (method, path))
        status, head, answer = server.ask(method, path, body, {**({'Content-Type': kind} if kind else {}), **headers})
        check(status == expected, '%s %s: %d, found %d %r' % (method, path, expected, status, answer[:200]))
        found = description.answer(method, path, status, head.get('content-type', ''), answer)
        check(not found, '%s %s: the answer: %s' % (method, path, found))
        return head, answer

    for path in ('/v2', '/v2/health/live', '/v2/health/ready', '/v2/models/receipt', '/v2/models/receipt.text', '/v2/models/receipt/ready', '/metrics', '/openapi.json', '/schemas/document.json'):
        ask('GET', path)
    version = json.loads(ask('GET', '/v2/models/receipt')[1])['versions'][0]
    for path in ('/v2/models/receipt/versions/' + version, '/v2/models/receipt/versions/%s/ready' % version):
        ask('GET', path)
    for path in ('/v2/models/none', '/v2/models/none/ready', '/v2/models/receipt/versions/0', '/v2/models/receipt/versions/0/ready', '/v1/documents/0'):
        ask('GET', path, expected=404)
    ask('DELETE', '/v1/documents/0', expected=404)
    ask('POST', '/v1/documents', jpeg, 'image/jpeg')
    ask('POST', '/v1/documents', jpeg, 'image/jpeg', Accept='text/event-stream')
    ask('POST', '/v1/documents', b'', 'image/jpeg', 400)
    ask('POST', '/v1/documents', b'x', 'image/jpeg', 415)
    ask('POST', '/v1/documents', jpeg[:999], 'image/jpeg', 422)
    ask('POST', '/v1/documents', bytes(2 << 20), 'image/jpeg', 413)
    ask('POST', '/v1/documents?model=none', jpeg, 'image/jpeg', 404)
    head, _ = ask('POST', '/v1/documents', jpeg, 'image/jpeg', 202, Prefer='respond-async')
    while server.get(head['location'])[0] == 202:
        pass
    head, _ = ask('POST', '/v1/documents', jpeg, 'image/jpeg', 202, Prefer='respond-async')
    ask('GET', head['location'], expected=202)
    ask('DELETE', head['location'], expected=204)
    data = base64.b64encode(jpeg).decode()
    for path in ('/v2/models/receipt/infer', '/v2/models/receipt/versions/%s/infer' % version):
        ask('POST', path, json.dumps({'inputs': [{'name': 'document', 'datatype': 'BYTES', 'shape': [1], 'data': [data]}]}), 'application/json')
        ask('POST', path, json.dumps({'inputs': [{'name': 'document', 'datatype': 'TEXT', 'shape': [1], 'data': [data]}]}), 'application/json', 400, valid=False)
        ask('POST', path, '{}', 'application/json', 400, valid=False)
    event = {'specversion': '1.0', 'id': '1', 'source': '/test', 'type': 'document.added', 'data_base64': data}
    ask('POST', '/', json.dumps(event), 'application/cloudevents+json')
    ask('POST', '/', json.dumps([event]), 'application/cloudevents-batch+json')
    ask('POST', '/', json.dumps({**event, 'id': ''}), 'application/cloudevents+json', 400, valid=False)
    ask('POST', '/v1/feedback', json.dumps({'digest': '0' * 64, 'fields': {'total': None}}), 'application/json', 501)
    telemetry = {'schema': 'plait.telemetry/1', 'variant': 'none', 'events': [{'event': 'read', 'outcome': 'OK', 'count': 2, 'ms': [8.5]}]}
    ask('POST', '/v1/telemetry', json.dumps(telemetry), 'application/json', 204)
    ask('POST', '/v1/telemetry', json.dumps({**telemetry, 'name': 'a.jpg'}), 'application/json', 400, valid=False)
    ask('POST', '/v2/repository/index', '{}', None)
    ask('POST', '/v2/repository/models/receipt/load', json.dumps({'parameters': {'version': version}}), 'application/json')
    ask('POST', '/v2/repository/models/receipt/load', json.dumps({'parameters': {'canary_percent': 100}}), 'application/json', 400, valid=False)
    ask('POST', '/v2/repository/models/none/load', '{}', 'application/json', 404)
    ask('POST', '/v2/repository/models/none/unload', '{}', 'application/json', 404)
    ask('POST', '/v2/repository/models/receipt/unload', '{}', 'application/json')
    described = {(path, method) for path, item in openapi['paths'].items() for method in item if method in ('get', 'post', 'put', 'delete')}
    check(described == description.used, 'every path was asked: %s were not' % sorted(described - description.used))
    check(server.end() == 0, 'it ends well')
check.finish()
