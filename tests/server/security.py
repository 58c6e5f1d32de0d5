"""Who may ask: keys with scopes, rates and budgets; the audit log and its chain; what is logged; TLS."""
import concurrent.futures, json, os, resource, shutil, signal, ssl, subprocess, sys, tempfile, time, urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, form
from tool import Checks, places, run

plait, root = places()
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
folder = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(folder.name, name)


def add(*options):
    result = run(plait, 'keys', 'add', path('keys.json'), *options)
    check(result.returncode == 0 and result.stdout.startswith('plait_'), 'a key is made: %s' % result.stderr)
    return result.stdout.strip()


def bearer(key):
    return {'Authorization': 'Bearer ' + key}


reader, scraper, hasty, poor = add(), add('--scopes', 'metrics'), add('--rate', 1), add('--budget', 1)
kept = open(path('keys.json')).read()
check(os.stat(path('keys.json')).st_mode & 0o077 == 0, 'the file is for nobody else to read')
check(all(key.split('_', 2)[2] not in kept for key in (reader, scraper, hasty, poor)) and kept.count('$argon2id$') == 4, 'the file has hashes, no secrets')
check(run(plait, 'keys', 'add', path('keys.json'), '--scopes', 'all').returncode == 1, 'a scope that is none')
check(run(plait, 'keys', 'remove', path('keys.json')).returncode == 2 and run(plait, 'audit', 'look', 'x').returncode == 2, 'usage')

with Endpoint(plait, root, '--workers', 2, '--keys', path('keys.json'), '--audit', path('audit.jsonl')) as server:
    ask = lambda key, where='/v1/documents', body=jpeg, **headers: server.post(where, body, 'image/jpeg', {**(bearer(key) if key else {}), **headers})
    check(ask(reader)[0] == 200, 'a good key')
    check(server.get('/v2/health/ready')[0] == 200 and server.get('/openapi.json')[0] == 200, 'health and description need none')
    status, headers, body = ask(None)
    check(status == 401 and headers['www-authenticate'].startswith('Bearer') and json.loads(body)['error'], 'no key: 401')
    wrong = reader[:-1] + ('A' if reader[-1] != 'A' else 'B')
    for what, key in (('a wrong secret', wrong), ('no secret', reader.rsplit('_', 1)[0] + '_'), ('an unknown id', 'plait_000000000000_' + 'A' * 43), ('no key at all', 'x'), ('a long one', 'plait_' + 'a' * 5000 + '_b'),
                      ('a longer secret', reader + 'x')):
        check(ask(key)[0] in (401, 431), '%s: 401' % what)
    check(server.post('/v1/documents', jpeg, 'image/jpeg', {'Authorization': 'Basic ' + reader})[0] == 401, 'another scheme')
    check(ask(reader)[0] == 200, 'the good key is still good')
    check(ask(poor[:-1] + '!')[0] == 401 and ask(poor[:-1] + '?')[0] == 429, 'wrong secrets of a key that was not seen yet are slowed')
    check(ask(scraper)[0] == 403 and server.get('/metrics', headers=bearer(scraper))[0] == 200 and server.get('/metrics', headers=bearer(reader))[0] == 403, 'scopes')
    answers = [ask(hasty, body=b'x') for _ in range(12)]
    check({a[0] for a in answers} == {415, 429} and all('retry-after' in a[1] for a in answers if a[0] == 429), 'a rate: %s' % [a[0] for a in answers])
    time.sleep(1.1)
    for _ in range(60):
        status, headers, body = ask(poor)
        if status != 200:
            break
    check(status == 429 and 'budget' in json.loads(body)['error'] and 0 < int(headers['retry-after']) <= 86400, 'a budget that is spent: %d %r' % (status, body))
    check(ask(reader)[0] == 200, 'it is that key alone')
    check(server.ask('POST', '/v1/documents', b'', {'Expect': '100-continue', 'Content-Length': '99999999', **bearer(wrong)})[0] in (401, 413), 'nothing large is read for nobody')
    check(server.end() == 0, 'it ends well')
    # What is written on stderr: JSON, without keys, names or content.
    lines = [json.loads(line) for line in server.log]
    requests = [line for line in lines if line['message'] == 'request']
    check(len(requests) > 20 and {'time', 'route', 'method', 'status', 'ms', 'trace_id', 'span_id', 'request_id', 'client', 'bytes_in', 'bytes_out'} <= set(requests[0]), 'a line a request: %s' % requests[:1])
    check(requests[0]['key'] == reader.split('_')[1] and requests[0]['model'].startswith('receipt@') and requests[0]['route'] == 'documents', 'whose it was and what worked')
    text = ''.join(server.log)
    check('127.0.0.1' not in ''.join(json.dumps(r) for r in requests) and len({r['client'] for r in requests}) == 1, 'no address, but its hash')
    check(all(key.split('_', 2)[2] not in text for key in (reader, scraper, hasty, poor)) and 'kopitiam' not in text.lower(), 'no secret, no name, no content')

verified = run(plait, 'audit', 'verify', path('audit.jsonl'))
check(verified.returncode == 0 and 'unbroken' in verified.stdout, 'the audit log verifies: %s%s' % (verified.stdout, verified.stderr))
entries = [json.loads(line) for line in open(path('audit.jsonl'))]
check([e['sequence'] for e in entries] == list(range(1, len(entries) + 1)) and len(entries) == len(requests), 'an entry a request')
check(entries[0]['route'] == 'documents' and entries[0]['key'] == reader.split('_')[1] and entries[0]['status'] == 200, 'what happened: %s' % entries[0])

