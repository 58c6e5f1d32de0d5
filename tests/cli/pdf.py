"""PDFs that we write ourselves: text, scans, several pages, tables; and hostile ones, which cost one line each."""
import json, os, sys, tempfile, zlib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from tool import Checks, places, run, skip

try:
    import jsonschema
except ImportError:
    skip('python3-jsonschema is not installed')

plait, root = places()
check = Checks()
PLAIN = ('--model', os.path.join(root, 'tests', 'packages', 'plain'))  # has no networks: what needs none is quick
schema = json.load(open(os.path.join(root, 'src', 'document', 'document.schema.json'), encoding='utf-8'))
jpeg = open(os.path.join(root, 'samples', 'grocer.jpg'), 'rb').read()


def pdf(objects, trailer=b''):
    """Objects 1.. and a table of where they are; the first is the catalogue."""
    out, places_of = b'%PDF-1.4\n', []
    for number, body in enumerate(objects, 1):
        places_of.append(len(out))
        out += b'%d 0 obj\n%s\nendobj\n' % (number, body)
    start = len(out)
    out += b'xref\n0 %d\n0000000000 65535 f \n' % (len(objects) + 1) + b''.join(b'%010d 00000 n \n' % place for place in places_of)
    return out + b'trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n' % (len(objects) + 1, trailer, start)


def stream(body, entries=b''):
    return b'<</Length %d%s>>stream\n%s\nendstream' % (len(body), entries, body)


def document(pages, box=b'[0 0 612 792]', extra=b'', trailer=b'', more=()):
    """One page a content stream; /F1 is Helvetica, /X the first of `more`."""
    count = len(pages)
    kids = b' '.join(b'%d 0 R' % (4 + 2 * i) for i in range(count))
    objects = [b'<</Type/Catalog/Pages 2 0 R>>', b'<</Type/Pages/Kids[%s]/Count %d>>' % (kids, count), b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>']
    resources = b'<</Font<</F1 3 0 R>>%s>>' % (b'/XObject<</X %d 0 R>>' % (4 + 2 * count) if more else b'')
    for i, content in enumerate(pages):
        objects.append(b'<</Type/Page/Parent 2 0 R/MediaBox%s%s/Contents %d 0 R/Resources%s>>' % (box, extra, 5 + 2 * i, resources))
        objects.append(stream(content))
    return pdf(objects + list(more), trailer)


def text(lines):
    """Lines of (x, y, text), y from the top."""
    return b'\n'.join(b'BT /F1 11 Tf %d %d Td (%s) Tj ET' % (x, 792 - y, words.encode('latin-1')) for x, y, words in lines)


invoice = [(72, 80, 'ACME TRADING SDN BHD'), (72, 100, '12, Jalan Besar, 50000 Kuala Lumpur'), (72, 130, 'Date: 14/03/2019'), (72, 150, 'Dear customer, thank you for buying from us.')]
items = [('Item', 'Pieces', 'Price'), ('Green tea', '2', '7.00'), ('White rice', '1', '12.00'), ('Soya milk', '3', '6.60')]
for row, cells in enumerate(items):
    invoice += [(x, 190 + 18 * row, cell) for x, cell in zip((72, 300, 420), cells)]
prose = [(72, 80 + 16 * i, 'Nothing but running text stands on this page, in line %d of eight of them.' % i) for i in range(8)]
last = [(72, 80, 'Page three of the invoice, with what is to be paid in the end.'), (300, 120, 'TOTAL RM'), (420, 120, '25.60')]


def jpeg_size():
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + int.from_bytes(jpeg[at + 2:at + 4], 'big')
    return int.from_bytes(jpeg[at + 7:at + 9], 'big'), int.from_bytes(jpeg[at + 5:at + 7], 'big'), jpeg[at + 9]


width, height, channels = jpeg_size()
scan = stream(jpeg, b'/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/Device%s/BitsPerComponent 8/Filter/DCTDecode' %
              (width, height, b'Gray' if channels == 1 else b'RGB'))
nested = b'<</Type/Pages/Kids[%d 0 R]/Count 1>>'

folder = tempfile.TemporaryDirectory()


def written(name, body):
    path = os.path.join(folder.name, name)
    open(path, 'wb').write(body)
    return path


def read(name, body, *options):
    result = run(plait, 'read', '--lines', *options, written(name, body), cwd=root)
    check(result.returncode == 0, '%s: exit status 0, found %d: %s' % (name, result.returncode, result.stderr))
    if result.returncode:
        return {'pages': [], 'tables': [], 'fields': {}, 'source': {}}
    found = json.loads(result.stdout)
    wrong = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(found)]
    check(not wrong, '%s: as the schema says, found %s' % (name, wrong[:2]))
    return found


