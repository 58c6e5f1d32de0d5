"""AWS Lambda's runtime interface, by a small one of our own: invocations of function URLs and API gateways are answered."""
import base64, http.server, json, os, queue, re, sys, threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, untimed
from tool import Checks, places

plait, root = places()
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()


class Interface(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.events, self.answers, self.count = queue.Queue(), queue.Queue(), 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def invoke(self, event):
        """What came back, and whether as a response or an error."""
        self.count += 1
        self.events.put(('request-%d' % self.count, event if isinstance(event, bytes) else json.dumps(event).encode()))
        name, verb, body = self.answers.get(timeout=120)
        check(name == 'request-%d' % self.count, 'the answer is that of %s, expected %d' % (name, self.count))
        return verb, json.loads(body)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        check(self.path == '/2018-06-01/runtime/invocation/next', 'the path of the next invocation: %s' % self.path)
        name, body = self.server.events.get()
        self.send_response(200)
        for header, value in (('Lambda-Runtime-Aws-Request-Id', name), ('Lambda-Runtime-Deadline-Ms', '9999999999999'), ('Content-Type', 'application/json'), ('Content-Length', str(len(body)))):
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        found = re.fullmatch(r'/2018-06-01/runtime/invocation/([^/]+)/(response|error)', self.path)
        self.send_response(202)
        self.send_header('Content-Length', '0')
        self.end_headers()
        self.server.answers.put((*found.groups(), body))

    def log_message(self, *_):
        pass


interface = Interface()
with Endpoint(plait, root, '--workers', 1, '--quiet', AWS_LAMBDA_RUNTIME_API='127.0.0.1:%d' % interface.server_port) as server:
    expected = untimed(server.post('/v1/documents?name=a%20b.jpg', jpeg, 'image/jpeg')[2])

    def call(method, path, body=None, query='', **headers):
        """Payload format 2."""
        return {'version': '2.0', 'rawPath': path, 'rawQueryString': query, 'headers': headers, 'requestContext': {'http': {'method': method, 'path': path}},
                **({'body': base64.b64encode(body).decode(), 'isBase64Encoded': True} if body is not None else {})}

    verb, answer = interface.invoke(call('POST', '/v1/documents', jpeg, 'name=a%20b.jpg', **{'content-type': 'image/jpeg'}))
    check(verb == 'response' and answer['statusCode'] == 200 and answer['headers']['content-type'] == 'application/json' and not answer['isBase64Encoded'], 'a document: %s %s' % (verb, str(answer)[:200]))
    check(untimed(answer['body'].encode()) == expected, 'as over HTTP')
    verb, answer = interface.invoke({'httpMethod': 'POST', 'path': '/v1/documents', 'headers': {'Content-Type': 'image/jpeg', 'Bad\r\nHeader': 'x'}, 'body': base64.b64encode(jpeg).decode(), 'isBase64Encoded': True})
    check(verb == 'response' and answer['statusCode'] == 200, 'payload format 1: %s' % str(answer)[:200])
    verb, answer = interface.invoke(call('GET', '/v2/models/receipt/ready'))
    check(verb == 'response' and json.loads(answer['body']) == {'name': 'receipt', 'ready': True}, 'another path: %s' % answer)
    verb, answer = interface.invoke(call('POST', '/v1/documents', b'no picture'))
    check(verb == 'response' and answer['statusCode'] == 415, 'a refusal is an answer: %s' % answer)
    data = base64.b64encode(jpeg).decode()
    request = json.dumps({'inputs': [{'name': 'document', 'datatype': 'BYTES', 'shape': [1], 'data': [data]}], 'parameters': {'binary_data_output': True}}).encode()
    verb, answer = interface.invoke(call('POST', '/v2/models/receipt/infer', request, **{'content-type': 'application/json'}))
    check(verb == 'response' and answer['isBase64Encoded'] and b'plait.document/1' in base64.b64decode(answer['body']), 'bytes come back as base64')
    verb, answer = interface.invoke({'specversion': '1.0', 'id': '1', 'source': '/test', 'type': 'document.added', 'data_base64': data})
    check(verb == 'response' and answer['type'] == 'plait.document.read', 'an event: %s' % str(answer)[:200])
    for what, event in (('no JSON', b'{'), ('nothing that is known', {'Records': []}), ('a body that is no base64', {**call('POST', '/v1/documents', b''), 'body': '!'})):
        verb, answer = interface.invoke(event)
        check(verb == 'error' and answer['errorMessage'], '%s: an error: %s %s' % (what, verb, answer))
    verb, answer = interface.invoke(call('GET', '/v2'))
    check(verb == 'response' and answer['statusCode'] == 200, 'and it goes on')
    check(server.end() == 0, 'it ends well')
check.finish()