# kill -9 while it is written; the chain goes on, and is whole.
for _ in range(3):
    with Endpoint(plait, root, '--workers', 1, '--audit', path('audit.jsonl'), '--quiet') as server:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            busy = [pool.submit(lambda: [server.get('/v2') for _ in range(2000)]) for _ in range(4)]
            time.sleep(0.3)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            concurrent.futures.wait(busy)
        check(not [line for line in server.log if '"request"' in line], '--quiet: no line a request')
    check(run(plait, 'audit', 'verify', path('audit.jsonl')).returncode == 0, 'after kill -9 the chain is whole')
check(len(open(path('audit.jsonl')).readlines()) > len(entries), 'and has grown')
lines = open(path('audit.jsonl')).readlines()
open(path('broken.jsonl'), 'w').writelines([line.replace('"status":200', '"status":404') if i == 0 else line for i, line in enumerate(lines)])
check(run(plait, 'audit', 'verify', path('broken.jsonl')).returncode == 1, 'a changed line is found')
check(subprocess.run([plait, 'serve', '--port', '0', '--audit', path('broken.jsonl')], cwd=root, capture_output=True, timeout=60).returncode == 1, 'a server does not go on with it')
for wrong in ('{', '{"keys":[{"id":"a","hash":"x","scopes":[]}]}', '{"keys":[{"id":"a_b","hash":"$argon2id$","scopes":[]}]}', '{"keys":1}'):
    open(path('wrong.json'), 'w').write(wrong)
    result = subprocess.run([plait, 'serve', '--port', '0', '--keys', path('wrong.json')], cwd=root, capture_output=True, text=True, timeout=60)
    check(result.returncode == 1 and len(result.stderr.splitlines()) == 1, 'a file of keys that is none: %s' % result.stderr)


def small_disk():
    """No file may grow beyond two thousand bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


with Endpoint(plait, root, '--workers', 1, '--audit', path('small.jsonl'), '--quiet', before=small_disk) as server:
    for _ in range(100):
        check(server.get('/v2')[0] == 200, 'a full disk costs no answer')
        if server.metrics().get('plait_telemetry_dropped_total{kind="audit"}', 0):
            break
        time.sleep(0.02)
    else:
        check(False, 'but is counted')
check(run(plait, 'audit', 'verify', path('small.jsonl')).returncode == 0, 'what could be written is whole')
check(subprocess.run([plait, 'serve', '--port', '0', '--audit', '/dev/full'], cwd=root, capture_output=True, timeout=60).returncode == 1, 'a device is no audit log')

# TLS.
if shutil.which('openssl'):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', path('key.pem'), '-out', path('certificate.pem'), '-days', '2', '-subj', '/CN=localhost', '-addext',
                    'subjectAltName=DNS:localhost,IP:127.0.0.1'], check=True, capture_output=True)
    with Endpoint(plait, root, '--workers', 1, '--tls-certificate', path('certificate.pem'), '--tls-key', path('key.pem')) as server:
        trust = ssl.create_default_context(cafile=path('certificate.pem'))
        with urllib.request.urlopen(urllib.request.Request('https://127.0.0.1:%d/v1/documents' % server.port, jpeg, {'Content-Type': 'image/jpeg'}), context=trust) as answer:
            check(answer.status == 200 and json.loads(answer.read())['schema'] == 'plait.document/1', 'a document over TLS')
        check(server.end() == 0, 'it ends well')
    check(run(plait, 'serve', '--tls-key', path('key.pem')).returncode == 2, 'a key without a certificate')

# Who starts it as root may have it be somebody else, in all its threads and for good.
if os.getuid() == 0:
    models, memory = tempfile.mkdtemp(), tempfile.mkdtemp()
    shutil.copytree(os.path.join(root, 'models', 'receipt'), os.path.join(models, 'receipt'))
    os.chmod(models, 0o755)
    shutil.chown(memory, 'nobody')
    run(plait, 'memory', 'new-key', path('memory-key'))
    with Endpoint(plait, root, '--workers', 2, '--quiet', '--models', models, '--user', 'nobody', '--audit', path('root-audit'), '--memory', os.path.join(memory, 'shops.db'), '--key-file', path('memory-key')) as server:
        tasks = '/proc/%d/task' % server.process.pid
        users = {line for task in os.listdir(tasks) for line in open(os.path.join(tasks, task, 'status')) if line.startswith('Uid:')}
        check(len(users) == 1 and '\t0' not in users.pop(), 'none of its threads is root')
        document = json.loads(server.post('/v1/documents', jpeg, 'image/jpeg')[2])
        kept = server.post('/v1/feedback', {'digest': document['source']['digest'], 'fields': {'total': '1.00'}})
        check(kept[0] == 201 and json.loads(kept[2])['remembered'], 'it reads, and writes into a memory of its own: %s' % (kept,))
        check(server.end() == 0 and run(plait, 'audit', 'verify', path('root-audit')).returncode == 0, 'and into the log that root opened')
    shutil.rmtree(models)
    shutil.rmtree(memory)
else:
    print('--user is not tested: this is not root')
refused = run(plait, 'serve', '--port', '0', '--quiet', '--user', 'nobody-of-that-name')
check(refused.returncode == 1 and 'no user' in refused.stderr, 'a user that there is not: %s' % refused.stderr)
check.finish()
