"""Clocks that are set while the server works (libfaketime): nothing that lasts, waits or runs out is measured by them, and the logs say what
they showed."""
import base64, glob, http.server, json, os, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from onnx_writer import onnx
from tool import Checks, places, run, sanitized, skip

plait, root = places()
library = glob.glob('/usr/lib/*/faketime/libfaketimeMT.so.1')
if not library or sanitized(plait):
    skip('libfaketime is not installed' if not library else 'the address sanitizer wants to be loaded first')
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
folder = tempfile.TemporaryDirectory()
HOUR, DAY = 3600, 86400


def path(name):
    return os.path.join(folder.name, name)


def set_clock(seconds):
    """So far from what it is."""
    open(path('new'), 'w').write('%+d\n' % seconds)
    os.replace(path('new'), path('clock'))


class Receiver(http.server.BaseHTTPRequestHandler):
    spans = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        self.spans += [span for resource in body['resourceSpans'] for scope in resource['scopeSpans'] for span in scope['spans']]
        self.send_response(200)
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'{}')

    def log_message(self, *_):
        pass


collector = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Receiver)
threading.Thread(target=collector.serve_forever, daemon=True).start()
add = lambda *options: run(plait, 'keys', 'add', path('keys.json'), *options).stdout.strip()
reader, hasty, poor = add(), add(), add()
keys = json.load(open(path('keys.json')))
keys['keys'][1]['rate'], keys['keys'][2]['budget_seconds'] = 0.001, 0.2
json.dump(keys, open(path('keys.json'), 'w'))
place = path('models/same/1')
os.makedirs(place)
open(os.path.join(place, 'model.onnx'), 'wb').write(onnx([('Identity', ['x'], ['y'])], [('x', 1, ['batch', 3])], [('y', 1, ['batch', 3])]))
os.symlink(os.path.join(root, 'models', 'receipt'), path('models/receipt'))
set_clock(0)
environment = {'LD_PRELOAD': library[0], 'FAKETIME_TIMESTAMP_FILE': path('clock'), 'FAKETIME_NO_CACHE': '1', 'FAKETIME_DONT_FAKE_MONOTONIC': '1', 'DONT_FAKE_MONOTONIC': '1'}
with Endpoint(plait, root, '--models', path('models'), '--workers', 2, '--keys', path('keys.json'), '--audit', path('audit.jsonl'), '--batch-delay', 3000000, '--traces', 'http://127.0.0.1:%d/v1/traces' % collector.server_port,
              **environment) as server:
    bearer = lambda key: {'Authorization': 'Bearer ' + key}
    ask = lambda key, body=jpeg, **headers: server.post('/v1/documents', body, 'image/jpeg', {**bearer(key), **headers})

    def under_way(jump, work):
        """Does the work while the clock is set in its middle; what it gives, and how long it took."""
        out = []
        thread = threading.Thread(target=lambda: out.append(work()))
        start = time.monotonic()
        thread.start()
        time.sleep(0.3)
        set_clock(jump)
        thread.join(timeout=100)
        return out[0] if out else None, time.monotonic() - start

    check(ask(reader)[0] == 200, 'a document')

    # A budget is a day's, and the day is the calendar's of when the server began: the clock makes it neither longer nor shorter.
    for _ in range(100):
        spent = ask(poor)
        if spent[0] != 200:
            break
    check(spent[0] == 429 and 'budget' in json.loads(spent[2])['error'], 'a budget that is spent: %d' % spent[0])
    for jump in (DAY, 40 * DAY, -DAY, -400 * DAY, 0):
        set_clock(jump)
        status, headers, _ = ask(poor)
        check(status == 429 and 0 < int(headers['retry-after']) <= DAY, 'it stays spent at %+d s: %d %s' % (jump, status, headers.get('retry-after')))

    # A rate.
    statuses = [ask(hasty, b'x')[0] for _ in range(4)]
    set_clock(2 * HOUR)
    statuses.append(ask(hasty, b'x')[0])
    set_clock(-2 * HOUR)
    statuses.append(ask(hasty, b'x')[0])
    check(statuses == [415] + [429] * 5, 'a rate is no faster and no slower: %s' % statuses)

    # Deadlines, of a document and of those who wait for others to share a run with.
    set_clock(0)
    for jump in (DAY, -DAY):
        answer, _ = under_way(jump, lambda: ask(reader, **{'X-Request-Timeout-Ms': '60000'}))
        check(answer and answer[0] == 200, 'a deadline %+d s away is not there: %s' % (jump, answer and answer[0]))
        data = {'inputs': [{'name': 'x', 'datatype': 'FP32', 'shape': [1, 3], 'data': [1, 2, 3]}]}
        answer, took = under_way(-jump, lambda: server.post('/v2/models/same/infer', data, headers=bearer(reader)))
        check(answer and answer[0] == 200 and took < 90, 'who waits does not wait a day: %s' % (answer and answer[0]))

    # What is kept for a while.
    set_clock(0)
    location = ask(reader, Prefer='respond-async')[1]['location']
    event = {'specversion': '1.0', 'id': '7', 'source': '/clock', 'type': 'document.added', 'data_base64': ''}
    event['data_base64'] = base64.b64encode(jpeg).decode()
    tell = lambda: server.post('/', event, 'application/cloudevents+json', bearer(reader))
    first = tell()
    set_clock(3 * HOUR)
    check(first[0] == 200 and tell()[2] == first[2], 'an event that came before is known')
    end = time.monotonic() + 60
    while (fetched := server.get(location, headers=bearer(reader)))[0] == 202 and time.monotonic() < end:
        time.sleep(0.05)
    check(fetched[0] == 200, 'an answer waits to be fetched: %d' % fetched[0])
    check(server.end() == 0, 'it ends well')

# The logs say what the clock showed; their order and their chain are not made of it.
entries = [json.loads(line) for line in open(path('audit.jsonl'))]
check(run(plait, 'audit', 'verify', path('audit.jsonl')).returncode == 0 and [e['sequence'] for e in entries] == list(range(1, len(entries) + 1)), 'the audit log is whole')
days = {entry['time'][:10] for entry in entries}
check(len(days) >= 5 and [e['time'] for e in entries] != sorted(e['time'] for e in entries), 'with stamps of all these days: %s' % sorted(days))
requests = [json.loads(line) for line in server.log if '"request"' in line]
check(requests and all(0 <= r['ms'] < 100000 and 0 <= r['waited_ms'] < 100000 for r in requests), 'nothing took a day, or less than nothing')
spans = {span['spanId']: span for span in Receiver.spans}
check(len(spans) > 50, 'traces have arrived: %d spans' % len(spans))
for span in spans.values():
    start, stop, parent = int(span['startTimeUnixNano']), int(span['endTimeUnixNano']), spans.get(span.get('parentSpanId'))
    within = parent and span['name'] != 'task'  # which begins when its request has its answer
    if not 0 <= stop - start < 100e9 or within and not int(parent['startTimeUnixNano']) <= start <= stop <= int(parent['endTimeUnixNano']):
        check(False, 'a span lies within its parent and lasts what it lasts: %s %s' % (span, parent))
collector.shutdown()
collector.server_close()
check.finish()
