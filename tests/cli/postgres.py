"""A memory in PostgreSQL, a real one of Debian's in a folder of its own: as in a file, for several processes, and nothing to be read in it."""
import glob, json, os, pwd, signal, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from tool import Checks, places, run, skip

plait, root = places()
check = Checks()
programs = sorted(glob.glob('/usr/lib/postgresql/*/bin'))
if not programs or not os.path.exists(os.path.join(programs[-1], 'initdb')):
    skip('postgresql is not installed')
sample = os.path.join(root, 'samples', 'kopitiam.jpg')
PASSWORD = 'not-to-be-seen'


class Postgres:
    """It does not run as root: as the packaged user then."""

    def __init__(self, folder):
        self.folder, self.data = folder, os.path.join(folder, 'data')
        self.user = pwd.getpwnam('postgres') if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        word = os.path.join(folder, 'password')
        open(word, 'w').write(PASSWORD)
        for path in (folder, word):
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        made = self.start('initdb', '--auth=scram-sha-256', '--username=plait', '--pwfile=' + word, '--no-sync', '--encoding=UTF8', self.data)
        output = made.communicate(timeout=120)[0]
        check(made.returncode == 0, 'a database is made: %s' % output[-300:])
        self.url = 'postgresql://plait:%s@/postgres?host=%s' % (PASSWORD, folder)
        self.begin()

    def start(self, program, *arguments):
        drop = {'user': self.user.pw_uid, 'group': self.user.pw_gid, 'extra_groups': []} if os.geteuid() == 0 else {}
        return subprocess.Popen([os.path.join(programs[-1], program), *arguments], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **drop)

    def begin(self):
        self.process, end = None, time.monotonic() + 60
        while self.query('SELECT 1') != '1' and time.monotonic() < end:
            # It refuses to begin, and ends, while a child of one that was killed still holds the shared memory.
            if self.process is None or self.process.poll() is not None:
                self.process = self.start('postgres', '-D', self.data, '-k', self.folder, '-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'log_min_messages=panic')
            time.sleep(0.1)

    def query(self, sql):
        return run(os.path.join(programs[-1], 'psql'), '--no-psqlrc', '-At', self.url, '-c', sql).stdout.strip()

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)


