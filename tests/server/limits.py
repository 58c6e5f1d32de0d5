"""What a client may not do: be slow, send too much, hold too many connections, or wait for too long; and what overload does."""
import json, os, socket, sys, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, receive
from tool import Checks, places, run, sanitized

plait, root = places()
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
HEAD = b'POST /v1/documents HTTP/1.1\r\nHost: x\r\n'


def post(server, body=jpeg, **headers):
    lines = b''.join(b'%s: %s\r\n' % (name.replace('_', '-').encode(), str(value).encode()) for name, value in headers.items())
    return server.raw(HEAD + lines + b'Content-Length: %d\r\n\r\n' % len(body) + body)


def status_of(answer):
    return int(answer.split(b' ', 2)[1]) if answer.startswith(b'HTTP/') else None


def ends(connection):
    """Whether the server ends it, without an answer."""
    try:
        return connection.recv(1) == b''
    except ConnectionResetError:
        return True


with Endpoint(plait, root, '--workers', 1, '--queue', 2, '--slow', 1, '--idle', 2, '--body-most', 1) as server:
    def connect():
        return socket.create_connection(('127.0.0.1', server.port), timeout=60)

    # Slow: a head that does not end, one that trickles, a body that trickles, a connection that is not used any more.
    slow = {name: connect() for name in ('no head', 'head', 'trickle', 'body', 'idle')}
    slow['head'].sendall(b'POST /v1/doc')
    slow['body'].sendall(HEAD + b'Content-Length: 1000\r\n\r\n' + jpeg[:100])
    slow['idle'].sendall(b'GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n')
    check(status_of(receive(slow['idle'])) == 200, 'the first request of a connection is answered')
    for _ in range(40):
        try:
            slow['trickle'].sendall(b'G')
            time.sleep(0.1)
        except OSError:
            break
    else:
        check(False, 'a head that trickles is ended')
    for name in ('head', 'body'):
        answer = receive(slow[name])
        check(status_of(answer) == 408 and b'{"error"' in answer, '%s: a client that is too slow is told: %r' % (name, answer))
    for name in ('no head', 'head', 'body', 'idle'):
        check(ends(slow[name]), '%s: the connection is ended' % name)
    metrics = server.metrics()
    check(metrics.get('plait_disconnected_total{waited_for="head"}', 0) >= 3 and metrics.get('plait_disconnected_total{waited_for="body"}', 0) >= 1, 'and counted: %s' %
          {k: v for k, v in metrics.items() if 'disconnected' in k})
    for connection in slow.values():
        connection.close()

    # Large: announced, in pieces, and 200 MB from a client that asks first.
    check(status_of(post(server, bytes(1 << 21))) == 413, 'two MiB where one may be')
    chunked = server.raw(HEAD + b'Transfer-Encoding: chunked\r\n\r\n' + b'10000\r\n' + bytes(65536) + b'\r\n' + (b'10000\r\n' + bytes(65536) + b'\r\n') * 20 + b'0\r\n\r\n')
    check(status_of(chunked) == 413, 'in pieces that were not announced: %r' % chunked[:100])
    pieces = b''.join(b'%x\r\n%s\r\n' % (len(jpeg[i:i + 7001]), jpeg[i:i + 7001]) for i in range(0, len(jpeg), 7001))
    check(status_of(server.raw(HEAD + b'Transfer-Encoding: chunked\r\n\r\n' + pieces + b'0\r\n\r\n')) == 200, 'a document in pieces is read')
    asked = server.raw(HEAD + b'Expect: 100-continue\r\nContent-Length: 209715200\r\n\r\n')
    check(status_of(asked) == 413 and b'1 MiB' in asked, '200 MB: refused before they are sent: %r' % asked)
    check(status_of(server.raw(HEAD + b'Content-Length: 209715200\r\n\r\n')) == 413, '200 MB of a client that does not ask: refused at the head')
    with connect() as connection:
        connection.sendall(HEAD + b'Expect: 100-continue\r\nContent-Length: %d\r\n\r\n' % len(jpeg))
        check(connection.recv(1000).startswith(b'HTTP/1.1 100'), 'a client that asks may send')
        connection.sendall(jpeg)
        check(status_of(receive(connection)) == 200, 'and is answered')

    # Long: a deadline that cannot be met, and one that is nonsense.
    check(status_of(post(server, X_Request_Timeout_Ms=1)) in (429, 504), 'a millisecond is too short')
    for wrong in ('0', '-1', 'x', '99999999999', ''):
        check(status_of(post(server, X_Request_Timeout_Ms=wrong)) == 400, 'X-Request-Timeout-Ms: %r: 400' % wrong)

    # Many at a time: one is worked on, two wait, the rest hear 429 with Retry-After.
    answers, lock = [], threading.Lock()

    def ask():
        answer = post(server)
        with lock:
            answers.append(answer)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = [status_of(answer) for answer in answers]
    check(set(statuses) <= {200, 429} and statuses.count(200) >= 3 and statuses.count(429) >= 1, 'twelve at a time: %s' % statuses)
    for answer in answers:
        if status_of(answer) == 429:
            check(b'\r\nRetry-After: ' in answer and b'"error"' in answer, 'a 429 says when to come again: %r' % answer)

    # A client that goes away: its work is stopped, and does not count as an answer.
    before = server.metrics()
    with connect() as connection:
        connection.sendall(HEAD + b'Content-Length: %d\r\n\r\n' % len(jpeg) + jpeg)
    check(status_of(post(server)) == 200, 'the next client is answered')

    # Many connections.
    count = 2000 if sanitized(plait) else 10000
    import resource
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(count, hard - 100)
    many = []
    try:
        for _ in range(count):
            many.append(connect())
        check(server.get('/v2/health/live')[0] == 200, 'one more than %d connections is answered' % count)
    except OSError as error:
        check(False, 'connection %d of %d: %s' % (len(many), count, error))
    for connection in many:
        connection.close()
    check(status_of(post(server)) == 200 and server.alive(), 'the server is still there')
    check(server.end() == 0, 'it ends well')
check.finish()
