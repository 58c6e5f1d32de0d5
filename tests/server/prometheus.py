"""Debian's Prometheus scrapes the server, with a key: what it stores is what was answered; promtool has nothing to say; the alerts and
objectives are rules with a page of the runbook each; the dashboard asks for nothing that is not there."""
import glob, json, os, re, shutil, socket, subprocess, sys, tempfile, time, urllib.parse, urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from tool import Checks, places, run, skip

plait, root = places()
check = Checks()
for tool in ('prometheus', 'promtool'):
    if not shutil.which(tool):
        skip('%s is not installed' % tool)
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
with socket.socket() as free:
    free.bind(('127.0.0.1', 0))
    port = free.getsockname()[1]


def ask(query):
    """{labels: value} of an instant query."""
    url = 'http://127.0.0.1:%d/api/v1/query?query=%s' % (port, urllib.parse.quote(query))
    answer = json.load(urllib.request.urlopen(url, timeout=30))
    return {tuple(sorted(r['metric'].items())): float(r['value'][1]) for r in answer['data']['result']}


def first(query):
    return next(iter(ask(query).values()), None)


with tempfile.TemporaryDirectory() as folder:
    keys = os.path.join(folder, 'keys.json')
    both, metrics = (run(plait, 'keys', 'add', keys, '--scopes', scopes).stdout.split()[-1] for scopes in ('documents', 'metrics'))
    files = sorted(glob.glob(os.path.join(root, 'functions', 'prometheus', '*.yaml')))
    rules = run('promtool', 'check', 'rules', *files)
    check(rules.returncode == 0 and rules.stdout.count('SUCCESS') == len(files) == 2, 'the alerts are rules: %s%s' % (rules.stdout, rules.stderr))
    said = ''.join(open(file).read() for file in files)
    runbook = re.findall(r'^## (\w+)$', open(os.path.join(root, 'docs', 'runbook.md')).read(), re.M)
    named, pages = re.findall(r'- alert: (\w+)', said), re.findall(r'runbook: docs/runbook.md#(\w+)', said)
    check(sorted(named) == sorted(runbook) and [name.lower() for name in named] == pages, 'the runbook has a section for each: %s' % sorted(set(named) ^ set(runbook)))
    with Endpoint(plait, root, '--workers', 1, '--keys', keys) as server:
        key = lambda word: {'Authorization': 'Bearer ' + word}
        check(server.get('/metrics')[0] == 401 and server.get('/metrics', headers=key(both))[0] == 403, 'who has no key for it sees no metrics')
        config = os.path.join(folder, 'prometheus.yml')
        open(config, 'w').write(json.dumps({'global': {'scrape_interval': '1s'}, 'rule_files': files, 'scrape_configs': [
            {'job_name': 'plait', 'authorization': {'credentials': metrics}, 'static_configs': [{'targets': ['127.0.0.1:%d' % server.port]}]}]}))  # JSON is YAML
        check(run('promtool', 'check', 'config', config).returncode == 0, 'its configuration')
        prometheus = subprocess.Popen(['prometheus', '--config.file', config, '--storage.tsdb.path', os.path.join(folder, 'data'), '--web.listen-address', '127.0.0.1:%d' % port],
                                      stdout=subprocess.DEVNULL, stderr=open(os.path.join(folder, 'log'), 'w'))
        try:
            for _ in range(3):
                check(server.post('/v1/documents', jpeg, 'image/jpeg', key(both))[0] == 200, 'a document')
            check(server.post('/v1/documents', b'no picture', 'image/jpeg', key(both))[0] == 415, 'none')
            end, value = time.monotonic() + 120, None
            while value != 3 and time.monotonic() < end:
                time.sleep(0.5)
                try:
                    value = first('plait_http_requests_total{route="documents",code="200"}')
                except OSError:
                    pass  # it is not up yet
            check(value == 3 and first('up{job="plait"}') == 1, 'it is scraped: %s %s' % (value, open(os.path.join(folder, 'log')).read()[-300:] if value != 3 else ''))
            check(first('sum(plait_http_requests_total{route="documents",code="415"})') == 1, 'and the one that was none')
            stages = {dict(labels)['stage'] for labels in ask('plait_stage_duration_seconds_count == 3')}
            check({'decode', 'detect', 'recognise', 'heads'} <= stages, 'stages: %s' % stages)
            check(0 < first('histogram_quantile(0.5, plait_http_request_duration_seconds_bucket{route="documents"})') < 60, 'a quantile of the histogram')
            text = server.get('/metrics', headers=key(metrics))[2].decode()
            lint = subprocess.run(['promtool', 'check', 'metrics'], input=text, capture_output=True, text=True)
            check(lint.returncode == 0 and not lint.stdout + lint.stderr, 'promtool: %s%s' % (lint.stdout, lint.stderr))
            stored = {dict(labels)['__name__'] for labels in ask('{job="plait"}')}
            given = {line.split('{')[0].split(' ')[0] for line in text.splitlines() if not line.startswith('#')}
            check(given <= stored | {'plait_rejected_total'}, 'all of it is stored: %s' % sorted(given - stored))
            health = json.load(urllib.request.urlopen('http://127.0.0.1:%d/api/v1/rules' % port, timeout=30))
            states = {rule['name']: rule['health'] for group in health['data']['groups'] for rule in group['rules']}
            end = time.monotonic() + 90
            while 'unknown' in states.values() and time.monotonic() < end:
                time.sleep(1)
                health = json.load(urllib.request.urlopen('http://127.0.0.1:%d/api/v1/rules' % port, timeout=30))
                states = {rule['name']: rule['health'] for group in health['data']['groups'] for rule in group['rules']}
            check(states and set(states.values()) == {'ok'}, 'the alerts are worked out: %s' % states)

            # What the dashboard asks, as Grafana would; of what the server can have, and what is recorded.
            panels = json.load(open(os.path.join(root, 'functions', 'prometheus', 'dashboard.json')))['panels']
            queries = {panel['title']: [target['expr'] for target in panel['targets']] for panel in panels if panel['type'] != 'row'}
            known = set(re.findall(r'"((?:plait|process)_\w+)", *(?:\\\s*)?"', open(os.path.join(root, 'src', 'server', 'measure.c')).read()))
            known |= {name + part for name in known for part in ('_bucket', '_sum', '_count')} | set(re.findall(r'record: (\S+)', said))
            answered, end = 0, time.monotonic() + 60
            while (first('count_over_time(plait_ready[1m])') or 0) < 3 and time.monotonic() < end:
                time.sleep(0.5)  # a rate is between two scrapes
            for title, expressions in queries.items():
                for expression in expressions:
                    names = set(re.findall(r'(?:plait[:_]|process_)[\w:]+', expression))
                    check(names and names <= known, '%s: no such measure: %s' % (title, sorted(names - known)))
                    try:
                        answered += bool(ask(expression.replace('$__rate_interval', '1m').replace('$job', 'plait')))
                    except OSError as error:
                        check(False, '%s: %s' % (title, error.read()[:200]))
            check(answered > 20, 'most panels show something: %d' % answered)
            places = [(p['gridPos']['x'] + i, p['gridPos']['y'] + j) for p in panels for i in range(p['gridPos']['w']) for j in range(p['gridPos']['h'])]
            check(len(places) == len(set(places)) and all(x < 24 for x, _ in places), 'no panel lies on another')
        finally:
            prometheus.terminate()
            prometheus.wait(timeout=60)
check.finish()
