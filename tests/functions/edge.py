"""functions/edge in Node and in workerd: documents as the native server answers them, errors too; memory that fits an isolate."""
import json, os, re, subprocess, sys, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, form
from tool import Checks, differences, places, run, skip

ISOLATE_BYTES = 128_000_000
plait, root = places()
check = Checks()
edge = os.path.join(root, 'functions', 'edge')
if not os.path.exists(os.path.join(root, 'js', 'dist', 'wasm', 'wasm-simd', 'plait.wasm')):
    skip('js/dist has no wasm-simd: npm --prefix web start makes it')
if not os.path.exists(os.path.join(edge, 'node_modules', '.bin', 'workerd')):
    skip('functions/edge has no packages: npm ci --prefix functions/edge')


class Function(Endpoint):
    """A process that says its port in words that `pattern` knows."""

    def __init__(self, command, pattern, **environment):
        self.log, self.port, self.started = [], None, time.monotonic()
        self.process = subprocess.Popen(command, cwd=edge, env=dict(os.environ, **environment), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self._read_until, args=(pattern,), daemon=True)
        self.reader.start()
        end = time.monotonic() + 60
        while self.port is None and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        if self.port is None:
            raise SystemExit('%s did not start: %s' % (command[0], ''.join(self.log)))

    def _read_until(self, pattern):
        for line in self.process.stdout:
            self.log.append(line)
            found = re.search(pattern, line)
            self.port = self.port or (int(found.group(1)) if found else None)

    def resident(self):
        return int(re.search(r'VmRSS:\s*(\d+) kB', open('/proc/%d/status' % self.process.pid).read()).group(1)) * 1024


def node(**environment):
    return Function(['node', 'src/node.js'], r'ready: http://[^:]*:(\d+)', PORT='0', **environment)


def workerd():
    binary = [os.path.join(place, 'workerd') for place, _, files in os.walk(os.path.join(edge, 'node_modules', '@cloudflare')) if 'workerd' in files]
    return Function([binary[0], 'serve', 'dist/worker.capnp', '--socket-addr=http=127.0.0.1:0', '--control-fd=1'], r'"event":"listen".*"port":\s*(\d+)')


pictures = sorted(name for name in os.listdir(os.path.join(root, 'samples')) if name.endswith(('.jpg', '.png')))
load = lambda name: open(os.path.join(root, 'samples', name), 'rb').read()
first = load('kopitiam.jpg')
words = load('kopitiam.json')
options = lambda value: form([('document', 'a.jpg', 'image/jpeg', first), ('options', None, None, json.dumps(value).encode() if not isinstance(value, bytes) else value)])
requests = [('POST', '/v1/documents?name=' + name, load(name), 'image/jpeg') for name in pictures]
requests += [('POST', '/v1/documents?fields_only=1&without=image', first, 'image/jpeg'),
             ('POST', '/v1/documents', *form([('document', 'dir/shop.jpg', 'image/jpeg', first), ('text', None, None, words)])),
             ('POST', '/v1/documents?name=query', *options({'name': 'options', 'without': 'text', 'fields_only': True})),
             ('POST', '/v1/documents?model=receipt', first, 'image/jpeg')]
refused = [('GET', '/v1/documents', None, None), ('POST', '/nothing', b'x', 'text/plain'), ('POST', '/v1/documents', b'', 'image/jpeg'), ('POST', '/v1/documents', b'no picture', 'image/jpeg'),
           ('POST', '/v1/documents', first[:500], 'image/jpeg'), ('POST', '/v1/documents?model=other', first, 'image/jpeg'), ('POST', '/v1/documents?model=receipt@9', first, 'image/jpeg'),
           ('POST', '/v1/documents?without=smell', first, 'image/jpeg'), ('POST', '/v1/documents', b'x', 'multipart/form-data'), ('POST', '/v1/documents', *form([('other', None, None, b'x')])),
           ('POST', '/v1/documents', *form([('text', None, None, b'x')])), ('POST', '/v1/documents', *options(b'{')), ('POST', '/v1/documents', *options([])),
           ('POST', '/v1/documents', *options({'nothing': 1})), ('POST', '/v1/documents', *options({'name': 1})), ('POST', '/v1/documents', *options({'fields_only': 'yes'}))]
ask = lambda server, method, path, body, kind: server.ask(method, path, body, {'Content-Type': kind} if kind else {})

with Endpoint(plait, root, '--workers', 1) as server:
    expected = [json.loads(ask(server, *request)[2]) for request in requests]
    codes = [ask(server, *request)[0] for request in refused]

folder = os.path.join(edge, 'dist')
built = run('node', 'build.js', cwd=edge)
check(built.returncode == 0 and not built.stderr, 'the worker is built: %s' % built.stderr)
given = sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))
for what, start in (('Node', lambda: node(MEMORY_MIB='100')), ('workerd', workerd)):
    with start() as server:
        begun, before = time.monotonic(), server.resident()
        for request, document in zip(requests, expected):
            status, headers, body = ask(server, *request)
            if request is requests[0]:
                cold = time.monotonic()
            check(status == 200 and headers['content-type'].startswith('application/json'), '%s: %s: %d %r' % (what, request[1], status, body[:200]))
            different = differences(json.loads(body), document) if status == 200 else []
            check(not different, '%s: %s as natively: %s' % (what, request[1], different[:3]))
        for request, code in zip(refused, codes):
            status, _, body = ask(server, *request)
            check(status == code and json.loads(body)['error'], '%s: %s %s %r: %d as natively, found %d %r' % (what, *request[:2], (request[2] or b'')[:60], code, status, body[:200]))
        check(ask(server, 'POST', '/v1/documents', b'%PDF-1.4', 'application/pdf')[0] == 501, '%s: no PDFs' % what)
        check(ask(server, 'POST', '/v1/documents', bytes(9 << 20), 'image/jpeg')[0] == 413, '%s: too many bytes' % what)
        check(ask(server, *requests[0])[0] == 200, '%s: and it goes on' % what)
        health = json.loads(server.get('/v2/health/ready')[2])
        grown = server.resident() - before
        print('%s: %.0f ms from its start to the first document, %.0f ms of them before the first request; the core has %.1f MB, the process grew by %.1f MB' %
              (what, 1000 * (cold - server.started), 1000 * (begun - server.started), health['memory_bytes'] / 1e6, grown / 1e6))
        check(health['ready'] and health['memory_bytes'] + given < ISOLATE_BYTES, '%s: the core and what it is made of fit an isolate' % what)
        server.process.terminate()
        server.process.wait(timeout=30)

# Too little memory for one document after the other: a core that has none left makes way for a new one.
with node(MEMORY_MIB='80') as server:
    codes = [ask(server, *request)[0] for request in requests]
    check(codes == [200] * len(codes), 'with 80 MiB: %s' % codes)
    server.process.terminate()
    server.process.wait(timeout=30)
check.finish()
