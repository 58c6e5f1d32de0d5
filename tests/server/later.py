"""Answers that take long: as server-sent events with progress, and asynchronously, to be fetched later."""
import json, os, socket, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, untimed
from tool import Checks, places

plait, root = places()
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()


def events_of(body):
    """[(name, data)] of text/event-stream."""
    return [(event.split(b'\n')[0].removeprefix(b'event: ').decode(), json.loads(event.split(b'\n')[1].removeprefix(b'data: '))) for event in body.split(b'\n\n') if event]


def fetch(server, place):
    """The answer at a place, when it is there."""
    while True:
        status, headers, body = server.get(place)
        if status != 202:
            return status, headers, body
        state = json.loads(body)
        check(state['status'] in ('waiting', 'working') and 0 <= state.get('fraction', 0) <= 1 and headers['retry-after'] == '1', 'the state of what is not there yet: %s' % state)
        time.sleep(0.05)


with Endpoint(plait, root, '--workers', 1, '--queue', 3) as server:
    plain = server.post('/v1/documents', jpeg, 'image/jpeg')[2]

    status, headers, body = server.post('/v1/documents', jpeg, 'image/jpeg', {'Accept': 'text/event-stream'})
    check(status == 200 and headers['content-type'] == 'text/event-stream', 'a stream: %d %s' % (status, headers))
    events = events_of(body)
    check(events[-1][0] == 'document' and all(name == 'progress' for name, _ in events[:-1]), 'progress, then the document: %s' % [name for name, _ in events])
    stages = [data['stage'] for _, data in events[:-1]]
    check([stage for stage in ('decode', 'detect', 'recognise', 'fields') if stage in stages] == ['decode', 'detect', 'recognise', 'fields'], 'all stages: %s' % stages)
    check(untimed(body.split(b'data: ')[-1].strip()) == untimed(plain.strip()), 'the document is the same')
    status, headers, body = server.post('/v1/documents', jpeg[:len(jpeg) // 2] + bytes(10), 'image/jpeg', {'Accept': 'text/event-stream'})
    check(status == 422 or events_of(body)[-1][0] == 'error', 'what cannot be read ends with an error: %d %r' % (status, body[:200]))
    check(server.post('/v1/documents', b'x', 'image/jpeg', {'Accept': 'text/event-stream'})[0] == 415, 'what is refused at once has its status code')

    # A client that watches and goes.
    with socket.create_connection(('127.0.0.1', server.port)) as connection:
        connection.sendall(b'POST /v1/documents HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Length: %d\r\n\r\n' % len(jpeg) + jpeg)
        check(connection.recv(1000).startswith(b'HTTP/1.1 200'), 'the stream begins')
    check(server.post('/v1/documents', jpeg, 'image/jpeg')[0] == 200, 'and the next client is answered')

    # Asynchronously.
    asynchronous = {'Prefer': 'respond-async'}
    status, headers, body = server.post('/v1/documents?name=x', jpeg, 'image/jpeg', asynchronous)
    task = json.loads(body)
    check(status == 202 and headers['location'] == '/v1/documents/' + task['id'] and headers['preference-applied'] == 'respond-async', '202: %d %s' % (status, headers))
    status, headers, body = fetch(server, headers['location'])
    check(status == 200 and untimed(body) == untimed(plain).replace(b'"name":""', b'"name":"x"', 1), 'the document is the same: %d' % status)
    check(server.get('/v1/documents/' + task['id'])[0] == 404, 'it is handed over once')
    places_ = [server.post('/v1/documents', jpeg, 'image/jpeg', asynchronous) for _ in range(8)]
    check({status for status, _, _ in places_} == {202, 429}, 'more than fit: 429: %s' % [status for status, _, _ in places_])
    accepted = [headers['location'] for status, headers, _ in places_ if status == 202]
    check(server.ask('DELETE', accepted[-1])[0] == 204 and server.get(accepted[-1])[0] == 404, 'one that is given up is gone')
    check(server.ask('DELETE', accepted[-1])[0] == 404 and server.get('/v1/documents/' + '0' * 32)[0] == 404, 'and those that never were')
    check(all(fetch(server, place)[0] == 200 for place in accepted[:-1]), 'the others are read')
    for _ in range(100):
        status, headers, body = server.post('/v1/documents', jpeg[:1000] + bytes(1000), 'image/jpeg', asynchronous)
        if status == 202:
            break
    check(status == 422 or fetch(server, headers['location'])[0] == 422, 'a failure is fetched like an answer')

    # Asked for before the end, fetched after it began.
    status, headers, _ = server.post('/v1/documents', jpeg, 'image/jpeg', asynchronous)
    server.process.terminate()
    check(status == 202 and fetch(server, headers['location'])[0] == 200, 'an answer that is kept can be fetched while the server ends')
    check(server.process.wait(timeout=60) == 0, 'it ends well')
check.finish()
