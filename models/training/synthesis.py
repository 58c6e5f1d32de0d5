"""Synthetic text lines that look printed, faded, scanned and photographed.

usage: synthesis.py lines OUT_FOLDER COUNT [--data ../shared/data] [--seed 1]    a cache for recogniser.py
       synthesis.py sheet OUT.png [--data ...] [--seed 1]                        a contact sheet, to be looked at

Fonts are those fontconfig knows that cover French and German, plus a few ASCII ones made for machines; install Debian's
fonts-* packages for variety.
"""
import argparse
import collections
import functools
import re
import subprocess

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import crops
import text as content

UNFIT = re.compile(r'symbol|dingbat|small|caps|aoyagi|z003|emoji|math|\.pfb|\.t1|\.woff|icon|unicase|initials|dustin|breip|sjfonts|'
                   r'uralic|purisa|chorus|okolaks|thin|hairline|\.pcf|color', re.I)
FIXED = re.compile(r'mono|code|courier|typewriter|console|inconsolata|hack|spleen|3270|hermit|agave|ocr|cousine|unifont|anonymous|proggy|cursor', re.I)
SERIF = re.compile(r'serif|roman|times|tinos|libertine|garamond|bookman|schola|pagella|bonum|stix|vollkorn|gentium|junicode|didot|caladea|c059|p052|'
                   r'norasi|kinnari|goudy|prociono|amiri|slab|standard', re.I)
MACHINE = ('ocr-a', 'OCRA', 'ocr-b', 'OCRB', 'ProggyTiny')


def installed_fonts():
    """{'fixed' | 'sans' | 'serif': {family: [files]}} and the set of files that hold ASCII alone."""
    kinds = {'fixed': collections.defaultdict(list), 'sans': collections.defaultdict(list), 'serif': collections.defaultdict(list)}
    plain = set()

    def listing(query):
        out = subprocess.run(['fc-list', query, 'file', 'family'], capture_output=True, text=True, check=True).stdout
        return sorted(set(tuple(part.strip() for part in row.split(':', 2)[:2]) for row in out.splitlines() if row.count(':') >= 1))

    for path, family in listing(':lang=fr:lang=de:scalable=true'):
        family = family.split(',')[0].replace('\\', '')
        if path.endswith(('.ttf', '.otf', '.ttc')) and not UNFIT.search(path + family) and 'Sans Serif' not in family:
            kind = 'fixed' if FIXED.search(family) else 'serif' if SERIF.search(family.replace('Sans', '')) and 'Sans' not in family else 'sans'
            kinds[kind][family].append(path)
    for path, family in listing(':lang=en:scalable=true'):
        if any(m in path for m in MACHINE) and path.endswith(('.ttf', '.otf')) and 'Italic' not in path:
            kinds['fixed'][family.split(',')[0]].append(path)
            plain.add(path)
    return kinds, plain


@functools.lru_cache(maxsize=600)
def load_font(path, size):
    return ImageFont.truetype(path, size)


@functools.lru_cache(maxsize=20000)
def drawable(path, character):
    font = load_font(path, 20)
    return bytes(font.getmask(character)) != bytes(font.getmask('\uffff'))


