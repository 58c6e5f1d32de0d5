"""Line crops: the one rule by which a line of a page becomes a recogniser input, and the cache they train from.

The rule (src/document/recognise.c does the same):
  1. the line's box is widened by MARGIN of its height on all four sides (a line found by the detector: by MARGIN_ENDS at both
     ends, since its ends are less sure than a labelled box's);
  2. the widened box is sampled bilinearly to HEIGHT rows, its width scaled alike (at least LEAST columns),
     after a box filter when it is shrunk more than twice;
  3. grey values are stretched linearly so that the 2nd percentile becomes 0 and the 98th 255, unless they lie
     closer than FLAT together;
  4. (v / 255 - 0.5) / 0.5, and white (1.0) to the right up to a multiple of 16 columns.
"""
import json
import pathlib

import cv2
import numpy as np

HEIGHT, LEAST, MOST, MULTIPLE = 32, 16, 2400, 16
MARGIN, MARGIN_ENDS, FLAT = 0.08, 0.2, 24
CONTEXT = 0.35  # of the line's height kept around a cached crop, for jitter


def stretch(crop):
    """Step 3 of the rule."""
    low, high = np.percentile(crop[:, ::2], (2, 98))
    if high - low < FLAT:
        return crop
    return np.clip((crop.astype(np.float32) - low) * (255 / (high - low)), 0, 255).astype(np.uint8)


def sample(picture, box, shear=0.0, widen=1.0):
    """Steps 1 and 2; box may be fractional, shear tilts the line by that many rows a column, widen stretches it."""
    x0, y0, x1, y1 = box
    tall = y1 - y0
    x0, x1, y0, y1 = x0 - MARGIN * tall, x1 + MARGIN * tall, y0 - MARGIN * tall, y1 + MARGIN * tall
    scale = (y1 - y0) / HEIGHT
    if scale > 2:
        shrink = int(scale)
        picture = cv2.resize(picture, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
        x0, x1, y0, y1, scale = x0 / shrink, x1 / shrink, y0 / shrink, y1 / shrink, scale / shrink
    columns = int(np.clip(round((x1 - x0) / scale * widen), LEAST, MOST))
    across = (x1 - x0) / columns
    middle = columns / 2
    matrix = np.array([[across, 0, x0 + across / 2 - 0.5],
                       [shear * across, scale, y0 + scale / 2 - 0.5 - shear * across * middle]], np.float32)
    return cv2.warpAffine(picture, matrix, (columns, HEIGHT), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                          borderMode=cv2.BORDER_REPLICATE)


def cut(page, quad):
    """Steps 1 to 3 for a line found by the detector, [4, 2] corners from the upper left clockwise."""
    quad = np.asarray(quad, np.float64)
    across = max(1.0, (np.hypot(*(quad[1] - quad[0])) + np.hypot(*(quad[2] - quad[3]))) / 2)
    down = max(1.0, (np.hypot(*(quad[3] - quad[0])) + np.hypot(*(quad[2] - quad[1]))) / 2)
    margin, ends = MARGIN * down, MARGIN_ENDS * down
    columns = int(np.clip(round(HEIGHT * (across + 2 * ends) / (down + 2 * margin)), LEAST, MOST))
    along = np.array([quad[1] - quad[0], quad[1] - quad[0], quad[2] - quad[3], quad[2] - quad[3]]) / across
    away = np.array([quad[3] - quad[0], quad[2] - quad[1], quad[2] - quad[1], quad[3] - quad[0]]) / down
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    wide = quad + ends * signs[:, :1] * along + margin * signs[:, 1:] * away
    edge = lambda a, b: np.hypot(*(wide[b] - wide[a]))
    nx = int(np.clip(np.ceil(max(edge(0, 1), edge(3, 2)) / columns - 1e-3), 1, 8))
    ny = int(np.clip(np.ceil(max(edge(0, 3), edge(1, 2)) / HEIGHT - 1e-3), 1, 8))
    size = (nx * columns, ny * HEIGHT)
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(target, (wide - 0.5).astype(np.float32))
    picture = cv2.warpPerspective(page, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
    return stretch(cv2.resize(picture, (columns, HEIGHT), interpolation=cv2.INTER_AREA))


def pack(crops):
    """Step 4 for a list of HEIGHT-row crops: one [N, 1, HEIGHT, W] float array."""
    wide = max(c.shape[1] for c in crops)
    wide = (wide + MULTIPLE - 1) // MULTIPLE * MULTIPLE
    batch = np.ones((len(crops), 1, HEIGHT, wide), np.float32)
    for row, crop in zip(batch, crops):
        row[0, :, :crop.shape[1]] = crop.astype(np.float32) / 127.5 - 1
    return batch


class Cache:
    """Crops of any size in one flat file, with the line's box inside each and its text."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.pixels = np.load(folder / 'pixels.npy', mmap_mode='r')
        self.index = np.load(folder / 'index.npy')      # offset, height, width
        self.boxes = np.load(folder / 'boxes.npy')
        self.texts = json.loads((folder / 'texts.json').read_text())

    def __len__(self):
        return len(self.texts)

    def picture(self, i):
        offset, height, width = self.index[i]
        return np.asarray(self.pixels[offset:offset + height * width]).reshape(height, width)

    def columns(self):
        """Width in recogniser columns of every crop, for bucketing."""
        tall = self.boxes[:, 3] - self.boxes[:, 1]
        return ((self.boxes[:, 2] - self.boxes[:, 0]) / tall + 2 * MARGIN) / (1 + 2 * MARGIN) * HEIGHT

    @staticmethod
    def write(folder, pictures, boxes, texts):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        sizes = [p.size for p in pictures]
        offsets = np.cumsum([0] + sizes[:-1])
        np.save(folder / 'pixels.npy', np.concatenate([p.ravel() for p in pictures]))
        np.save(folder / 'index.npy', np.array([(o, *p.shape) for o, p in zip(offsets, pictures)], np.int64))
        np.save(folder / 'boxes.npy', np.array(boxes, np.float32))
        (folder / 'texts.json').write_text(json.dumps(texts))


def surroundings(page, box):
    """A copy of the box with CONTEXT around it, and the box inside the copy."""
    x0, y0, x1, y1 = box
    around = int(CONTEXT * (y1 - y0)) + 2
    left, top = max(0, int(x0) - around), max(0, int(y0) - around)
    part = page[top:int(y1) + around + 1, left:int(x1) + around + 1]
    return part.copy(), (x0 - left, y0 - top, x1 - left, y1 - top)


def readable(line):
    """Whether a labelled line has text at all: unreadable ones are written as stars."""
    return bool(line['text'].strip('* '))


def cache_receipts(paths, folder):
    """Every readable line of the labelled receipts."""
    pictures, boxes, texts = [], [], []
    for path in paths:
        labels = json.loads(path.read_text())
        page = cv2.imread(str(path.with_suffix('.jpg')), cv2.IMREAD_GRAYSCALE)
        for line in labels['lines']:
            if readable(line) and line['box'][3] - line['box'][1] >= 6:
                picture, box = surroundings(page, line['box'])
                pictures.append(picture), boxes.append(box), texts.append(line['text'])
    Cache.write(folder, pictures, boxes, texts)