def texts(page):
    return [line['text'] for line in page['lines']]


# A text layer is the text; places are pixels of the rendered page.
found = read('invoice.pdf', document([text(invoice)]), *PLAIN)
check(found['source'].get('media_type') == 'application/pdf' and found['source']['pages'] == 1, 'the source is the PDF, found %s' % found['source'])
if found['pages']:
    page = found['pages'][0]
    check((page['width'], page['height']) == (1275, 1650), '150 dots an inch, found %d x %d' % (page['width'], page['height']))
    check('ACME TRADING SDN BHD' in texts(page), 'the words are there, found %s' % texts(page)[:3])
    word = next((w for line in page['lines'] for w in line['words'] if w['text'] == 'ACME'), None)
    check(word and abs(word['polygon'][0][0] - 150) < 3 and abs(word['polygon'][2][1] - 80 * 150 / 72) < 8, 'words stand where they are printed, found %s' % word)
check(len(found['tables']) == 1, 'one table, found %d' % len(found['tables']))
if found['tables']:
    table = found['tables'][0]
    cells = {(c['row'], c['column']): c for c in table['cells']}
    check((table['rows'], table['columns'], table['page']) == (4, 3, 0), '4 by 3 on page 0, found %d by %d' % (table['rows'], table['columns']))
    check([[cells[r, c]['text'] for c in range(3)] for r in range(4)] == [list(row) for row in items], 'the cells are the items')
    check(cells[0, 0]['header'] and not cells[1, 0]['header'], 'the first row is its head')
check(not read('prose.pdf', document([text(prose)]), *PLAIN)['tables'], 'prose has no table')
check(not read('without.pdf', document([text(invoice)]), *PLAIN, '--without', 'layout')['tables'], 'without layout there is no table')

# Several pages: in order, tables and pictures with their page.
picture = os.path.join(folder.name, 'out.png')
found = read('pages.pdf', document([text(prose), text(invoice), text(last)]), *PLAIN, '--annotate', picture)
check(len(found['pages']) == 3 and found['source']['pages'] == 3, 'three pages')
check([table['page'] for table in found['tables']][:1] == [1], 'the table is on page 1, found %s' % [table['page'] for table in found['tables']])
check(all(os.path.exists(os.path.join(folder.name, name)) for name in ('out.png', 'out-2.png', 'out-3.png')), 'a picture a page')
stages = found.get('timing_ms', {'total': 1})
check(sum(ms for stage, ms in stages.items() if stage != 'total') <= stages['total'], 'the stages are not longer than the whole: %s' % stages)

# The fields are those of the pages they stand on.
found = read('fields.pdf', document([text(invoice), text(prose), text(last)]))
for name, field in found['fields'].items():
    if field['text']:
        lines = texts(found['pages'][field['page']])
        check(all(line < len(lines) for line in field['lines']), '%s: its lines are of its page' % name)
        check(all(any(word in lines[line].split() for line in field['lines']) for word in field['text'].split()), '%s: "%s" stands in its lines' % (name, field['text']))
check(any(field['text'] for field in found['fields'].values()), 'a field is found')

# A scan has no text: it is read from its picture.  A page number does not make it text.
found = read('scan.pdf', document([b'q 400 0 0 671 60 60 cm /X Do Q ' + text([(500, 30, 'Page 1')])], more=[scan]))
words = ' '.join(' '.join(texts(page)) for page in found['pages']).upper()
check(any(word in words for word in ('BREAD', 'APPLES', 'CHEDDAR')), 'a scan is read, found "%.80s"' % words)
check(found['pages'] and max(found['pages'][0]['width'], found['pages'][0]['height']) <= 2200, 'not more than 2200 pixels')