def confirm(environment, document, *fields):
    path = os.path.join(folder, 'document-%s.json' % document['source']['digest'][-8:])
    json.dump(document, open(path, 'w'))
    return subprocess.Popen([plait, 'confirm', path, *fields], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def other(document, i):
    """The same page as another document: its bytes are others."""
    return {**document, 'source': {**document['source'], 'digest': '%064x' % i}}


def remembered(environment):
    return [json.loads(line) for line in run(plait, 'memory', 'export', env=environment).stdout.splitlines()]


with tempfile.TemporaryDirectory() as folder:
    server = Postgres(folder)
    try:
        key = os.path.join(folder, 'key')
        run(plait, 'memory', 'new-key', key)
        there = dict(os.environ, PLAIT_MEMORY=server.url, PLAIT_MEMORY_KEY=open(key).read().strip())
        here = dict(there, PLAIT_MEMORY=os.path.join(folder, 'memory.db'))
        before = json.loads(run(plait, 'read', '--lines', sample).stdout)
        company = before['fields']['company']['value'].title() + '.'

        # The same as in a file.
        for environment in (there, here):
            confirming = confirm(environment, before, 'company=' + company)
            name, said = confirming.communicate(timeout=120)
            check(confirming.returncode == 0 and len(name.strip()) == 16, 'confirmed: %s' % said)
        read = [json.loads(run(plait, 'read', '--lines', sample, env=environment).stdout) for environment in (there, here)]
        check(read[0]['fields'] == read[1]['fields'] and read[0]['fields']['company']['value'] == company, 'read with it as with a file')
        check(remembered(there) == remembered(here) and len(remembered(there)) == 1, 'the same is remembered')
        sealed = bytes.fromhex(server.query("SELECT string_agg(encode(sealed, 'hex'), '') FROM plait_memory"))
        check(company.encode() not in sealed and b'plait' not in sealed and len(sealed) > 1000, 'nothing can be read in the table')

        # A server reads with it too, in all its workers.
        if run(plait, 'serve', '--help').returncode == 0:
            with Endpoint(plait, root, '--workers', 2, PLAIT_MEMORY=server.url, PLAIT_MEMORY_KEY=there['PLAIT_MEMORY_KEY']) as endpoint:
                bodies, picture = [], open(sample, 'rb').read()
                threads = [threading.Thread(target=lambda: bodies.append(endpoint.post('/v1/documents', picture, 'image/jpeg')[2])) for _ in range(4)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                check(len(bodies) == 4 and all(json.loads(body)['fields'] == read[0]['fields'] for body in bodies), 'the server reads as the command does')
                # Its feedback is remembered, also when the database was away in between.
                said = {'digest': before['source']['digest'], 'fields': {'company': company}}
                heard = [endpoint.post('/v1/feedback', said)]
                server.end()
                server.begin()
                heard.append(endpoint.post('/v1/feedback', said))
                check([status for status, _, _ in heard] == [201, 201] and all(json.loads(body).get('remembered') for _, _, body in heard), 'what is said to it is remembered: %s' % heard)

        # Others at the same time; none is lost, and the one that comes again takes the place of what was.
        confirming = [confirm(there, other(before, i % 4), 'company=%s' % company) for i in range(8)]
        ended = [(process.communicate(timeout=120), process.returncode) for process in confirming]
        check(all(code == 0 for _, code in ended), 'eight at the same time: %s' % ended)
        check(len(remembered(there)) == 5, 'are four more documents: %d' % len(remembered(there)))

        # Processes that are the first at the same time make one table, and the first's key is the key.
        server.query('DROP TABLE plait_memory')
        confirming = [confirm(there, other(before, i), 'company=%s' % company) for i in range(6)]
        ended = [(process.communicate(timeout=120), process.returncode) for process in confirming]
        check(all(code == 0 for _, code in ended) and len(remembered(there)) == 6, 'six that find no table: %s' % ended)
        wrong = run(plait, 'memory', 'export', env=dict(there, PLAIT_MEMORY_KEY=there['PLAIT_MEMORY_KEY'][::-1]))
        check(wrong.returncode == 1 and 'expected the key' in wrong.stderr and len(wrong.stderr.splitlines()) == 1, 'another key is refused: %s' % wrong.stderr)
        server.query("UPDATE plait_memory SET sealed = (SELECT sealed FROM plait_memory ORDER BY place LIMIT 1) WHERE place = (SELECT max(place) FROM plait_memory)")
        check(run(plait, 'memory', 'export', env=there).returncode == 1, 'rows cannot be exchanged')
        server.query('DELETE FROM plait_memory WHERE place = (SELECT max(place) FROM plait_memory)')

        # Forgetting; a role that may not make tables.
        first = ended[0][0][0].strip()
        count = len(remembered(there))
        check(run(plait, 'forget', first, env=there).returncode == 0 and len(remembered(there)) == count - 1, 'one is forgotten')
        server.query("CREATE ROLE reader LOGIN PASSWORD 'r'; REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO reader; GRANT SELECT, INSERT ON plait_memory TO reader; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO reader")
        less = dict(there, PLAIT_MEMORY=server.url.replace('plait:' + PASSWORD, 'reader:r'))
        check(len(remembered(less)) == count - 1, 'who may only read and add does not need more')
        refused = run(plait, 'forget', '--all', env=less)
        check(refused.returncode == 1 and 'permission denied' in refused.stderr, 'and may not forget: %s' % refused.stderr)
        check(run(plait, 'forget', '--all', env=there).returncode == 0 and remembered(there) == [], 'all are forgotten')
        check(server.query('SELECT count(*) FROM plait_memory') == '1', 'but not whose key it is')

        # Killed and begun again; away; a wrong password: one line, without the password.
        confirm(there, before, 'company=' + company).communicate(timeout=120)
        server.process.kill()
        server.process.communicate(timeout=60)
        for path in glob.glob(os.path.join(folder, '.s.PGSQL*')) + [os.path.join(server.data, 'postmaster.pid')]:
            if os.path.exists(path):
                os.remove(path)
        away = run(plait, 'memory', 'export', env=there)
        check(away.returncode == 1 and len(away.stderr.splitlines()) == 1 and 'PostgreSQL' in away.stderr and PASSWORD not in away.stderr, 'no server: %s' % away.stderr)
        server.begin()
        check(len(remembered(there)) == 1, 'what was confirmed is there after kill -9')
        denied = run(plait, 'memory', 'export', env=dict(there, PLAIT_MEMORY=server.url.replace(PASSWORD, 'secret-word')))
        check(denied.returncode == 1 and 'password authentication failed' in denied.stderr and 'secret-word' not in denied.stderr, 'a wrong password: %s' % denied.stderr)
    finally:
        server.end()
check.finish()
