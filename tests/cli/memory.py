"""Peak memory of reading: at most 300 MB on a page of 1600 pixels, and flat over many pages in one process."""
import os, struct, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from tool import Checks, places, sanitized, skip

PAGE_MB, SLOPE_MB = 300, 8        # the slope's bound is what an allocator may keep after a warm-up, far under one page's memory
FEW, MANY = 10, 60

plait, root = places()
if sanitized(plait):
    skip('the address sanitizer keeps freed memory')
check = Checks()


def peak_mb(paths):
    """Of one process that reads them all."""
    with open(os.devnull, 'wb') as nowhere:
        process = subprocess.Popen([plait, 'read', '--lines', *paths], stdout=nowhere, cwd=root)
        _, status, usage = os.wait4(process.pid, 0)
    check(status == 0, 'reading %d pages ends with %d' % (len(paths), status))
    return usage.ru_maxrss / 1024


def large_page(path, side):
    """A BMP of side x side grey pixels, full of dark bars in rows as text would stand, so that nothing but the pipeline is needed."""
    bars = bytes(255 if (x // 9) % 5 == 4 or (x // 450) % 2 else 40 for x in range(side))
    blank = bytes([255]) * side
    pixels = b''.join(bars if (y // 20) % 2 else blank for y in range(side))
    palette = b''.join(bytes((i, i, i, 0)) for i in range(256))
    offset = 54 + len(palette)
    with open(path, 'wb') as out:
        out.write(b'BM' + struct.pack('<IHHI', offset + len(pixels), 0, 0, offset) + struct.pack('<IiiHHIIiiII', 40, side, side, 1, 8, 0, 0, 0, 0, 256, 0) + palette + pixels)


samples = [os.path.join(root, 'samples', name) for name in ('grocer.jpg', 'kopitiam.jpg', 'boulangerie.png', 'hardware.jpg', 'pharmacy.jpg')]
few, many = peak_mb((samples * MANY)[:FEW]), peak_mb((samples * MANY)[:MANY])
print('peak after %d pages %.1f MB, after %d pages %.1f MB' % (FEW, few, MANY, many))
check(many - few <= SLOPE_MB, 'the peak grows by at most %d MB, found %.1f' % (SLOPE_MB, many - few))
check(many <= PAGE_MB, 'the peak is at most %d MB, found %.1f' % (PAGE_MB, many))
with tempfile.TemporaryDirectory() as folder:
    page = os.path.join(folder, 'page.bmp')
    large_page(page, 1600)
    large = peak_mb([page])
print('peak on a page of 1600 x 1600 pixels with 40 rows of bars: %.1f MB' % large)
check(large <= PAGE_MB, 'a page of 1600 pixels takes at most %d MB, found %.1f' % (PAGE_MB, large))
check.finish()
