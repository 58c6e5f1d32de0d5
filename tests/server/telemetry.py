"""What devices report: counted where it is well formed, refused in one line where it is not; and pages of other origins that may ask."""
import json, os, random, re, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from tool import Checks, places, run

plait, root = places()
check = Checks()
HERE, THERE = 'https://shop.example', 'https://elsewhere.example'


def report(*events, **changes):
    return {'schema': 'plait.telemetry/1', 'variant': 'wasm-simd', 'events': list(events), **changes}


def event(**changes):
    return {'event': 'read', 'outcome': 'OK', 'count': 1, **changes}


def send(server, body, **headers):
    return server.post('/v1/telemetry', body if isinstance(body, bytes) else json.dumps(body), 'text/plain;charset=UTF-8', headers)


def series(server):
    return {name: value for name, value in server.metrics().items() if name.startswith('plait_client_')}


with Endpoint(plait, root, '--workers', 1, '--quiet', '--telemetry', 100000, '--origins', HERE + ',https://b.example') as server:
    check(series(server) == {}, 'nothing is known yet')
    check(send(server, report(event(count=3, ms=[800, 1200.5]), event(outcome='MEMORY', ms=[40]), event(event='start', count=2)))[0] == 204, 'a report')
    check(send(server, report(event(count=2), variant='none'))[0] == 204, 'another')
    counted = series(server)
    total = lambda kind, outcome, variant='wasm-simd': counted.get('plait_client_events_total{event="%s",outcome="%s",variant="%s"}' % (kind, outcome, variant))
    check((total('read', 'OK'), total('read', 'MEMORY'), total('start', 'OK'), total('read', 'OK', 'none')) == (3, 1, 2, 2), 'counted: %s' % counted)
    check(abs(counted['plait_client_duration_seconds_sum{event="read",variant="wasm-simd"}'] - 2.0405) < 1e-9 and counted['plait_client_duration_seconds_count{event="read",variant="wasm-simd"}'] == 3, 'and how long it took')
    check(counted['plait_client_duration_seconds_bucket{event="read",variant="wasm-simd",le="1"}'] == 2, 'in buckets')

    # Both ends know the same words.
    source = open(os.path.join(root, 'js', 'src', 'errors.ts'), encoding='utf-8').read()
    codes = re.findall(r"^  \| '([A-Z_]+)'", source, re.M)
    check(len(codes) > 10 and all(send(server, report(event(outcome=code)))[0] == 204 for code in codes + ['ABORTED', 'OTHER']), 'every code of the package: %s' % codes)
    source = open(os.path.join(root, 'js', 'src', 'telemetry.ts'), encoding='utf-8').read()
    kinds = re.findall(r"'(\w+)'", re.search(r'type TelemetryEvent = (.*)', source).group(1))
    check(len(kinds) == 5 and all(send(server, report(event(event=kind)))[0] == 204 for kind in kinds), 'every event: %s' % kinds)
    variants = re.findall(r"'([\w-]+)'", re.search(r'type Variant = (.*)', open(os.path.join(root, 'js', 'src', 'types.ts'), encoding='utf-8').read()).group(1))
    check(len(variants) == 4 and all(send(server, report(event(), variant=variant))[0] == 204 for variant in variants), 'every variant: %s' % variants)

    before = series(server)
    wrong = {
        'no JSON': b'{', 'nothing': b'', 'no object': [], 'no members': {}, 'another schema': report(event(), schema='plait.telemetry/2'), 'no variant': {'schema': 'plait.telemetry/1', 'events': [event()]},
        'a variant made up': report(event(), variant='x' * 1000), 'no events': report(), 'too many': report(*[event()] * 65), 'events that are none': report(1), 'an event made up': report(event(event='print')),
        'an outcome made up': report(event(outcome='ok')), 'an outcome that is no text': report(event(outcome=1)), 'no count': report({'event': 'read', 'outcome': 'OK'}), 'none': report(event(count=0)), 'less': report(event(count=-1)),
        'half': report(event(count=0.5)), 'too much': report(event(count=1001)), 'far too much': report(event(count=1e300)), 'a time before the begin': report(event(ms=[-1])), 'an hour and more': report(event(ms=[3600001])), 'no time': report(event(ms=['1'])),
        'more times than events': report(event(ms=[1, 2])), 'too many times': report(event(count=100, ms=[1] * 65)), 'no list': report(event(ms=5)), 'a text of the document': report(event(text='TOTAL 12.30')), 'a name': report(event(), name='a.jpg'),
        'half a report': report(event(count=7), event(count=-7)), 'infinity': json.dumps(report(event(ms=[0]))).replace('[0]', '[1e999]').encode(), 'a million brackets': b'[' * 16000, 'other letters': b'\xff\xfe' * 50}
    for what, body in wrong.items():
        status, _, answer = send(server, body)
        check(status == 400 and len(answer.splitlines()) == 1 and json.loads(answer)['error'], '%s: %d %r' % (what, status, answer[:200]))
    check(send(server, b' ' * 16385)[0] == 413, 'a long one is not read')
    check(server.raw(b'POST /v1/telemetry HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8000\r\n' + b' ' * 0x8000 + b'\r\n0\r\n\r\n').startswith(b'HTTP/1.1 413'), 'nor one that does not say so')
    r = random.Random(6)
    text = json.dumps(report(event(count=2, ms=[1, 2]))).encode()
    for _ in range(300):
        at, body = r.randrange(len(text)), bytearray(text)
        body[at:at + r.randrange(1, 4)] = bytes(r.randrange(256) for _ in range(r.randrange(4)))
        check(send(server, bytes(body))[0] in (204, 400), 'damaged: %r' % bytes(body))
    damaged = series(server)
    check(all(damaged[name] >= value for name, value in before.items()) and len(damaged) < len(before) + 200, 'what is refused counts nothing, and labels are a few')
    check(not any(word in ''.join(damaged) for word in ('print', 'xxx', 'TOTAL')), 'none that was made up')
    check(server.ask('GET', '/v1/telemetry')[0] == 405, 'it is only told')

    # Pages of other origins.
    ask = lambda origin, path='/v1/documents', method='POST': server.ask('OPTIONS', path, headers={**({'Origin': origin} if origin else {}), 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': 'content-type,traceparent'})
    status, headers, _ = ask(HERE)
    check(status == 204 and headers['access-control-allow-origin'] == HERE and 'POST' in headers['access-control-allow-methods'] and headers['vary'] == 'Origin', 'a page of ours may ask: %d %s' % (status, headers))
    allowed = headers['access-control-allow-headers'].lower()
    check(all(name in allowed for name in ('traceparent', 'content-type', 'authorization')), 'with what the package sends: %s' % allowed)
    for origin in (THERE, None, HERE + '.evil.example', 'https://shop.exampl', 'null', ''):
        status, headers, body = ask(origin)
        check(status == 403 and 'access-control-allow-origin' not in headers and json.loads(body)['error'], 'nobody else: %s %d %s' % (origin, status, headers))
    check(ask(HERE, '/nowhere')[0] == 404, 'nothing there')
    check(send(server, report(event()), Origin='https://b.example')[1].get('access-control-allow-origin') == 'https://b.example', 'the answer says so too')
    check('access-control-allow-origin' not in send(server, report(event()), Origin=THERE)[1], 'to nobody else')
    check(send(server, b'{', Origin=HERE)[1]['access-control-allow-origin'] == HERE, 'a page reads why it is refused')
    check(server.end() == 0, 'it ends well')

with Endpoint(plait, root, '--workers', 1, '--quiet', '--telemetry', 2) as server:
    statuses = [send(server, report(event()))[0] for _ in range(40)]
    check(set(statuses) == {204, 429} and statuses[0] == 204 and statuses.count(204) < 30, 'no more than may come: %s' % statuses)
    check(server.metrics()['plait_rejected_total{reason="telemetry"}'] == statuses.count(429), 'and that is counted')
    check(server.ask('OPTIONS', '/v1/telemetry', headers={'Origin': HERE})[0] == 405 and 'vary' not in server.get('/v2', headers={'Origin': HERE})[1], 'without --origins pages of others are told nothing')

with Endpoint(plait, root, '--workers', 1, '--origins', '*') as server:
    check(send(server, report(event()))[0] == 501, 'without --telemetry none are taken')
    check(server.get('/v2', headers={'Origin': THERE})[1]['access-control-allow-origin'] == '*', 'any page may ask')
    check(server.get('/v2/models/none')[0] == 404 and server.end() == 0, 'it ends well')
    said = {line['status']: line.get('error') for line in map(json.loads, server.log) if line['message'] == 'request'}
    check(said[501] and 'telemetry' in said[501] and said[404] is None, 'the log says why a request failed, and not what a client did wrong: %s' % said)

with tempfile.TemporaryDirectory() as folder:
    keys = os.path.join(folder, 'keys.json')
    page, reader = (run(plait, 'keys', 'add', keys, '--scopes', scope).stdout.strip() for scope in ('telemetry', 'documents'))
    with Endpoint(plait, root, '--workers', 1, '--quiet', '--telemetry', 100, '--origins', HERE, '--keys', keys) as server:
        statuses = [send(server, report(event()), **({'Authorization': 'Bearer ' + key} if key else {}))[0] for key in (None, page, reader)]
        check(statuses == [401, 204, 403], 'a key for this and nothing else: %s' % statuses)
        check(server.ask('OPTIONS', '/v1/telemetry', headers={'Origin': HERE})[0] == 204, 'a browser asks without one')
check.finish()
