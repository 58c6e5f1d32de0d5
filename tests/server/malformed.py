"""Malformed requests from a generator with fixed seeds: no crash, no hang, and every one is answered with a 4xx.

    malformed.py PLAIT ROOT              some thousands
    PLAIT_MALFORMED=100000 malformed.py  as many as it says; PLAIT_MALFORMED_FIRST: from this seed on"""
import collections, concurrent.futures, json, os, random, re, socket, sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from tool import Checks, places, sanitized

plait, root = places()
check = Checks()
count = int(os.environ.get('PLAIT_MALFORMED', 500 if sanitized(plait) else 4000))
first = int(os.environ.get('PLAIT_MALFORMED_FIRST', 0))
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
PATHS = [b'/v1/documents', b'/v2/models/receipt/infer', b'/v2/models/receipt.layout/infer', b'/v2/models/receipt/versions/0.1.0/infer']
PARTS = [b'', b'{', b'}', b'[', b']', b'"', b':', b',', b'null', b'1e999', b'-', b'\\u0000', b'\xff\xfe', b'{"inputs":[', b'"data":[', b'[' * 5000, b'{"a":' * 500, b'"shape":[-1]', b'9' * 400]


def noise(r, most=200):
    return r.randbytes(r.randrange(most))


def text_noise(r, most=40):
    return bytes(r.choice(b'abcXYZ019-_.;:=,/\\"%{}[]()<>@ \t') for _ in range(r.randrange(most)))


def json_noise(r):
    request = {'id': 'x', 'inputs': [{'name': 'features', 'datatype': 'FP32', 'shape': [1, 48], 'data': [0.5] * 48}]}
    text = json.dumps(request).encode()
    for _ in range(r.randrange(1, 5)):
        at, size = r.randrange(len(text) + 1), r.choice((0, 0, 1, 5, 50))
        text = text[:at] + r.choice(PARTS) + text[at + size:]
    return text + b'!'  # never a whole request by accident


def form_noise(r):
    text = b'--b\r\nContent-Disposition: form-data; name="document"; filename="a.jpg"\r\n\r\n' + jpeg[:r.randrange(300)] + b'\r\n--b--\r\n'
    for _ in range(r.randrange(1, 4)):
        at = r.randrange(len(text))
        text = text[:at] + r.choice((b'', b'\r\n', b'--b', b'"', b'\0', noise(r, 20))) + text[at + r.choice((0, 1, 10)):]
    return text


def damaged_picture(r):
    kind = r.choice((b'\xff\xd8\xff', b'\x89PNG\r\n\x1a\n', b'GIF89a', b'BM', b'P5 ', b'P6 9 9 255\n', b'%PDF-1.4\n', b'', jpeg[:r.randrange(2, 600)]))
    return kind + noise(r, 300)


