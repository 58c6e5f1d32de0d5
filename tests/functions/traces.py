"""Traces as OpenTelemetry's own protocol buffers understand them: nothing in them is lost, and a document's spans hang together."""
import json, os, queue, subprocess, sys, threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from tool import Checks, places, skip

plait, root = places()
check = Checks()
here = os.path.join(root, 'tests', 'functions')
if not os.path.exists(os.path.join(here, 'node_modules', '@opentelemetry')):
    skip('no packages: npm ci --prefix tests/functions')
collector = subprocess.Popen(['node', os.path.join(here, 'collector.mjs')], stdout=subprocess.PIPE, text=True)
said = queue.Queue()
threading.Thread(target=lambda: [said.put(json.loads(line)) for line in collector.stdout], daemon=True).start()
port = said.get(timeout=60)['port']
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

with Endpoint(plait, root, '--workers', 1, OTEL_EXPORTER_OTLP_ENDPOINT='http://127.0.0.1:%d' % port, OTEL_SERVICE_NAME='reader "of" döcuments') as server:
    check(server.post('/v1/documents', jpeg, 'image/jpeg', {'traceparent': PARENT})[0] == 200, 'a document')
    check(server.post('/v1/documents', b'no picture', 'image/jpeg')[0] == 415, 'none')
    for _ in range(100):
        server.get('/v2')
    check(server.end() == 0, 'the server ends well')
spans = []
while len(spans) < 102 + 8:
    batch = said.get(timeout=60)
    check('error' not in batch, 'the collector understands all of it: %s' % batch.get('error'))
    if 'error' in batch:
        break
    spans += batch['spans']
collector.terminate()
collector.wait(timeout=30)
check(len({span['spanId'] for span in spans}) == len(spans) and all(len(s['spanId']) == 16 and len(s['traceId']) == 32 for s in spans), 'ids of their length, each once')
check({span['service'] for span in spans} == {'reader "of" döcuments'} and {span['scope'] for span in spans} == {'plait'}, 'who sends')
document = [span for span in spans if span['traceId'] == PARENT.split('-')[1]]
names = {span['name'] for span in document}
check({'documents', 'read', 'decode', 'detect', 'recognise', 'encode', 'fuse', 'heads'} <= names, 'the stages of the document: %s' % sorted(names))
ids = {span['spanId']: span for span in document}
check(all(span['parentSpanId'] in ids or span['parentSpanId'] == PARENT.split('-')[2] for span in document), 'each hangs on another or on the caller')
check(all(int(span['startTimeUnixNano']) <= int(span['endTimeUnixNano']) for span in spans), 'none ends before it begins')
check(sum(span['name'] == 'documents' for span in spans) == 2 and len(spans) >= 102, 'a span for every request')
check.finish()
