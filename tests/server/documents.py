"""/v1/documents: the answer is what `plait read --lines` prints, but for the times; and everything else has its status code."""
import glob, json, os, struct, sys, tempfile, wave, zlib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, form, untimed
from tool import Checks, places, run

plait, root = places()
check = Checks()
pictures = sorted(glob.glob(os.path.join(root, 'samples', '*.jpg')) + glob.glob(os.path.join(root, 'samples', '*.png')))
labels = {path: os.path.splitext(path)[0] + '.json' for path in pictures}


def load(path):
    return open(path, 'rb').read()


def printed(*arguments):
    result = run(plait, 'read', '--lines', *arguments, cwd=root)
    check(result.returncode == 0, 'read %s: %s' % (arguments, result.stderr))
    return untimed(result.stdout.encode())


def pdf(pages):
    """Pages of text lines; Helvetica."""
    objects = [b'<</Type/Catalog/Pages 2 0 R>>', b'<</Type/Pages/Kids[%s]/Count %d>>' % (b' '.join(b'%d 0 R' % (4 + 2 * i) for i in range(len(pages))), len(pages)),
               b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>']
    for i, lines in enumerate(pages):
        content = b'\n'.join(b'BT /F1 11 Tf 72 %d Td (%s) Tj ET' % (700 - 20 * y, line.encode()) for y, line in enumerate(lines))
        objects += [b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>' % (5 + 2 * i),
                    b'<</Length %d>>stream\n%s\nendstream' % (len(content), content)]
    out, at = b'%PDF-1.4\n', []
    for number, body in enumerate(objects, 1):
        at.append(len(out))
        out += b'%d 0 obj\n%s\nendobj\n' % (number, body)
    table = b''.join(b'%010d 00000 n \n' % place for place in at)
    return out + b'xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n' % (len(objects) + 1, table, len(objects) + 1, len(out))


with Endpoint(plait, root, '--workers', 2, '--body-most', 4, '--pages-most', 3, '--pixels-most', 5) as server, tempfile.TemporaryDirectory() as folder:
    # The same, byte for byte.
    for path in pictures:
        name = os.path.basename(path)
        status, headers, body = server.post('/v1/documents?name=' + name, load(path), 'image/jpeg')
        check(status == 200 and headers['content-type'] == 'application/json', '%s: 200, found %d %r' % (name, status, body[:200]))
        check(untimed(body) == printed(path), '%s: as read prints it' % name)
    path, name = pictures[0], os.path.basename(pictures[0])
    body, kind = form([('document', name, 'image/jpeg', load(path))])
    check(untimed(server.post('/v1/documents', body, kind)[2]) == printed(path), 'multipart: as read prints it')
    body, kind = form([('document', name, None, load(path)), ('text', None, None, load(labels[path]))])
    check(untimed(server.post('/v1/documents', body, kind)[2]) == printed('--text', labels[path], path), 'multipart with text: as read prints it')
    body, kind = form([('options', None, 'application/json', json.dumps({'without': 'image', 'name': 'other'}).encode()), ('document', name, None, load(path))])
    answer = server.post('/v1/documents', body, kind)[2]
    check(untimed(answer).replace(b'"other"', b'"%s"' % name.encode()) == printed('--without', 'image', path), 'options: as read prints it')
    body, kind = form([('document', name, None, load(path)), ('audio', 'note.wav', 'audio/wav', b'RIFF')])
    status, _, said = server.post('/v1/documents', body, kind)
    check(400 <= status < 500 and b'the voice note' in said, 'a voice note that is none: %d %r' % (status, said[:200]))
    with wave.open(os.path.join(folder, 'silence.wav'), 'wb') as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(8000), file.writeframes(bytes(16000))
    body, kind = form([('document', name, None, load(path)), ('audio', 'note.wav', 'audio/wav', load(os.path.join(folder, 'silence.wav')))])
    check(untimed(server.post('/v1/documents', body, kind)[2]) == printed('--audio', os.path.join(folder, 'silence.wav'), path), 'multipart with a voice note: as read prints it')
    quick = json.loads(server.post('/v1/documents?fields_only=true', load(path), 'image/jpeg')[2])
    check(quick['tables'] == [] and any(field['value'] for field in quick['fields'].values()), 'fields_only has fields, and no tables')
    check(all(field['evidence'] is None and 'agreement' not in field for field in quick['fields'].values()) and all(sense['contribution'] is None for sense in quick['modalities'].values()), 'evidence that was not measured is not made up: %s' % quick['modalities'])

    invoice = pdf([['ACME TRADING', 'Date: 14/03/2019', 'one two three four five six seven'], ['TOTAL RM 25.60', 'and more words that follow, ten of them at least here']])
    open(os.path.join(folder, 'invoice.pdf'), 'wb').write(invoice)
    status, _, body = server.post('/v1/documents?name=invoice.pdf', invoice, 'application/pdf')
    check(status == 200, 'PDF: 200, found %d %r' % (status, body[:200]))
    check(untimed(body) == printed(os.path.join(folder, 'invoice.pdf')), 'PDF: as read prints it')

    # What cannot be read, and why.
    def chunk(kind, body):
        return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))

    wide = b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 3000, 2000, 8, 0, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(bytes(3001 * 2000))) + chunk(b'IEND', b'')
    jpeg = load(path)
    text, kind = form([('document', None, None, invoice), ('text', None, None, b'words')])
    nameless, _ = form([('document', name, None, jpeg)])
    cases = [('nothing', '/v1/documents', b'', 'image/jpeg', 400, 'no bytes'), ('no picture', '/v1/documents', b'hello', 'image/jpeg', 415, 'picture'),
             ('half a picture', '/v1/documents', jpeg[:len(jpeg) // 2], 'image/jpeg', 422, 'truncated'), ('half a PDF', '/v1/documents', invoice[:300], 'application/pdf', 422, 'PDF'),
             ('a PDF with text', '/v1/documents', text, kind, 422, 'PDF'), ('four pages', '/v1/documents', pdf([['page']] * 4), 'application/pdf', 413, '3 pages'),
             ('many pixels', '/v1/documents', wide, 'image/png', 413, '3000 x 2000'),
             ('many bytes', '/v1/documents', b'\xff\xd8' + bytes(4 << 20), 'image/jpeg', 413, '4 MiB'), ('no such model', '/v1/documents?model=none', jpeg, 'image/jpeg', 404, 'none'),
             ('no such version', '/v1/documents?model=receipt@9.9', jpeg, 'image/jpeg', 404, '9.9'), ('a network', '/v1/documents?model=receipt.text', jpeg, 'image/jpeg', 422, 'network'),
             ('no such modality', '/v1/documents?without=smell', jpeg, 'image/jpeg', 422, 'smell'), ('no boundary', '/v1/documents', nameless, 'multipart/form-data', 400, 'boundary'),
             ('another boundary', '/v1/documents', nameless, 'multipart/form-data; boundary=other', 400, 'boundary'),
             ('half a form', '/v1/documents', nameless[:200], 'multipart/form-data; boundary=plait-boundary', 400, 'end'),
             ('no document', '/v1/documents', *form([('text', None, None, b'x')]), 400, 'document'), ('another part', '/v1/documents', *form([('video', None, None, b'x')]), 400, 'video'),
             ('options are no JSON', '/v1/documents', *form([('options', None, None, b'{'), ('document', None, None, jpeg)]), 400, 'JSON'),
             ('another option', '/v1/documents', *form([('options', None, None, b'{"colour":1}'), ('document', None, None, jpeg)]), 400, 'colour'),
             ('no such path', '/v1/document', jpeg, 'image/jpeg', 404, 'path')]
    for what, where, body, kind, expected, word in cases:
        status, headers, answer = server.post(where, body, kind)
        check(status == expected, '%s: %d, found %d %r' % (what, expected, status, answer[:200]))
        check(answer.count(b'\n') == 1 and word in json.loads(answer).get('error', ''), '%s: one line of JSON that says %r, found %r' % (what, word, answer[:200]))
    status, headers, _ = server.get('/v1/documents')
    check(status == 405 and headers.get('allow') == 'POST', 'another method: 405 with Allow, found %d' % status)

    # Who asks, and how it is traced.
    _, headers, _ = server.get('/v2', headers={'X-Request-Id': 'my-request.1', 'traceparent': '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'})
    check(headers['x-request-id'] == 'my-request.1', 'the request id comes back')
    check(headers['traceparent'].startswith('00-0af7651916cd43dd8448eb211c80319c-') and 'b7ad6b7169203331' not in headers['traceparent'], 'the trace goes on: %s' % headers['traceparent'])
    check(server.get('/v2', headers={'X-Request-Id': 'x" y'})[1]['x-request-id'] != 'x" y', 'a request id that is none is not echoed')
    check(server.alive(), 'the server is still there')
    check(server.end() == 0, 'it ends well')
check.finish()
