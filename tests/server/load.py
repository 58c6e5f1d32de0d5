"""wrk on loopback with more than there is room for: 429 and nothing worse, and the counters agree with what was heard."""
import json, os, re, shutil, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, form
from tool import Checks, places, run, skip

plait, root = places()
check = Checks()
if not shutil.which('wrk'):
    skip('wrk is not installed')
CONNECTIONS, SECONDS = 64, 6
picture = open(os.path.join(root, 'samples', 'boulangerie.png'), 'rb').read()
words = open(os.path.join(root, 'samples', 'boulangerie.json'), 'rb').read()
body, kind = form([('document', None, None, picture), ('text', None, None, words), ('options', None, None, b'{"fields_only":true}')])  # words that are known make it quick

SCRIPT = '''
wrk.method = "POST"
wrk.headers["Content-Type"] = "%s"
local file = io.open("%s", "rb")
wrk.body = file:read("*a")
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() codes = {} end
function response(status, headers, body)
    codes[status] = (codes[status] or 0) + 1
    if status == 429 and not headers["Retry-After"] then codes[0] = (codes[0] or 0) + 1 end
end
function done()
    for _, thread in ipairs(threads) do
        for status, count in pairs(thread:get("codes")) do print("code", status, count) end
    end
end
'''

with tempfile.TemporaryDirectory() as folder, Endpoint(plait, root, '--workers', 2, '--queue', 4, '--quiet') as server:
    data, script = os.path.join(folder, 'body'), os.path.join(folder, 'script.lua')
    open(data, 'wb').write(body)
    open(script, 'w').write(SCRIPT % (kind, data))
    alone = server.post('/v1/documents', body, kind)
    check(alone[0] == 200, 'one alone: %d %r' % (alone[0], alone[2][:200]))
    before = server.metrics()
    heard = run('wrk', '-t', 2, '-c', CONNECTIONS, '-d', '%ds' % SECONDS, '--timeout', '60s', '-s', script, 'http://127.0.0.1:%d/v1/documents' % server.port)
    check(heard.returncode == 0, 'wrk: %s' % heard.stderr)
    codes = {}
    for status, count in re.findall(r'code\s+(\d+)\s+(\d+)', heard.stdout):
        codes[int(status)] = codes.get(int(status), 0) + int(count)
    print('answers:', codes, re.findall(r'Requests/sec:.*', heard.stdout))
    check(set(codes) == {200, 429} and codes[200] > 2, 'documents, and 429 with Retry-After for what is too many: %s' % codes)
    check('Socket errors' not in heard.stdout, 'no connection is lost: %s' % heard.stdout)
    # wrk stops with answers under way: the last of each connection may be counted here alone.
    end = time.monotonic() + 60
    while server.metrics()['plait_workers_busy'] and time.monotonic() < end:
        time.sleep(0.1)
    after = server.metrics()
    for code in (200, 429):
        name = 'plait_http_requests_total{route="documents",method="POST",code="%d"}' % code
        counted = after[name] - before.get(name, 0)
        check(codes.get(code, 0) <= counted <= codes.get(code, 0) + CONNECTIONS, '%d: %d heard, %d counted' % (code, codes.get(code, 0), counted))
    again = server.post('/v1/documents', body, kind)
    check(again[0] == 200 and json.loads(again[2])['fields'] == json.loads(alone[2])['fields'], 'afterwards it reads as before')
    check(server.end() == 0, 'it ends well')
check.finish()
