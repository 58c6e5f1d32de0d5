"""SIGTERM while requests are under way: each of them is answered, and the process ends with 0."""
import json, os, socket, sys, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, receive
from tool import Checks, places, sanitized

plait, root = places()
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'boulangerie.png'), 'rb').read()
count = 40 if sanitized(plait) else 1000
# Words that are known make a document quick, so that a thousand of them are read within the grace time.
text = open(os.path.join(root, 'samples', 'boulangerie.json'), 'rb').read()
boundary = b'x-boundary'
body = b''.join(b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary, name, value) for name, value in ((b'document', jpeg), (b'text', text), (b'options', b'{"fields_only":true}')))
body += b'--%s--\r\n' % boundary
request = b'POST /v1/documents HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n%s' % (boundary, len(body), body)

with Endpoint(plait, root, '--workers', 2, '--queue', count, '--grace', 110) as server:
    connections, answers = [], [None] * count
    for _ in range(count):
        connections.append(socket.create_connection(('127.0.0.1', server.port), timeout=120))
    sent = threading.Semaphore(0)

    def ask(index):
        connections[index].sendall(request)
        sent.release()
        answers[index] = receive(connections[index])

    threading.stack_size(256 * 1024)
    threads = [threading.Thread(target=ask, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for _ in range(count):
        sent.acquire()
    last = socket.create_connection(('127.0.0.1', server.port), timeout=120)  # perhaps not even accepted when the signal comes
    last.sendall(request)
    status = server.end()
    for thread in threads:
        thread.join()
    answers.append(receive(last))
    lost = [a for a in answers if not a or not a.startswith(b'HTTP/1.1 200')]
    check(not lost, '%d of %d requests are lost, the first: %r' % (len(lost), len(answers), lost[:1]))
    check(all(json.loads(a.split(b'\r\n\r\n', 1)[1])['schema'] == 'plait.document/1' for a in answers if a), 'every answer is a whole document')
    check(status == 0, 'the process ends with 0, found %d' % status)
    try:
        socket.create_connection(('127.0.0.1', server.port), timeout=5).close()
        check(False, 'nobody listens any more')
    except ConnectionRefusedError:
        check(True, 'nobody listens any more')

# A second signal's worth of patience: what cannot be finished in the grace time is stopped, and the process still ends.
with Endpoint(plait, root, '--workers', 1, '--queue', 100, '--grace', 1) as server:
    plain = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
    stuck = [socket.create_connection(('127.0.0.1', server.port), timeout=120) for _ in range(30)]
    for connection in stuck:
        connection.sendall(b'POST /v1/documents HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s' % (len(plain), plain))
    time.sleep(0.3)
    check(server.end() == 0, 'the process ends though requests are left')
check.finish()
