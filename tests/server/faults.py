"""Faults: kill -9 in the middle of writing, a full disk, bombs of JSON and PDF.  What was said to be kept is kept, and whatever a request
brings costs that request alone."""
import http.client, json, os, random, signal, subprocess, sys, tempfile, threading, time, zlib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from tool import Checks, places, sanitized

plait, root = places()
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()


def run(*command):
    return subprocess.run([plait, *command], capture_output=True, text=True)


def verify(audit):
    return run('audit', 'verify', audit)


def killed_in_the_middle(folder, rounds):
    """Audit, feedback and memory while documents are corrected; what was answered 201 outlives kill -9."""
    audit, memory, key = (os.path.join(folder, name) for name in ('audit.jsonl', 'shops.db', 'key'))
    run('memory', 'new-key', key)
    remembered, r = set(), random.Random(7)
    for turn in range(rounds):
        with Endpoint(plait, root, '--workers', 2, '--quiet', '--audit', audit, '--memory', memory, '--key-file', key) as server:
            def client(number):
                try:
                    for i in range(1000):
                        document = json.loads(server.post('/v1/documents?fields_only=true', jpeg + b'\0' * (100 * turn + 10 * number + i % 5), 'image/jpeg')[2])
                        status, _, body = server.post('/v1/feedback', {'digest': document['source']['digest'], 'fields': {'total': '%d.00' % i}})
                        if status == 201 and json.loads(body)['remembered']:
                            remembered.add(json.loads(body)['remembered'])
                except (OSError, ValueError, KeyError):
                    pass  # it was killed
                except http.client.HTTPException:
                    pass

            clients = [threading.Thread(target=client, args=(number,)) for number in range(3)]
            for thread in clients:
                thread.start()
            known, end = len(remembered), time.monotonic() + 60
            while len(remembered) == known and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(r.random())
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            for thread in clients:
                thread.join()
    with Endpoint(plait, root, '--workers', 1, '--quiet', '--audit', audit, '--memory', memory, '--key-file', key) as server:
        check(server.post('/v1/documents', jpeg, 'image/jpeg')[0] == 200, 'it starts again and reads')
        check(server.end() == 0, 'and ends well')
    verified = verify(audit)
    check(verified.returncode == 0, 'the audit log is whole: %s%s' % (verified.stdout, verified.stderr))
    exported = run('memory', '--memory', memory, '--key-file', key, 'export')
    there = {json.loads(line)['id'] for line in exported.stdout.splitlines()}
    check(len(remembered) > 0 and remembered <= there, 'all of %d that were said to be remembered are there: %s %s' % (len(remembered), remembered - there, exported.stderr))


def full_disk(folder):
    disk = os.path.join(folder, 'small')
    os.mkdir(disk)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], capture_output=True).returncode:
        print('a small disk cannot be mounted here: what happens on a full one is not tested')
        return
    try:
        with Endpoint(plait, root, '--workers', 1, '--quiet', '--audit', os.path.join(disk, 'audit'), '--feedback', os.path.join(disk, 'said')) as server:
            digest = json.loads(server.post('/v1/documents', jpeg, 'image/jpeg')[2])['source']['digest']
            open(os.path.join(disk, 'filler'), 'wb', buffering=0).write(b'x' * 40000)
            statuses = [server.post('/v1/feedback', {'digest': digest, 'fields': {'total': '1'}, 'comment': 'x' * 3000})[0] for _ in range(20)]
            check(statuses[0] == 201 and statuses[-1] == 507 and set(statuses) == {201, 507}, 'kept until the disk is full, then 507: %s' % statuses)
            check(server.post('/v1/documents', jpeg, 'image/jpeg')[0] == 200, 'documents are read all the same')
            for _ in range(300):
                server.get('/v2')
            end = time.monotonic() + 20
            while not server.metrics().get('plait_telemetry_dropped_total{kind="audit"}') and time.monotonic() < end:
                time.sleep(0.2)
            check(server.metrics().get('plait_telemetry_dropped_total{kind="audit"}', 0) > 0, 'lines that do not fit are counted: %s' % {k: v for k, v in server.metrics().items() if 'dropped' in k})
            check(server.end() == 0, 'it ends well')
        lines = open(os.path.join(disk, 'said')).read().splitlines()
        check(len(lines) >= statuses.count(201) and all(json.loads(line) for line in lines[:statuses.count(201)]), 'what was said to be kept is')
    finally:
        subprocess.run(['umount', disk])


def pdf(pages, content):
    """A page that says it is many, with a content stream that unpacks to what it likes."""
    stream = zlib.compress(content, 9)
    objects = [b'<</Type/Catalog/Pages 2 0 R>>', b'<</Type/Pages/Kids[%s]/Count %d>>' % (b'3 0 R ' * pages, pages), b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 14400 14400]/Contents 4 0 R>>', b'<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream' % (len(stream), stream)]
    body, offsets = b'%PDF-1.4\n', []
    for number, text in enumerate(objects, 1):
        offsets.append(len(body))
        body += b'%d 0 obj%s endobj\n' % (number, text)
    return body + b'xref\n0 5\n0000000000 65535 f \n' + b''.join(b'%010d 00000 n \n' % at for at in offsets) + b'trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF' % len(body)


def bombs():
    requests = {'a million brackets': ('/v2/models/receipt.layout/infer', b'[' * 1000000, 400), 'a million objects': ('/v2/models/receipt.layout/infer', b'{"a":' * 200000, 400), 'a long number': ('/v2/models/receipt.layout/infer', b'{"inputs":[' + b'9' * 2000000 + b']}', 400), 'a shape of the world': ('/v2/models/receipt.layout/infer', json.dumps({'inputs': [{'name': 'features', 'datatype': 'FP32', 'shape': [1 << 39, 48], 'data': [1]}]}).encode(), 400), 'a hundred thousand pages': ('/v1/documents', pdf(100000, b''), 422), 'a gigabyte in a stream': ('/v1/documents', pdf(1, bytes(1 << 20) * (50 if sanitized(plait) else 500)), None), 'millions of strokes': ('/v1/documents', pdf(1, b'0 0 m 14400 14400 l S\n' * 1000000), None)}
    with Endpoint(plait, root, '--workers', 1, '--quiet', '--timeout', 60) as server:
        before = server.metrics()['process_resident_memory_bytes']
        for what, (path, body, expected) in requests.items():
            status, _, answer = server.post(path, body, 'application/octet-stream' if path == '/v1/documents' else 'application/json')
            check(status == expected or (expected is None and status in (200, 413, 422, 504)), '%s: %s, found %d %r' % (what, expected, status, answer[:200]))
            check(server.alive() and server.post('/v1/documents?fields_only=true', jpeg, 'image/jpeg')[0] == 200, '%s: the next document is read' % what)
        grown = server.metrics()['process_resident_memory_bytes'] - before
        check(sanitized(plait) or grown < 400e6, 'they leave no memory behind: %g MB' % (grown / 1e6))
        check(server.end() == 0, 'it ends well')


with tempfile.TemporaryDirectory() as folder:
    killed_in_the_middle(folder, 3)
    full_disk(folder)
bombs()
check.finish()
