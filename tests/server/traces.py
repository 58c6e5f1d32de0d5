"""Traces reach a collector: batched, with the stages as spans, again when it could not take them, dropped and counted when it cannot."""
import http.server, json, os, sys, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from tool import Checks, places

plait, root = places()
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-'


class Collector(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(('127.0.0.1', 0), Receiver)
        self.batches, self.attempts, self.answers = [], [], []  # answers: status codes to give first
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def spans(self):
        return [span for batch in self.batches for resource in batch['resourceSpans'] for scope in resource['scopeSpans'] for span in scope['spans']]

    def wait(self, count):
        end = time.monotonic() + 60
        while len(self.spans()) < count and time.monotonic() < end:
            time.sleep(0.05)


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        self.server.attempts.append((self.path, self.headers))
        status = self.server.answers.pop(0) if self.server.answers else 200
        if status == 200:
            self.server.batches.append(body)
        self.send_response(status)
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'{}')

    def log_message(self, *_):
        pass


def attributes(span):
    return {a['key']: a['value'].get('stringValue', a['value'].get('intValue')) for a in span['attributes']}


collector = Collector()
base = 'http://127.0.0.1:%d' % collector.server_port
with Endpoint(plait, root, '--workers', 1, OTEL_EXPORTER_OTLP_ENDPOINT=base, OTEL_EXPORTER_OTLP_HEADERS='x-token=abc,x-other=1', OTEL_SERVICE_NAME='reader') as server:
    document = json.loads(server.post('/v1/documents', jpeg, 'image/jpeg', {'traceparent': PARENT + '01'})[2])
    server.post('/v1/documents', b'x', 'image/jpeg', {'traceparent': PARENT + '01'})
    server.post('/v1/documents', jpeg, 'image/jpeg', {'traceparent': PARENT + '00'})  # the caller does not want it
    collector.wait(2 + 2 + 1 + 8 + 3)
    spans = collector.spans()
    names = [span['name'] for span in spans]
    check(names.count('documents') == 2 and names.count('read') == 1, 'two requests of three, one of which read: %s' % names)
    stages = {'decode', 'detect', 'recognise', 'encode', 'align', 'fuse', 'heads', 'tables'}
    encoders = {'encode text', 'encode layout', 'encode image'}
    check(stages | encoders | {'ingest', 'wait'} <= set(names), 'what came before, the stages and every encoder: %s' % names)
    top = [span for span in spans if span['name'] == 'documents'][0]
    check(top['traceId'] == '0af7651916cd43dd8448eb211c80319c' and top['parentSpanId'] == 'b7ad6b7169203331' and top['kind'] == 2, 'goes on from the caller: %s' % top)
    check(attributes(top) == {'http.request.method': 'POST', 'http.route': '/v1/documents', 'http.response.status_code': '200'}, 'what was asked: %s' % attributes(top))
    by_id = {span['spanId']: span for span in spans}
    check(len(by_id) == len(spans), 'every span has its own id')
    for span in spans:
        if span['kind'] == 1:
            parent = by_id[span['parentSpanId']]
            check(int(parent['startTimeUnixNano']) <= int(span['startTimeUnixNano']) <= int(span['endTimeUnixNano']) <= int(parent['endTimeUnixNano']), '%s lies within %s' % (span['name'], parent['name']))
    inside = lambda name, parent: by_id[[s for s in spans if s['name'] == name][0]['parentSpanId']]['name'] == parent
    check(all(inside(stage, 'read') for stage in stages) and all(inside(encoder, 'encode') for encoder in encoders) and inside('ingest', 'documents') and inside('wait', 'documents'), 'who is within whom')
    check(attributes([s for s in spans if s['name'] == 'encode image'][0]) == {'plait.modality': 'image'}, 'an encoder names its modality')
    for stage in stages | {'total'}:
        lasted = sum(int(s['endTimeUnixNano']) - int(s['startTimeUnixNano']) for s in spans if s['name'] == {'total': 'read'}.get(stage, stage)) / 1e6
        check(abs(lasted - document['timing_ms'][stage]) < 0.01, 'the span of %s lasts as long as timing_ms says: %g' % (stage, lasted))
    where, headers = collector.attempts[0]
    check(where == '/v1/traces' and headers['x-token'] == 'abc' and headers['x-other'] == '1' and headers['Content-Type'] == 'application/json', 'the request to the collector')
    resource = {a['key']: a['value']['stringValue'] for a in collector.batches[0]['resourceSpans'][0]['resource']['attributes']}
    check(resource['service.name'] == 'reader' and resource['service.version'], 'who sends: %s' % resource)

    # A collector in trouble: the same batch again.
    before, tries = len(collector.spans()), len(collector.attempts)
    collector.answers = [503, 429]
    server.get('/v2')
    collector.wait(before + 1)
    check(len(collector.spans()) == before + 1 and len(collector.attempts) == tries + 3, 'after 503 and 429 it is sent again')
    collector.answers = [400]
    server.get('/v2')
    end = time.monotonic() + 60
    while not server.metrics().get('plait_telemetry_dropped_total{kind="traces"}') and time.monotonic() < end:
        time.sleep(0.05)
    check(server.metrics().get('plait_telemetry_dropped_total{kind="traces"}', 0) >= 1, 'what is refused is dropped and counted')
    check(server.metrics()['plait_traces_exported_total'] >= 3, 'what was taken is counted')
    for _ in range(3):
        server.get('/v2/health/live')
    check(server.end() == 0, 'it ends well')
    check([span['name'] for span in collector.spans()][-3:] == ['live'] * 3, 'what waited at the end is sent')
collector.shutdown()
collector.server_close()

platform = Collector()
with Endpoint(plait, root, '--workers', 1, '--traces', 'http://127.0.0.1:%d' % platform.server_port, '--quiet', K_SERVICE='receipts', K_REVISION='receipts-00007') as server:
    server.get('/v2')
    platform.wait(1)
    resource = {a['key']: a['value']['stringValue'] for a in platform.batches[0]['resourceSpans'][0]['resource']['attributes']}
    check(resource['service.name'] == resource['faas.name'] == 'receipts' and resource['faas.version'] == 'receipts-00007', 'on Knative: %s' % resource)
platform.shutdown()
platform.server_close()

with Endpoint(plait, root, '--workers', 1, '--traces', base + '/v1/traces', '--quiet') as server:  # nobody listens there any more
    for _ in range(600):
        server.get('/v2')
    check(server.metrics().get('plait_telemetry_dropped_total{kind="traces"}', 0) > 0, 'too many for a collector that is away: dropped and counted')
    check(server.get('/v2')[0] == 200 and server.end() == 0, 'and nothing waits for it')
with Endpoint(plait, root, '--workers', 1, '--traces', base, '--sample', 0) as server:
    check(server.get('/v2')[1]['traceparent'].endswith('-00'), 'not sampled')
check.finish()
