"""Receipts with words labelled: weak labels by matching the field texts to the lines."""
import difflib, glob, json, os, re
import numpy as np

from folds import letters as key

FIELDS = ('company', 'date', 'address', 'total')                           # the tagger's labels, in this order
SPANS = ('company', 'address')                                             # all their words; of the others one candidate is chosen

class Line:
    """`words`: list of [text, labels, damaged] where labels is a set of field names; `confidences` of them where they were read."""
    def __init__(self, polygon, words, picture=None, confidences=None):
        self.polygon, self.words, self.picture = np.asarray(polygon, np.float32), words, polygon if picture is None else picture
        self.confidences = confidences
    def copy(self): return Line(self.polygon.copy(), [list(w) for w in self.words], self.picture, self.confidences)

class Page:
    """known: the fields that were found on the page, so that their labels can be trained on."""
    def __init__(self, name, lines, fields, known, grey=None):
        self.name, self.lines, self.fields, self.known, self.grey = name, lines, fields, known, grey
    def copy(self): return Page(self.name, [l.copy() for l in self.lines], dict(self.fields), dict(self.known), self.grey)

def corners(box): x0, y0, x1, y1 = box; return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]

def number(text):
    """The scorer's reading of an amount."""
    m = re.search(r'\d[\d,.\s]*', text or '')
    if not m: return None
    s = re.sub(r'\s', '', m.group()).strip('.,')
    cut = re.search(r'[.,](\d{1,2})$', s)
    s = re.sub(r'[.,]', '', s[:cut.start()]) + '.' + cut.group(1) if cut else re.sub(r'[.,]', '', s)
    return int(round(float(s) * 1000)) if s else None

def best_window(keys, target):
    """(similarity, first, end) of the run of words whose joined letters are nearest to the target's."""
    best = (0.0, 0, 0)
    for i in range(len(keys)):
        if not keys[i]: continue
        start = difflib.SequenceMatcher(None, keys[i][:6], target[:6], autojunk=False).ratio()
        if start < 0.6 and not target.startswith(keys[i][:3]): continue
        joined = ''
        for j in range(i, len(keys)):
            joined += keys[j]
            if len(joined) > 1.6 * len(target) + 12: break
            if len(joined) < 0.6 * len(target): continue
            m = difflib.SequenceMatcher(None, joined, target, autojunk=False)
            if m.real_quick_ratio() <= best[0] or m.quick_ratio() <= best[0]: continue
            r = m.ratio()
            if r > best[0] + 1e-9: best = (r, i, j + 1)
    return best

def label_span(words, field, text):
    """Marks the words of all runs that are the field's text; False when there is none near enough."""
    target, keys = key(text), [key(w[0]) for w in words]
    similarity, first, end = best_window(keys, target)
    if similarity < 0.8: return False
    joined, owner = '', []
    for i in range(first, end): joined += keys[i]; owner += [i] * len(keys[i])
    hit = {}
    for block in difflib.SequenceMatcher(None, joined, target, autojunk=False).get_matching_blocks():
        for k in range(block.a, block.a + block.size): hit[owner[k]] = hit.get(owner[k], 0) + 1
    for i in range(first, end):
        if hit.get(i, 0) * 2 > len(keys[i]) or (not keys[i] and first < i < end - 1 and i - 1 in hit): words[i][1].add(field)
    if similarity > 0.999:                                                 # printed again elsewhere: as good
        for i in range(len(keys)):
            joined = ''
            for j in range(i, len(keys)):
                joined += keys[j]
                if not target.startswith(joined): break
                if joined == target and keys[i]:
                    for k in range(i, j + 1): words[k][1].add(field)
                    break
    return True

def load(folder, day, make_inputs, grey=None):
    """All pages of a folder.  day: the scorer's date reader; make_inputs(texts, polygons): Inputs; grey(path): pixels."""
    pages = []
    for path in sorted(glob.glob(os.path.join(folder, '*.json'))):
        truth = json.load(open(path, encoding='utf-8'))
        lines = [Line(corners(l['box']), [[w, set(), False] for w in l['text'].split()]) for l in truth['lines'] if set(l['text']) - set('* ')]
        inputs = make_inputs([' '.join(w[0] for w in l.words) for l in lines], [l.polygon for l in lines])
        words = [lines[p[0]].words[p[1]] for p in inputs.places]
        fields, known = truth['fields'], {}
        for field in SPANS: known[field] = label_span(words, field, fields[field]) if fields[field] else True
        for field, kind in (('total', 1), ('date', 2)):
            text = fields[field]
            if not text: known[field] = True; continue
            d = day(text)
            wanted = number(text) if kind == 1 else (d.year * 10000 + d.month * 100 + d.day if d else None)
            known[field] = False
            for c in inputs.candidates:
                if c[0] == kind and c[3] == wanted:
                    known[field] = True
                    for i in range(c[1], c[1] + c[2]): words[i][1].add(field)
        pages.append(Page(os.path.basename(path)[:-5], lines, fields, known, grey(path[:-5] + '.jpg') if grey else None))
    return pages

def word_boxes(line):
    """[words, 4] boxes x0 y0 x1 y1 of a line's words, by their share of its letters."""
    sizes = np.array([len(w[0]) for w in line.words], np.float32)
    ends = np.cumsum(sizes + 1) - 1
    (x0, y0), (x1, y1) = line.polygon.min(0), line.polygon.max(0)
    width = (x1 - x0) / max(ends[-1], 1)
    return np.stack([x0 + (ends - sizes) * width, np.full_like(ends, y0), x0 + ends * width, np.full_like(ends, y1)], 1)

def read_version(page, document):
    """The page as a recogniser read it (a `plait.document/1`): labels come over from the true words at the same place, and words
    that say something else are misread."""
    truth = [w for l in page.lines for w in l.words]
    boxes = np.concatenate([word_boxes(l) for l in page.lines])
    scale = document['pages'][0]['width'] / page.grey.shape[1] if page.grey is not None else 1.0
    lines = []
    for l in document['pages'][0]['lines']:
        words = []
        for w in l['words']:
            p = np.asarray(w['polygon'], np.float32) / scale
            (x0, y0), (x1, y1) = p.min(0), p.max(0)
            shared = np.minimum(boxes[:, 2], x1) - np.maximum(boxes[:, 0], x0)
            level = (boxes[:, 1] < (y0 + y1) / 2) & (boxes[:, 3] > (y0 + y1) / 2)
            under = np.flatnonzero(level & (shared > 0.5 * np.minimum(boxes[:, 2] - boxes[:, 0], x1 - x0)))
            labels = set().union(*(truth[i][1] for i in under)) if len(under) else set()
            said = key(''.join(truth[i][0] for i in under))
            words.append([w['text'], labels, bool(len(under)) and key(w['text']) != said])
        if not words: continue
        lines.append(Line(np.asarray(l['polygon'], np.float32) / scale, words, confidences=[w['confidence'] for w in l['words']]))
    return Page(page.name, lines, page.fields, page.known, page.grey)

def familiar(truths):
    """{field: [values]} that spans are known to have, from the fields of some receipts: each as it is printed most often."""
    values = {f: {} for f in SPANS}
    for fields in truths:
        for f in SPANS:
            if fields[f]: values[f].setdefault(key(fields[f]), []).append(fields[f])
    return {f: sorted(max(sorted(set(v)), key=v.count) for v in values[f].values()) for f in SPANS}

def read_documents(path):
    """{page's name: document} of a file with one document a line; {} without a file."""
    if not path: return {}
    return {os.path.splitext(os.path.basename(d['source']['name']))[0]: d for d in map(json.loads, open(path, encoding='utf-8'))}
