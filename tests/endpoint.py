"""A server under test: started on a free port, asked, and ended by SIGTERM."""
import http.client, json, os, re, signal, socket, subprocess, threading, time


class Endpoint:
    """with Endpoint(plait, root, '--workers', 2) as server: server.get('/metrics')"""

    def __init__(self, plait, root, *options, before=None, **environment):
        self.log, self.port = [], None
        variables = dict(os.environ, **environment)
        variables.pop('PORT', None)
        self.process = subprocess.Popen([plait, 'serve', '--port', '0', *map(str, options)], cwd=root, env=variables, stderr=subprocess.PIPE, text=True, preexec_fn=before)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        end = time.monotonic() + 120
        while self.port is None and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        if self.port is None:
            raise SystemExit('the server did not start: %s' % ''.join(self.log))

    def _read(self):
        for line in self.process.stderr:
            self.log.append(line)
            found = re.search(r'"message":"ready","detail":"https?://[^"]*:(\d+)"', line)
            if found:
                self.port = int(found.group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()

    def alive(self):
        return self.process.poll() is None

    def end(self, number=signal.SIGTERM):
        """The exit status after the signal."""
        self.process.send_signal(number)
        status = self.process.wait(timeout=120)
        self.reader.join(timeout=10)
        return status

    def ask(self, method, path, body=None, headers=(), timeout=120):
        """Status, headers (in small letters) and body."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def get(self, path, **options):
        return self.ask('GET', path, **options)

    def post(self, path, body, kind='application/json', headers=(), **options):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        return self.ask('POST', path, body, {'Content-Type': kind, **dict(headers)}, **options)

    def raw(self, data, timeout=60, half_close=False):
        """Whatever comes back for these bytes until the server closes, or has answered and is silent."""
        with socket.create_connection(('127.0.0.1', self.port), timeout=timeout) as connection:
            try:
                connection.sendall(data)
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it may answer and close before everything is sent
            return receive(connection)

    def metrics(self):
        """{'name{label="value"}': number}"""
        status, _, body = self.get('/metrics')
        assert status == 200
        return {line.rsplit(' ', 1)[0]: float(line.rsplit(' ', 1)[1]) for line in body.decode().splitlines() if not line.startswith('#')}


def receive(connection):
    """One answer with its body, or what came before the end."""
    data = b''
    try:
        while True:
            head, blank, body = data.partition(b'\r\n\r\n')
            if blank:
                length = re.search(rb'(?i)\r\ncontent-length: *(\d+)', head)
                if length and len(body) >= int(length.group(1)):
                    return data
            piece = connection.recv(65536)
            if not piece:
                return data
            data += piece
    except (ConnectionResetError, BrokenPipeError):
        return data


def form(parts, boundary='plait-boundary'):
    """multipart/form-data of (name, filename or None, type or None, bytes); the body and its type."""
    body = b''
    for name, filename, kind, value in parts:
        body += b'--%s\r\nContent-Disposition: form-data; name="%s"' % (boundary.encode(), name.encode())
        body += b'; filename="%s"' % filename.encode() if filename else b''
        body += b'\r\nContent-Type: %s' % kind.encode() if kind else b''
        body += b'\r\n\r\n' + value + b'\r\n'
    return body + b'--%s--\r\n' % boundary.encode(), 'multipart/form-data; boundary=' + boundary


def untimed(document):
    """The document without what differs from run to run."""
    return re.sub(rb'"path":\[.*?\],"timing_ms":\{.*?\}', b'', document)