class Printer:
    """Prints a line of text as ink (0..1, float32), in a random font and manner."""

    def __init__(self, rng):
        self.rng = rng
        self.kinds, self.plain = installed_fonts()

    def chance(self, p):
        return self.rng.random() < p

    def typeface(self, receipt=0.5):
        kind = 'fixed' if self.chance(receipt) else 'sans' if self.chance(0.65) else 'serif'
        families = sorted(self.kinds[kind])
        files = self.kinds[kind][families[int(self.rng.integers(len(families)))]]
        upright = [f for f in files if not re.search('italic|oblique|slanted|-It|BI', f, re.I)] or files
        files = upright if self.chance(0.9) else files
        return files[int(self.rng.integers(len(files)))]

    def writable(self, path, text):
        if path in self.plain:
            return text.isascii()
        return all(c.isascii() or drawable(path, c) for c in text)

    def ink(self, path, size, text, tracking=0):
        """The text's ink with its ascent-to-descent box at rows 0..height, and the same for width."""
        font = load_font(path, size)
        ascent, descent = font.getmetrics()
        pad = max(2, size // 3)
        wide = int(font.getlength(text) + tracking * len(text)) + 2 * pad
        picture = Image.new('L', (max(wide, 4), ascent + descent + 2 * pad))
        pen = ImageDraw.Draw(picture)
        if tracking:
            x = float(pad)
            for c in text:
                pen.text((x, pad), c, fill=255, font=font)
                x += font.getlength(c) + tracking
        else:
            pen.text((pad, pad), text, fill=255, font=font)
        return np.asarray(picture, np.float32) / 255

    def dotted(self, path, text):
        """As a matrix printer: small raster, each point a round dot."""
        raster = self.ink(path, int(self.rng.integers(11, 17)), text) > 0.45
        cell = int(self.rng.integers(3, 6))
        grid = (np.arange(cell) - (cell - 1) / 2) / (cell / 2)
        dot = np.clip(1.6 - self.rng.uniform(1.0, 1.6) * np.hypot(grid[:, None], grid[None] * self.rng.uniform(0.8, 1.1)), 0, 1)
        return np.kron(raster.astype(np.float32), dot.astype(np.float32))

    def manner(self, ink):
        """Stretch, weight, fading: what the print head does."""
        if self.chance(0.45):
            wide = float(np.exp(self.rng.uniform(np.log(0.6), np.log(1.6))))
            ink = cv2.resize(ink, None, fx=wide, fy=1, interpolation=cv2.INTER_AREA if wide < 1 else cv2.INTER_LINEAR)
        weight = self.rng.random()
        if weight < 0.12 and ink.shape[0] > 26:
            ink = cv2.erode(ink, np.ones((2, 1) if self.chance(0.5) else (1, 2), np.uint8))
        elif weight < 0.30 and ink.shape[0] > 18:
            ink = cv2.dilate(ink, np.ones((2, 2) if self.chance(0.6) else (1, 2), np.uint8))
        return ink

    def fade(self, ink):
        """Patches, rows and columns where the paper took less ink."""
        form = self.rng.random()
        tall, wide = ink.shape
        if form < 0.25:
            coarse = self.rng.random((max(2, tall // 8), max(2, wide // 8)), dtype=np.float32)
            ink = ink * np.clip(cv2.resize(coarse, (wide, tall)) * self.rng.uniform(0.8, 1.6) + self.rng.uniform(0, 0.4), 0, 1)
        elif form < 0.35:
            ink = ink * (self.rng.random(ink.shape, dtype=np.float32) > self.rng.uniform(0.05, 0.4))
        elif form < 0.42:
            column = np.clip(self.rng.random(max(2, wide // 25), dtype=np.float32) * 2 + 0.1, 0, 1)
            ink = ink * cv2.resize(column[None], (wide, 1))
        elif form < 0.47:
            ink = ink * (np.arange(tall) % int(self.rng.integers(3, 6)) != 0)[:, None]
        return ink

    def paper(self, tall, wide):
        base = self.rng.uniform(150, 255) if self.chance(0.5) else 255
        page = np.full((tall, wide), base, np.float32)
        if self.chance(0.4):
            coarse = self.rng.normal(0, self.rng.uniform(2, 18), (max(2, tall // 20) + 1, max(2, wide // 40) + 1)).astype(np.float32)
            page += cv2.resize(coarse, (wide, tall), interpolation=cv2.INTER_LINEAR)
        return np.minimum(page, 255)

    def scan(self, page, text_height):
        """Blur, low resolution, thresholding, noise, JPEG: what the scanner or camera does."""
        tall, wide = page.shape
        if self.chance(0.35):
            page = cv2.GaussianBlur(page, (0, 0), self.rng.uniform(0.3, 0.035 * text_height + 0.4))
        if self.chance(0.35):
            scale = min(1.0, self.rng.uniform(12, 24) / text_height)
            small = cv2.resize(page, (max(4, round(wide * scale)), max(4, round(tall * scale))), interpolation=cv2.INTER_AREA)
            if self.chance(0.25):
                small = self.threshold(small)
            page = cv2.resize(small, (wide, tall), interpolation=cv2.INTER_LINEAR if self.chance(0.7) else cv2.INTER_NEAREST)
        elif self.chance(0.25):
            page = self.threshold(page)
            if self.chance(0.5):
                page = cv2.GaussianBlur(page, (0, 0), self.rng.uniform(0.3, 0.8))
        if self.chance(0.4):
            page = page + self.rng.normal(0, self.rng.uniform(1, 16), page.shape).astype(np.float32)
        if self.chance(0.05):
            spots = self.rng.random(page.shape, dtype=np.float32)
            page = np.where(spots < 0.01, 0, np.where(spots > 0.99, 255, page))
        page = np.clip(page, 0, 255).astype(np.uint8)
        if self.chance(0.5):
            _, coded = cv2.imencode('.jpg', page, [cv2.IMWRITE_JPEG_QUALITY, int(self.rng.integers(25, 92))])
            page = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
        return page

    def threshold(self, page):
        low, high = float(page.min()), float(page.max())
        cut = low + (high - low) * self.rng.uniform(0.35, 0.7)
        return ((page + self.rng.normal(0, 8, page.shape) > cut) * 255).astype(np.float32)


class LineMaker:
    def __init__(self, seed, data=None):
        self.rng = np.random.default_rng(seed)
        self.printer = Printer(self.rng)
        self.writer = content.Writer(self.rng, data)

    def line(self):
        """(picture, box, text): one line with a little of its surroundings."""
        clean = self.printer.chance(0.3)  # as a screen shows it
        rng, printer = self.rng, self.printer
        chance = printer.chance
        while True:
            words = self.writer.line()
            if len(words) > 70:
                continue
            path = printer.typeface(0.25 if clean else 0.5)
            if printer.writable(path, words):
                break
        spoken = ''.join(' ' * int(rng.geometric(0.4)) if c == ' ' else c for c in words) if chance(0.15) else words
        size = int(np.exp(rng.uniform(np.log(10 if clean else 11), np.log(34 if clean else 48))))
        if clean:
            ink = printer.ink(path, size, spoken)
        elif chance(0.08) and path not in printer.plain:
            ink = printer.dotted(path, spoken)
        else:
            ink = printer.ink(path, size, spoken, tracking=rng.uniform(-0.06, 0.3) * size if chance(0.12) else 0)
            ink = printer.manner(ink)
        rows, columns = np.flatnonzero(ink.max(1) > 0.3), np.flatnonzero(ink.max(0) > 0.3)
        if not len(rows) or not len(columns):
            return self.line()
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        tall = max(bottom - top, int(size * 0.6) if ink.shape[0] < 3 * size else 0)
        around = int(crops.CONTEXT * tall * 1.3) + 4
        canvas = np.zeros((bottom - top + 2 * around, right - left + 2 * around), np.float32)
        canvas[around:around + bottom - top, around:around + right - left] = ink[top:bottom, left:right]
        box = np.array([around, around + (bottom - top) / 2 - tall / 2, around + right - left, around + (bottom - top) / 2 + tall / 2])
        if tall == bottom - top:  # labelled boxes are a little loose
            box += np.array([-rng.uniform(0, .12), -rng.uniform(0, .16), rng.uniform(0, .12), rng.uniform(0, .16)]) * tall
        canvas = self.neighbours(canvas, path, size, around, tall)
        if chance(0.06):
            y = int(rng.integers(canvas.shape[0])) if chance(0.15) else int(box[3] + rng.uniform(-0.05, 0.2) * tall)
            canvas[y:y + max(1, tall // 18)] = 1
        if clean:
            return (255 - rng.uniform(120, 255) * canvas).astype(np.uint8) if chance(0.95) else (255 * canvas).astype(np.uint8), box, words
        canvas = printer.fade(canvas)
        canvas, box = self.tilt(canvas, box)
        page = printer.paper(*canvas.shape)
        dark = rng.uniform(0, 60) if chance(0.6) else rng.uniform(60, 150)
        page = page * (1 - canvas) + min(dark, float(page.min()) - 35) * canvas
        if chance(0.05):
            page = 255 - page
        return printer.scan(np.clip(page, 0, 255), tall), box, words

    def neighbours(self, canvas, path, size, around, tall):
        """Pieces of the lines above and below."""
        for side in (0, 1):
            if self.printer.chance(0.5):
                other = self.printer.ink(path, size, self.writer.line()[:60] if path not in self.printer.plain else 'TOTAL 12.30 RM CASH')
                rows = np.flatnonzero(other.max(1) > 0.3)
                if not len(rows):
                    continue
                other = other[rows[0]:rows[-1] + 1]
                gap = int(tall * self.rng.uniform(0.04, 0.5)) + 1
                shown = around - gap
                if shown < 2:
                    continue
                part = other[-shown:] if side == 0 else other[:shown]
                wide = min(part.shape[1], canvas.shape[1])
                at = part.shape[0]
                target = canvas[shown - at:shown, :wide] if side == 0 else canvas[canvas.shape[0] - shown:canvas.shape[0] - shown + at, :wide]
                np.maximum(target, part[:, :wide], out=target)
        return canvas

    def tilt(self, canvas, box):
        """A small rotation; the box keeps its centre line and grows as an upright box around it would, up to a point."""
        if not self.printer.chance(0.4):
            return canvas, box
        wide = box[2] - box[0]
        most = min(0.03, 0.25 * (box[3] - box[1]) / max(wide, 1))
        slope, slant = self.rng.uniform(-most, most), self.rng.normal(0, 0.04)
        centre_x, centre_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        matrix = np.array([[1, slant, -slant * centre_y], [slope, 1, -slope * centre_x]], np.float32)
        canvas = cv2.warpAffine(canvas, matrix, canvas.shape[::-1], flags=cv2.INTER_LINEAR)
        if self.printer.chance(0.3):
            canvas = self.curl(canvas, centre_x, wide, box[3] - box[1])
        grow = abs(slope) * wide / 2
        return canvas, box + np.array([0, -grow, 0, grow])

    def curl(self, canvas, centre_x, wide, tall):
        """The paper is not flat: the line is an arc that leaves its chord by a fifth of its height at most."""
        rows, columns = np.indices(canvas.shape, np.float32)
        arc = self.rng.uniform(-0.2, 0.2) * tall * (1 - ((columns - centre_x) / (wide / 2)) ** 2)
        return cv2.remap(canvas, columns, rows + arc.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def contact_sheet(maker, columns=4, rows=44, cell=(350, 40)):
    sheet = np.full((rows * cell[1], columns * cell[0]), 128, np.uint8)
    for n in range(columns * rows):
        picture, box, words = maker.line()
        crop = crops.stretch(crops.sample(picture, box))[:, :cell[0] - 4]
        y, x = n % rows * cell[1], n // rows * cell[0]
        sheet[y:y + crop.shape[0], x:x + crop.shape[1]] = crop
        cv2.putText(sheet, words.encode('ascii', 'replace').decode()[:60], (x, y + 39), cv2.FONT_HERSHEY_SIMPLEX, 0.27, 255, 1)
    return sheet


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('what', choices=['lines', 'sheet'])
    parser.add_argument('out')
    parser.add_argument('count', type=int, nargs='?', default=20000)
    parser.add_argument('--data', default='../shared/data')
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    maker = LineMaker(options.seed, options.data)
    if options.what == 'sheet':
        cv2.imwrite(options.out, contact_sheet(maker))
        return
    pictures, boxes, texts = zip(*(maker.line() for _ in range(options.count)))
    crops.Cache.write(options.out, pictures, boxes, texts)


if __name__ == '__main__':
    main()