# Words too small to see, and words beside the page, cost nothing.
odd = text(invoice) + b' BT /F1 0.005 Tf 100 100 Td (tiny tiny) Tj ET BT /F1 11 Tf -30 300 Td (beside the edge) Tj 700 0 Td (out) Tj ET'
found = read('odd.pdf', document([odd]), *PLAIN)
check('ACME TRADING SDN BHD' in texts(found['pages'][0]) if found['pages'] else False, 'what is on the page is read')

# Turned and cropped pages.
found = read('turned.pdf', document([text(invoice)], extra=b'/Rotate 90'), *PLAIN)
check(found['pages'] and found['pages'][0]['width'] > found['pages'][0]['height'], 'a page that is shown turned')
found = read('cropped.pdf', document([text(invoice)], extra=b'/CropBox[50 500 562 742]'), *PLAIN)
check(found['pages'] and 'ACME TRADING SDN BHD' in texts(found['pages'][0]), 'a cropped page')

# Hostile: each a line, exit status 1, nothing on stdout, and what stands beside it is still read.
whole = document([text(invoice)])
deep = [b'<</Type/Catalog/Pages 2 0 R>>'] + [nested % (i + 3) for i in range(3000)] + [b'<</Type/Page/MediaBox[0 0 9 9]/Parent %d 0 R>>' % 3001]
circle = [b'<</Type/Catalog/Pages 2 0 R>>', b'<</Type/Pages/Kids[2 0 R]/Count 1>>']
zipped = zlib.compress(bytes(40 << 20), 9)
BAD = [('truncated.pdf', whole[:len(whole) // 3], 'PDF'), ('header.pdf', b'%PDF-1.7\n', 'PDF'), ('garbage.pdf', b'%PDF-1.4\n' + os.urandom(4000), 'PDF'),
       ('encrypted.pdf', document([text(invoice)], trailer=b'/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -1/O<%s>/U<%s>>>' % (b'41' * 32, b'42' * 32)), 'encrypted'),
       ('huge.pdf', document([text(invoice)], box=b'[0 0 1000000 1000000]'), '14400'), ('no-size.pdf', document([text(invoice)], box=b'[0 0 0.1 0.1]'), 'page 1'),
       ('many.pdf', document([b''] * 201), '200 pages'), ('circle.pdf', pdf(circle), 'page'), ('deep.pdf', pdf(deep), '')]
good = written('good.pdf', whole)
paths = []
for name, body, word in BAD:
    paths.append(written(name, body))
    result = run(plait, 'read', '--lines', *PLAIN, paths[-1], cwd=root)
    check(result.returncode in ((0, 1) if name == 'deep.pdf' else (1,)), '%s: exit status 1, found %d' % (name, result.returncode))
    if result.returncode:
        check(len(result.stderr.splitlines()) == 1 and result.stderr.startswith('plait: %s: ' % paths[-1]), '%s: one line, found %r' % (name, result.stderr))
        check(word in result.stderr, '%s: says "%s", found %r' % (name, word, result.stderr))
        check(not result.stdout, '%s: nothing on stdout' % name)
result = run(plait, 'read', '--lines', *PLAIN, good, *paths[:3], good, cwd=root)
check(result.returncode == 1 and len(result.stdout.splitlines()) == 2, 'both good ones between bad ones are read')

# A picture that unpacks to more than it says, and one that says too much, end in a document or a line, never otherwise.
for name, size in (('bomb.pdf', 100), ('giant.pdf', 60000)):
    image = stream(zipped, b'/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode' % (size, size))
    result = run(plait, 'read', '--lines', *PLAIN, written(name, document([text(invoice) + b' q 400 0 0 400 60 60 cm /X Do Q'], more=[image])), cwd=root)
    check(result.returncode in (0, 1) and len(result.stderr.splitlines()) == result.returncode, '%s: a document or a line, found %r' % (name, result.stderr))

# Without poppler-utils it is said what to install.
result = run(plait, 'read', *PLAIN, good, cwd=root, env={**os.environ, 'PATH': folder.name})
check(result.returncode == 1 and 'poppler-utils' in result.stderr, 'what is missing is named, found %r' % result.stderr)
check.finish()
