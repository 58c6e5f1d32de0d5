"""A server that is killed by what a model does: with --supervise another one serves in its place, at the same port, without the version
that was on trial.  The crash is a signal sent to the process while it answers, which is what it would be."""
import collections, http.client, json, os, signal, socket, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from onnx_writer import onnx
from tool import Checks, places, sanitized

plait, root = places()
check = Checks()
folder = tempfile.TemporaryDirectory()
os.symlink(os.path.join(root, 'models', 'receipt'), os.path.join(folder.name, 'receipt'))


def add(version):
    place = os.path.join(folder.name, 'model', version)
    os.makedirs(place)
    open(os.path.join(place, 'model.onnx'), 'wb').write(onnx([('Identity', ['x'], ['y'])], [('x', 1, ['n'])], [('y', 1, ['n'])]))


add('1')
BODY = json.dumps({'inputs': [{'name': 'x', 'datatype': 'FP32', 'shape': [3], 'data': [1, 2, 3]}]})


def serving(server):
    """The process that serves; None: there is none."""
    try:
        children = open('/proc/%d/task/%d/children' % (server.process.pid, server.process.pid)).read().split()
    except FileNotFoundError:
        children = []
    return int(children[0]) if children else None


CRASH = signal.SIGABRT if sanitized(plait) else signal.SIGSEGV  # the sanitizer exits where others crash


def crash(server, number=CRASH):
    """Ends the process that serves, and waits for the next one."""
    before = serving(server)
    os.kill(before, number)
    end = time.monotonic() + 60
    while serving(server) in (before, None) and server.alive() and time.monotonic() < end:
        time.sleep(0.01)
    return serving(server)


def refused(server):
    """Whether nobody listens, at the latest after a while."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(('127.0.0.1', server.port), timeout=5).close()
            time.sleep(0.01)
        except ConnectionRefusedError:
            return True
    return False


def load(server, **parameters):
    return server.post('/v2/repository/models/model/load', {'parameters': parameters})[0]


def versions(server):
    return [(m['version'], m['reason']) for m in json.loads(server.post('/v2/repository/index', '{}')[2]) if m['name'] == 'model']


def wait_until_ready(server):
    end = time.monotonic() + 60
    while server.get('/v2/health/ready')[0] != 200 and time.monotonic() < end:
        time.sleep(0.01)


with Endpoint(plait, root, '--supervise', '--quiet', '--workers', 2, '--models', folder.name) as server:
    add('2')
    check(load(server, version='2', canary_percent=50) == 200 and versions(server) == [('2', 'canary'), ('1', '')], 'a canary: %s' % versions(server))
    seen, done = collections.Counter(), threading.Event()

    def client():
        while not done.is_set():
            try:
                status, _, body = server.post('/v2/models/model/infer', BODY)
                seen[status] += 1
            except ConnectionRefusedError:
                seen['refused'] += 1
            except (OSError, http.client.HTTPException):
                seen['lost'] += 1  # it was under way

    clients = [threading.Thread(target=client) for _ in range(3)]
    for thread in clients:
        thread.start()
    while seen[200] < 20:
        time.sleep(0.01)
    crash(server)
    wait_until_ready(server)
    answered = seen[200]
    while seen[200] < answered + 20 and server.alive():
        time.sleep(0.01)
    done.set()
    for thread in clients:
        thread.join()
    check(set(seen) <= {200, 503, 'lost'} and seen['lost'] <= 2 * len(clients), 'what was under way is lost, nobody is refused: %s' % dict(seen))
    check(versions(server) == [('1', '')], 'the canary is not loaded again, though it is the newest: %s' % versions(server))
    check(server.metrics().get('plait_crashes_total') == 1, 'it is counted')
    check(any('"crashed"' in line and 'signal %d ' % CRASH in line and 'model@2' in line for line in server.log), 'and said: %s' % server.log)

    # Once it is no longer on trial it is loaded as any other.
    check(load(server, version='2') == 200 and versions(server) == [('2', '')], 'it is made the one')
    crash(server, signal.SIGKILL)
    wait_until_ready(server)
    check(versions(server) == [('2', '')] and server.metrics().get('plait_crashes_total') == 2, 'and is after the next crash: %s' % versions(server))
    status = server.end()
    check(status == 0 and refused(server), 'SIGTERM ends both, with 0: %d' % status)

with Endpoint(plait, root, '--supervise', '--quiet', '--workers', 1) as server:
    server.process.kill()
    server.process.wait()
    check(refused(server), 'the one that serves ends with the other')

# The sanitizer's look for leaks is a child too.
with Endpoint(plait, root, '--supervise', '--quiet', '--workers', 1, ASAN_OPTIONS='detect_leaks=0') as server:
    turns = 0
    while server.alive() and turns < 10:
        crash(server, signal.SIGABRT)
        turns += 1
        time.sleep(0.05)
    status = server.process.wait(timeout=60)
    server.reader.join(timeout=10)
    check(turns == 6 and status == 128 + signal.SIGABRT and 'crashed 6 times' in server.log[-1], 'it gives up after the sixth in a minute: %d, %d, %s' % (turns, status, server.log[-1:]))

used = subprocess.run([plait, 'serve', '--supervise', '--port', '0', '--model', 'nothing'], cwd=root, capture_output=True, text=True, timeout=60)
check(used.returncode == 1 and len(used.stderr.splitlines()) == 1, 'what cannot start is not started again: %d %s' % (used.returncode, used.stderr))
check.finish()