def request(r):
    """A request that nobody should send, and what it is.  Another version of HTTP is none: 505 is for that, and asked for at the end."""
    path = r.choice(PATHS)
    kind = r.choice(('line', 'header', 'length', 'chunk', 'json', 'form', 'picture', 'path', 'method', 'binary', 'query', 'deadline'))
    head, body = b'POST %s HTTP/1.1\r\nHost: x\r\n' % path, b''
    if kind == 'line':
        return kind, r.choice((noise(r).replace(b'\n', b'') + b'\r\n\r\n', b'POST %s\r\n\r\n' % path, b'POST  %s  HTTP/1.1\r\n\r\n' % path, b'\r\n\r\n \r\n\r\n', b'POST %s HTTP/%s\r\nHost: x\r\n\r\n' % (path, r.choice((b'', b'1', b'1.', b'11', b'1.1.1', b'x.y', b'-1.1', b'1.1\0'))),
                               b'GET %s HTTP/1.1\r\nHost: x\r\n\r\n' % (b'/' + b'a' * r.choice((1000, 40000))), b'POST %s HTTP/1.1\r\n\r\n' % path))
    if kind == 'header':
        head += r.choice((text_noise(r).replace(b':', b'') + b'\r\n', b': x\r\n', b'A' * 40000 + b': x\r\n', b'A: ' + noise(r).replace(b'\n', b'').replace(b'\r', b'') + b'\r\n', b'X: y\r\n' * 3000))
        body = damaged_picture(r)
    elif kind == 'length':
        return kind, head + b'Content-Length: %s\r\n\r\n' % r.choice((b'-1', b'x', b'1x', b'99999999999999999999999', b'5000000000', b'0x10', b'', b'1, 2', b'+5')) + noise(r)
    elif kind == 'chunk':
        return kind, head + b'Transfer-Encoding: chunked\r\n\r\n' + r.choice((b'zz\r\n', b'-1\r\n', b'ffffffffffffffffff\r\n', b'5\r\nabc\r\n0\r\n\r\n', b'5;x=y\r\nhello\r\n0\r\n\r\n', noise(r) + b'\r\n\r\n'))
    elif kind == 'json':
        head, body = b'POST %s HTTP/1.1\r\nHost: x\r\n' % r.choice(PATHS[1:]), json_noise(r)
    elif kind == 'form':
        head, body = b'POST /v1/documents HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n' % r.choice((b'multipart/form-data; boundary=b', b'multipart/form-data', b'multipart/x; boundary="', b'multipart/form-data; boundary=' + b'b' * 80)), form_noise(r)
    elif kind == 'picture':
        head, body = b'POST /v1/documents HTTP/1.1\r\nHost: x\r\n', damaged_picture(r)
    elif kind == 'path':
        head, body = b'POST /%s HTTP/1.1\r\nHost: x\r\n' % re.sub(rb'[ \t]', b'', text_noise(r)), b'x'
    elif kind == 'method':
        head = b'%s %s HTTP/1.1\r\nHost: x\r\n' % (r.choice((b'GET', b'PUT', b'DELETE', b'PATCH', b'TRACE', b'BREW', b'get')), path)
    elif kind == 'binary':
        head = b'POST /v2/models/receipt.layout/infer HTTP/1.1\r\nHost: x\r\nInference-Header-Content-Length: %s\r\n' % r.choice((b'0', b'5', b'-1', b'99999', b'x'))
        body = b'!' + noise(r, 190)  # some bytes, and less than a row
    elif kind == 'query':
        head, body = b'POST /v1/documents?%s HTTP/1.1\r\nHost: x\r\n' % re.sub(rb'[ \t]', b'', text_noise(r)), damaged_picture(r)
    else:
        head += b'X-Request-Timeout-Ms: %s\r\n' % r.choice((b'0', b'-5', b'1e3', b'x', b'9' * 30))
        body = b'x'
    return kind, head + b'Content-Length: %d\r\n\r\n' % len(body) + body


def ask(server, data, ends):
    """The status of the answer; None: closed without one; 'hang'.  `ends`: the client says that nothing more will come."""
    with socket.create_connection(('127.0.0.1', server.port), timeout=30) as connection:
        answer = b''
        try:
            connection.sendall(data)
            if ends:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it may answer and close before everything is sent
        try:
            while b'\r\n\r\n' not in answer:
                piece = connection.recv(65536)
                if not piece:
                    break
                answer += piece
        except socket.timeout:
            return 'hang'
        except OSError:
            pass
    found = re.match(rb'HTTP/1\.[01] (\d\d\d)', answer)
    return int(found.group(1)) if found else None


def one(server, seed):
    """What went wrong with the seed's request, and how it was answered."""
    if not server.alive():
        return 'not sent', None
    r = random.Random(seed)
    kind, data = request(r)
    # Where a request ends is not to be seen in those whose frame is broken; of the others half keep the connection open.
    ends = kind in ('line', 'header', 'length', 'chunk') or r.random() < 0.5
    status = ask(server, data, ends)
    good = isinstance(status, int) and 400 <= status < 500
    return status, None if good else 'seed %d (%s): %s for %r' % (seed, kind, status, data[:300])


CLIENTS, REFUSED = 4, 'plait_rejected_total{reason="malformed"}'
seen = collections.Counter()
with Endpoint(plait, root, '--workers', 1, '--queue', 64, '--slow', 5, '--quiet') as server:
    for _ in range(20):  # clients that come and go, and such that go when they are answered
        socket.create_connection(('127.0.0.1', server.port)).close()
        server.get('/v2')
    check(REFUSED not in server.metrics(), 'they are none of these')
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
        for status, wrong in clients.map(lambda seed: one(server, seed), range(first, first + count)):
            seen[status] += 1
            if wrong:
                check(False, wrong)
    check(server.alive(), 'the server is there: %s' % ''.join(server.log[-200:]))
    check(server.alive() and 0 < server.metrics().get(REFUSED, 0) <= count, 'what is no HTTP is counted')
    for version in (b'0.9', b'2.0', b'9.9'):
        check(server.alive() and ask(server, b'GET /v2 HTTP/%s\r\nHost: x\r\n\r\n' % version, False) == 505, 'HTTP/%s is another HTTP' % version.decode())
    check(server.alive() and server.post('/v1/documents', jpeg, 'image/jpeg')[0] == 200, 'afterwards a document is read')
    check(server.alive() and server.end() == 0, 'it ends well')
print(count, 'requests:', ', '.join('%s: %d' % (status, n) for status, n in sorted(seen.items(), key=str)))
check.finish()
