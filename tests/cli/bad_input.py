"""Bad input: one line on stderr for each, exit status 1, and the other inputs are still read."""
import json, os, shutil, struct, sys, tempfile, zlib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from tool import Checks, places, run

plait, root = places()
check = Checks()
samples = os.path.join(root, 'samples')
jpeg = open(os.path.join(samples, 'grocer.jpg'), 'rb').read()
png = open(os.path.join(samples, 'boulangerie.png'), 'rb').read()


def png_chunk(kind, body):
    return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))


def png_of(width, height, pixels):
    return (b'\x89PNG\r\n\x1a\n' + png_chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0)) + png_chunk(b'IDAT', zlib.compress(pixels)) +
            png_chunk(b'IEND', b''))


def cmyk():
    """The sample's frame header with four components instead of one."""
    at = jpeg.index(b'\xff\xc0')
    frame = jpeg[at + 4:at + 9] + b'\x04' + b'\x01\x11\x00\x02\x11\x00\x03\x11\x00\x04\x11\x00'
    return jpeg[:at] + b'\xff\xc0' + struct.pack('>H', len(frame) + 2) + frame + jpeg[at + 2 + struct.unpack('>H', jpeg[at + 2:at + 4])[0]:]


# name, bytes, a word the error must hold
BAD = [('truncated.jpg', jpeg[:len(jpeg) // 2], 'truncated'), ('header-only.jpg', jpeg[:40], 'truncated'), ('text.png', b'this is no picture\n', 'expected'),
       ('empty.jpg', b'', 'empty'), ('one-pixel.png', png_of(1, 1, b'\0\xff'), '1 x 1'), ('huge.png', png_of(30000, 30000, b''), '30000 x 30000'),
       ('huge.bmp', b'BM' + struct.pack('<IHHIIiiHHII', 54, 0, 0, 54, 40, 30000, 30000, 1, 24, 0, 0) + bytes(20), '30000 x 30000'),
       ('huge.ppm', b'P6 30000 30000 255\n', '30000 x 30000'), ('huge.gif', b'GIF89a\xff\xff\xff\xff\0\0\0;', 'GIF'), ('short.png', png[:len(png) // 2], 'truncated'),
       ('short.ppm', b'P6 100 100 255\n' + bytes(100), 'truncated'), ('cmyk.jpg', cmyk(), 'CMYK'), ('garbage.png', png[:100] + bytes(200) + png[300:], 'picture'),
       ('ascii.ppm', b'P3 20 20 255\n' + b'0 ' * 1200, 'P3'), ('negative.bmp', b'BM' + struct.pack('<IHHIIiiHHII', 54, 0, 0, 54, 40, -5, 5, 1, 24, 0, 0) + bytes(80), 'size'),
       ('missing.jpg', None, 'missing.jpg')]

with tempfile.TemporaryDirectory() as folder:
    good = os.path.join(folder, 'good.jpg')
    open(good, 'wb').write(jpeg)
    paths = []
    for name, body, _ in BAD:
        paths.append(os.path.join(folder, name))
        if body is not None:
            open(paths[-1], 'wb').write(body)

    for path, (name, _, word) in zip(paths, BAD):                      # each alone
        result = run(plait, 'read', '--lines', path, cwd=root)
        check(result.returncode == 1, '%s: exit status 1, found %d' % (name, result.returncode))
        check(len(result.stderr.splitlines()) == 1, '%s: one line, found %r' % (name, result.stderr))
        check(result.stderr.startswith('plait: %s: ' % path), '%s: names the file, found %r' % (name, result.stderr))
        check(word in result.stderr, '%s: says "%s", found %r' % (name, word, result.stderr))
        check(not result.stdout, '%s: nothing on stdout' % name)

    result = run(plait, 'read', '--lines', good, *paths, good, cwd=root)  # all between two good ones
    check(result.returncode == 1, 'together: exit status 1, found %d' % result.returncode)
    check([json.loads(line)['source']['name'] for line in result.stdout.splitlines()] == ['good.jpg'] * 2, 'together: both good ones are read')
    check(len(result.stderr.splitlines()) == len(paths), 'together: a line for each bad one, found %r' % result.stderr)

    # Packages: each damage of a copy is one line that names the place.
    def damaged(name, change):
        package = os.path.join(folder, name)
        shutil.copytree(os.path.join(root, 'models', 'receipt'), package)
        change(package)
        result = run(plait, 'read', '--model', package, good, cwd=root)
        check(result.returncode == 1 and not result.stdout, '%s: exit status 1, found %d' % (name, result.returncode))
        check(len(result.stderr.splitlines()) == 1, '%s: one line, found %r' % (name, result.stderr))
        return result.stderr

    def rewrite(package, edit):
        path = os.path.join(package, 'manifest.json')
        manifest = json.load(open(path, encoding='utf-8'))
        edit(manifest)
        json.dump(manifest, open(path, 'w', encoding='utf-8'))

    def replace(package, name, body, honest):
        """Other bytes for a file; `honest`: the manifest says so."""
        open(os.path.join(package, name), 'wb').write(body)
        if honest:
            import hashlib
            entry = {'bytes': len(body), 'sha256': hashlib.sha256(body).hexdigest()}
            rewrite(package, lambda manifest: manifest['files'].update({name: entry}))

    detector = open(os.path.join(root, 'models', 'receipt', 'detector.onnx'), 'rb').read()
    check('detector.onnx' in damaged('no-file', lambda p: os.remove(os.path.join(p, 'detector.onnx'))), 'a missing file is named')
    check('bytes' in damaged('short-file', lambda p: replace(p, 'detector.onnx', detector[:-1], False)), 'a wrong size is said')
    check('SHA-256' in damaged('other-bytes', lambda p: replace(p, 'detector.onnx', detector[:-1] + b'!', False)), 'a wrong digest is said')
    check('detector.onnx' in damaged('corrupt-onnx', lambda p: replace(p, 'detector.onnx', detector[:len(detector) // 3], True)), 'a corrupt ONNX is named')
    check('detector.onnx' in damaged('no-onnx', lambda p: replace(p, 'detector.onnx', b'no model at all', True)), 'a file that is no ONNX is named')
    check('manifest.json' in damaged('no-json', lambda p: open(os.path.join(p, 'manifest.json'), 'w').write('{"schema":')), 'a manifest that is no JSON')
    check('manifest.json' in damaged('no-manifest', lambda p: os.remove(os.path.join(p, 'manifest.json'))), 'a package without a manifest')
    check('name' in damaged('no-name', lambda p: rewrite(p, lambda m: m.pop('name'))), 'a missing key is named')
    check('detector.stride' in damaged('wrong-kind', lambda p: rewrite(p, lambda m: m['detector'].update(stride='four'))), 'a wrong kind of value is named')
    check('detector.stride' in damaged('wrong-range', lambda p: rewrite(p, lambda m: m['detector'].update(stride=-4))), 'a value out of range is named')
    check('detector.strde' in damaged('misspelt', lambda p: rewrite(p, lambda m: m['detector'].update(strde=4))), 'a misspelt key is named')
    check('../detector.onnx' in damaged('outside', lambda p: rewrite(p, lambda m: m['files'].update({'../detector.onnx': m['files'].pop('detector.onnx')}))), 'a file outside the package')
    check('plait.package/9' in damaged('schema', lambda p: rewrite(p, lambda m: m.update(schema='plait.package/9'))), 'another schema')
check.finish()
