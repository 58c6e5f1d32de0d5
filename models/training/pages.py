"""Synthetic pages with the boxes of their lines: receipts, tables, letters and columns of running text.

usage: pages.py pages FOLDER COUNT [--data ../shared/data] [--seed 1]      FOLDER/NNNN.png and NNNN.json (format of the real receipts)
       pages.py sheet OUT.png [--data ...] [--seed 1]                a contact sheet, to be looked at

A line is what stands together: pieces of a row with a wide gap between them are lines of their own.
"""
import argparse
import json
import pathlib

import cv2
import numpy as np

import synthesis
import text as content


class PageMaker:
    def __init__(self, seed, data=None):
        self.rng = np.random.default_rng(seed)
        self.printer = synthesis.Printer(self.rng)
        self.writer = content.Writer(self.rng, data)

    def chance(self, p):
        return self.rng.random() < p

    def put(self, text, path, size, x, y, align='left'):
        """Prints at x with the ascent's top at y; gives the right end of the ink."""
        if not self.printer.writable(path, text):
            text = text.encode('ascii', 'ignore').decode().strip() or '0'
        ink = self.printer.ink(path, size, text)
        pad = max(2, size // 3)
        rows, columns = np.flatnonzero(ink.max(1) > 0.3), np.flatnonzero(ink.max(0) > 0.3)
        if not len(rows):
            return x
        left = x if align == 'left' else x - ink.shape[1] + 2 * pad if align == 'right' else x - ink.shape[1] // 2 + pad
        ink = ink[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
        left, top = int(left + columns[0] - pad), int(y + rows[0] - pad)
        tall, wide = ink.shape
        if left < 2 or top < 2 or left + wide > self.ink.shape[1] - 2 or top + tall > self.ink.shape[0] - 2:
            return x
        target = self.ink[top:top + tall, left:left + wide]
        np.maximum(target, ink * self.darkness, out=target)
        loose = 1 + 0.04 * tall
        self.lines.append({'box': [left - loose, top - loose, left + wide + loose, top + tall + loose], 'text': text})
        return left + wide

    def rule(self, y, left, right, size):
        form = self.rng.random()
        thick = max(1, size // 14)
        if form < 0.5:
            self.ink[y:y + thick, left:right] = self.darkness
        elif form < 0.9:
            step = int(self.rng.integers(4, 14))
            self.ink[y:y + thick, left:right] = np.where(np.arange(right - left) % step < step * 0.6, self.darkness, 0)
        else:
            self.ink[y:y + thick, left:right] = self.ink[y + 3 * thick:y + 4 * thick, left:right] = self.darkness

    def receipt(self, wide, tall):
        rng, writer = self.rng, self.writer
        path, size = self.printer.typeface(0.65), max(9, int(wide / rng.uniform(22, 46)))
        margin = int(wide * rng.uniform(0.03, 0.12))
        pitch = size * rng.uniform(1.1, 2.0)
        y = tall * rng.uniform(0.02, 0.12)
        blocks = ['head', 'facts', 'items', 'totals', 'foot']
        for block in blocks:
            if block in ('items', 'totals', 'foot') and self.chance(0.7):
                self.rule(int(min(y + size * 0.4, tall - 20)), margin, wide - margin, size)
                y += size
            for _ in range(int(rng.integers(2, 9 if block != 'items' else 14))):
                if y > tall - 2 * size:
                    return
                here = size
                if block in ('head', 'foot'):
                    if block == 'head' and self.chance(0.2):
                        here = int(size * rng.uniform(1.2, 2.2))
                    maker = [writer.shop, writer.address, writer.phone, writer.again, writer.sentence, writer.label][int(rng.integers(6))]
                    self.put(maker()[:int(1.7 * wide / here)], path, here, wide // 2, y, 'centre')
                elif block == 'facts':
                    self.put(writer.label() + (' ' + writer.code() if self.chance(0.5) else ''), path, here, margin, y)
                    if self.chance(0.5):
                        self.put(self.writer.pick([writer.date, writer.time, writer.code])(), path, here, wide - margin, y, 'right')
                elif block == 'items':
                    end = self.put(writer.item()[:int(0.9 * wide / here)], path, here, margin, y)
                    if self.chance(0.8):
                        self.put(writer.money(), path, here, wide - margin, y, 'right')
                    if self.chance(0.3) and end + 3 * here < wide * 0.7:
                        self.put(writer.digits(1, 3), path, here, int(max(end + 2 * here, wide * 0.55)), y)
                else:
                    if self.chance(0.15):
                        here = int(size * rng.uniform(1.2, 1.8))
                    self.put(writer.label()[:24], path, here, int(wide * rng.uniform(0.45, 0.7)) if self.chance(0.6) else margin + here * 14, y, 'right')
                    self.put(writer.money(), path, here, wide - margin, y, 'right')
                y += pitch * here / size
            y += pitch * rng.uniform(0, 1.5)

    def letter(self, wide, tall):
        rng, writer = self.rng, self.writer
        path, size = self.printer.typeface(0.2), int(rng.integers(11, 30))
        columns = 1 if self.chance(0.65) else 2
        margin, gutter = int(wide * rng.uniform(0.04, 0.12)), int(2.5 * size)
        across = (wide - 2 * margin - gutter * (columns - 1)) // columns
        pitch = size * rng.uniform(1.1, 1.8)
        for column in range(columns):
            y, left = tall * 0.05, margin + column * (across + gutter)
            while y < tall - 3 * size:
                if self.chance(0.2):
                    self.put(writer.sentence()[:int(1.2 * across / size)], path, int(size * rng.uniform(1.1, 2)), left, y)
                    y += pitch * 2.2
                for _ in range(int(rng.integers(1, 10))):
                    words = writer.sentence()
                    while len(words) < 2.6 * across / size:
                        words += ' ' + writer.sentence()
                    fit = int(rng.uniform(1.5, 2.0) * across / size)
                    self.put(words[:fit].strip(), path, size, left, min(y, tall - 2 * size))
                    y += pitch
                    if y > tall - 3 * size:
                        break
                y += pitch * rng.uniform(0.3, 1.2)

    def table(self, wide, tall):
        rng, writer = self.rng, self.writer
        path, size = self.printer.typeface(0.3), int(rng.integers(11, 26))
        columns = int(rng.integers(2, 6))
        edges = np.linspace(wide * 0.05, wide * 0.95, columns + 1).astype(int)
        pitch, y = size * rng.uniform(1.3, 2.2), tall * 0.05
        lines = self.chance(0.4)
        while y < tall - 3 * size:
            for left, right in zip(edges, edges[1:]):
                maker = [writer.money, writer.word, writer.code, writer.date, writer.item][int(rng.integers(5))]
                text = maker()[:int(1.3 * (right - left) / size)].strip() or '1'
                if self.chance(0.85):
                    self.put(text, path, size, left + size // 2, y)
            y += pitch
            if lines:
                self.rule(int(y - pitch * 0.12), edges[0], edges[-1], size)

    def blemishes(self, tall, wide):
        for _ in range(int(self.rng.poisson(1.2))):  # pen strokes, stamps
            points = (self.rng.uniform(0, 1, 2) + np.cumsum(self.rng.normal(0, 0.04, (12, 2)), 0)) * (wide, tall)
            cv2.polylines(self.ink, [points.astype(np.int32)], False, float(self.rng.uniform(0.3, 1)), int(self.rng.integers(1, 5)), cv2.LINE_AA)
        for _ in range(int(self.rng.poisson(0.6))):
            cv2.circle(self.ink, tuple(int(v) for v in self.rng.uniform(0, 1, 2) * (wide, tall)), int(self.rng.integers(3, 25)), 1.0, -1)
        if self.chance(0.12):
            self.stamp(tall, wide)
        count = int(self.rng.integers(0, 60))
        self.ink[self.rng.integers(0, tall, count), self.rng.integers(0, wide, count)] = 1

    def stamp(self, tall, wide):
        """A round or square stamp, turned a little, pale enough to read what is under it; its words are no lines of the page."""
        side = int(min(tall, wide) * self.rng.uniform(0.15, 0.3))
        mark = np.zeros((side, side), np.float32)
        edge, thick = side // 12, max(1, side // 40)
        if self.chance(0.5):
            cv2.circle(mark, (side // 2, side // 2), side // 2 - edge, 1.0, thick, cv2.LINE_AA)
        else:
            cv2.rectangle(mark, (edge, side // 3), (side - edge, side - side // 3), 1.0, thick)
        cv2.putText(mark, self.writer.pick(['PAID', 'COPY', 'RECEIVED', 'THANK YOU', 'VOID']), (side // 5, side // 2 + side // 14), cv2.FONT_HERSHEY_SIMPLEX,
                    side / 190, 1.0, thick, cv2.LINE_AA)
        turn = cv2.getRotationMatrix2D((side / 2, side / 2), float(self.rng.uniform(-40, 40)), 1)
        mark = cv2.warpAffine(mark, turn, (side, side)) * self.rng.uniform(0.25, 0.5)
        y, x = int(self.rng.integers(0, tall - side)), int(self.rng.integers(0, wide - side))
        target = self.ink[y:y + side, x:x + side]
        np.maximum(target, mark, out=target)

    def crease(self, page):
        """The paper was folded: one side of each fold is in a little shade, and the fold itself is worn."""
        tall, wide = page.shape
        for _ in range(int(self.rng.integers(1, 4))):
            across = self.chance(0.7)
            length, depth = (tall, wide) if across else (wide, tall)
            at = self.rng.uniform(0.1, 0.9) * length + self.rng.normal(0, 0.01) * (np.arange(depth) - depth / 2)
            away = np.arange(length)[:, None] - at[None]
            shade = np.where(away > 0, np.exp(-away / (0.08 * length)), 0) * self.rng.uniform(-45, -10) + np.exp(-np.abs(away) / 1.5) * self.rng.uniform(-40, 50)
            page = page + (shade if across else shade.T).astype(np.float32)
        return np.clip(page, 0, 255)

    def page(self):
        """(picture, lines)."""
        tall = int(self.rng.integers(800, 1400))
        form = self.rng.random()
        wide = int(tall * (self.rng.uniform(0.35, 0.75) if form < 0.55 else self.rng.uniform(0.65, 1.2)))
        self.ink, self.lines, self.darkness = np.zeros((tall, wide), np.float32), [], 1.0
        (self.receipt if form < 0.55 else self.letter if form < 0.85 else self.table)(wide, tall)
        clean = self.chance(0.25)
        if not clean:
            self.blemishes(tall, wide)
        ink = self.ink if clean else self.printer.fade(self.ink)
        paper = np.full((tall, wide), 255, np.float32) if clean else self.printer.paper(tall, wide)
        dark = self.rng.uniform(0, 120)
        page = paper * (1 - ink) + np.minimum(dark, paper - 40) * ink
        if not clean and self.chance(0.25):
            page = self.crease(page)
        if self.chance(0.04):
            page = 255 - page
        sizes = [l['box'][3] - l['box'][1] for l in self.lines] or [20]
        return (np.clip(page, 0, 255).astype(np.uint8) if clean else self.printer.scan(page, float(np.median(sizes)))), self.lines


def contact_sheet(maker, columns=6, rows=2, cell=(330, 480)):
    sheet = np.full((rows * cell[1], columns * cell[0]), 128, np.uint8)
    for n in range(columns * rows):
        picture, lines = maker.page()
        for line in lines:
            x0, y0, x1, y1 = (int(v) for v in line['box'])
            cv2.rectangle(picture, (x0, y0), (x1, y1), 90, 1)
        scale = min((cell[0] - 6) / picture.shape[1], (cell[1] - 6) / picture.shape[0])
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        y, x = n // columns * cell[1], n % columns * cell[0]
        sheet[y:y + small.shape[0], x:x + small.shape[1]] = small
    return sheet


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('what', choices=['pages', 'sheet'])
    parser.add_argument('out', type=pathlib.Path)
    parser.add_argument('count', type=int, nargs='?', default=240)
    parser.add_argument('--data', default='../shared/data')
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    maker = PageMaker(options.seed, options.data)
    if options.what == 'sheet':
        cv2.imwrite(str(options.out), contact_sheet(maker))
        return
    options.out.mkdir(parents=True, exist_ok=True)
    for n in range(options.count):
        picture, lines = maker.page()
        cv2.imwrite(str(options.out / f'{n:04d}.png'), picture)
        labels = {'width': picture.shape[1], 'height': picture.shape[0], 'lines': lines}
        (options.out / f'{n:04d}.json').write_text(json.dumps(labels))


if __name__ == '__main__':
    main()
