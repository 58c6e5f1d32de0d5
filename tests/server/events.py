"""CloudEvents 1.0 in all three modes, each event worked on once; and /v1/feedback."""
import base64, json, os, sys, tempfile, threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, untimed
from tool import Checks, places

plait, root = places()
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()


def binary(server, body=jpeg, **attributes):
    attributes = {'specversion': '1.0', 'id': '1', 'source': '/test', 'type': 'document.added', **attributes}
    return server.post('/', body, 'image/jpeg', {'ce-' + name: value for name, value in attributes.items() if value is not None})


def event(body=jpeg, **attributes):
    return {'specversion': '1.0', 'id': '1', 'source': '/test', 'type': 'document.added', 'data_base64': base64.b64encode(body).decode(), **attributes}


def plain(text):
    """The document without its times and its name."""
    document = json.loads(text) if not isinstance(text, dict) else text
    return {key: value for key, value in document.items() if key not in ('path', 'timing_ms', 'source')}


with tempfile.TemporaryDirectory() as folder:
    kept = os.path.join(folder, 'feedback.jsonl')
    with Endpoint(plait, root, '--workers', 2, '--feedback', kept) as server:
        expected = plain(server.post('/v1/documents', jpeg, 'image/jpeg')[2])
        events = lambda outcome: server.metrics().get('plait_events_total{outcome="%s"}' % outcome, 0)

        # Binary mode, and the same again.
        status, headers, body = binary(server, id='b', subject='kopitiam.jpg')
        check(status == 200 and plain(body) == expected and json.loads(body)['source']['name'] == 'kopitiam.jpg', 'binary: %d' % status)
        check((headers['ce-specversion'], headers['ce-type'], headers['ce-subject'], headers['ce-causationid']) == ('1.0', 'plait.document.read', 'kopitiam.jpg', 'b') and
              headers['ce-source'] == '/v2/models/receipt' and headers['ce-id'], 'the answer is an event: %s' % headers)
        again = binary(server, id='b', subject='kopitiam.jpg')
        check(again[0] == 200 and again[2] == body and again[1]['ce-id'] == headers['ce-id'], 'the same event has the same answer, times and all')
        check(events('read') == 1 and events('duplicate') == 1, 'and was worked on once')
        check(untimed(binary(server, id='b', source='/other')[2]) != b'' and events('read') == 2, 'the same id of another source is another event')

        # Structured.
        status, headers, body = server.post('/', event(id='s', subject='x'), 'application/cloudevents+json')
        answer = json.loads(body)
        check(status == 200 and headers['content-type'] == 'application/cloudevents+json' and plain(answer['data']) == expected, 'structured: %d' % status)
        check(answer['specversion'] == '1.0' and answer['type'] == 'plait.document.read' and answer['causationid'] == 's' and answer['datacontenttype'] == 'application/json', 'the answer is an event')

        # A batch: one answer an event, a failure is one, and what stands in it twice has one.
        batch = [event(id='1', source='/batch'), event(id='2', source='/batch', body=b'no picture'), event(id='1', source='/batch'), event(id='b')]
        before = events('read')
        status, headers, body = server.post('/', batch, 'application/cloudevents-batch+json; charset=utf-8')
        answers = json.loads(body)
        check(status == 200 and headers['content-type'] == 'application/cloudevents-batch+json', 'a batch: %d %r' % (status, body[:200]))
        check([(a['causationid'], a['type']) for a in answers] == [('1', 'plait.document.read'), ('2', 'plait.document.failed'), ('b', 'plait.document.read')], 'its answers: %s' %
              [(a['causationid'], a['type']) for a in answers])
        check(answers[1]['data'].get('error') and len({a['id'] for a in answers}) == 3, 'the failure says why, ids differ')
        check(events('read') == before + 1, 'the first alone was new')
        status, _, body = server.post('/', batch, 'application/cloudevents-batch+json')
        check(json.loads(body) == answers and events('read') == before + 1, 'the whole batch again: the same answers, no work')

        # At the same time: worked on once.
        before, seen = events('read'), []
        threads = [threading.Thread(target=lambda: seen.append(binary(server, id='together')[0])) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(seen.count(200) >= 1 and set(seen) <= {200, 409} and events('read') == before + 1, 'six at the same time: %s' % seen)

        # What is no event.
        for what, answer in (('no id', binary(server, id=None)), ('an empty id', binary(server, id='')), ('another version', binary(server, specversion='0.3')), ('no source', binary(server, source=None)),
                             ('no type', binary(server, type=None)), ('no attributes', server.post('/', jpeg, 'image/jpeg')), ('no JSON', server.post('/', '{', 'application/cloudevents+json')),
                             ('no object', server.post('/', '[]', 'application/cloudevents+json')), ('no data', server.post('/', {k: v for k, v in event().items() if k != 'data_base64'}, 'application/cloudevents+json')),
                             ('no base64', server.post('/', {**event(id='x'), 'data_base64': '!'}, 'application/cloudevents+json')),
                             ('a number as id', server.post('/', event(id=1), 'application/cloudevents+json')), ('no array', server.post('/', event(), 'application/cloudevents-batch+json')),
                             ('too many', server.post('/', [event(id=str(i), body=b'') for i in range(65)], 'application/cloudevents-batch+json'))):
            check(answer[0] == 400 and json.loads(answer[2])['error'], '%s: 400, found %d %r' % (what, answer[0], answer[2][:200]))
        check(binary(server, b'no picture', id='p')[0] == 415 and binary(server, b'no picture', id='p')[0] == 415, 'no document: its status code, also again')
        check(json.loads(server.post('/', [], 'application/cloudevents-batch+json')[2]) == [], 'no events, no answers')

        # Feedback.
        digest = json.loads(server.post('/v1/documents', jpeg, 'image/jpeg')[2])['source']['digest']
        said = {'digest': digest, 'fields': {'total': '12.30', 'date': None}, 'model': 'receipt', 'comment': 'é "quoted"\n'}
        status, headers, body = server.post('/v1/feedback', said, headers={'X-Request-Id': 'feedback-1'})
        check(status == 201 and json.loads(body) == {'id': 'feedback-1'}, 'feedback is kept: %d %r' % (status, body))
        threads = [threading.Thread(target=server.post, args=('/v1/feedback', {'digest': digest, 'fields': {'total': str(i)}})) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lines = [json.loads(line) for line in open(kept, encoding='utf-8')]
        check(lines[0]['feedback'] == said and lines[0]['id'] == 'feedback-1' and lines[0]['time'].endswith('Z'), 'as it was said: %s' % lines[0])
        check(sorted(line['feedback']['fields']['total'] for line in lines[1:]) == [str(i) for i in range(8)], 'a line each')
        check(os.stat(kept).st_mode & 0o077 == 0, 'for nobody else to read')
        for wrong in ('{', [], {}, {'digest': 'short', 'fields': {'a': 'b'}}, {'digest': digest}, {'digest': digest, 'fields': {}}, {'digest': digest, 'fields': {'a': 1}}, {'digest': digest, 'fields': {'a': 'b'}, 'other': 1}):
            check(server.post('/v1/feedback', wrong)[0] == 400, 'no feedback: %s' % wrong)
        check(len(open(kept).readlines()) == 9, 'what is refused is not kept')
        check(server.end() == 0, 'it ends well')
    with Endpoint(plait, root, '--workers', 1, '--feedback', '/dev/full') as server:
        check(server.post('/v1/feedback', {'digest': digest, 'fields': {'total': '1'}})[0] == 507, 'a full disk is said')
    with Endpoint(plait, root, '--workers', 1) as server:
        check(server.post('/v1/feedback', {'digest': digest, 'fields': {'total': '1'}})[0] == 501, 'a server that keeps none says so')
check.finish()
