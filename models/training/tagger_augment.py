"""Other receipts out of the ones there are: other shops, addresses, days and amounts, and the mistakes of a recogniser."""
import math, re
import numpy as np

from tagger_data import FIELDS, Line, Page, SPANS

LEGAL = set('SDN BHD S/B SB ENTERPRISE TRADING CO LTD LIMITED INC LLC GMBH PLC SDN. BHD. CO. (M) COMPANY CORPORATION & AND OF THE'.split())
KINDS = ('ENTERPRISE TRADING RESTAURANT RESTORAN KEDAI SHOP STORE MART MINIMARKET HARDWARE STATIONERY CAFE BAKERY PHARMACY FARMASI SERVICES MOTOR SUPPLY '
         'SUPERMARKET BOOKS ELECTRICAL MARKETING HOLDINGS GROUP RETAIL FOODS KITCHEN BISTRO HOUSE CENTRE GALLERY OPTICAL CLINIC STATION INDUSTRIES').split()
ENDS = ['SDN BHD', 'SDN. BHD.', 'SDN BHD', 'S/B', 'ENTERPRISE', 'TRADING', 'PTE LTD', 'LTD', 'LIMITED', 'INC.', 'LLC', 'GMBH', 'CO.', '(M) SDN BHD', 'BERHAD', '']
STREETS = ('JALAN JLN LORONG LRG PERSIARAN LEBUH TAMAN TMN BANDAR KAMPUNG KG PUSAT KAWASAN LOT NO NO. BLOCK BLK UNIT LEVEL FLOOR GROUND PLAZA MALL STREET ROAD '
           'AVENUE LANE SQUARE PARK CENTRE SEKSYEN SECTION BATU OFF DESA SRI SERI BUKIT SUNGAI PERINDUSTRIAN INDUSTRIAL SELANGOR JOHOR KUALA LUMPUR').split()
STATES = ['SELANGOR', 'JOHOR', 'SELANGOR DARUL EHSAN', 'KUALA LUMPUR', 'PENANG', 'PERAK', 'MELAKA', 'MALAYSIA', 'PAHANG', 'SABAH', 'KL', 'NEGERI SEMBILAN', 'W.P.']
FINAL = ['TOTAL', 'TOTAL', 'TOTAL:', 'TOTAL PAYABLE:', 'GRAND TOTAL', 'AMOUNT DUE', 'TOTAL AMOUNT :', 'NETT TOTAL', 'NET TOTAL:', 'TOTAL (INCL. GST)', 'TOTAL SALES (INCLUSIVE OF GST)',
         'BALANCE DUE', 'TOTAL DUE:', 'AMOUNT PAYABLE', 'TOTAL RM', 'TOTAL INCL. GST@6%', 'TOTAL AMOUNT (RM)', 'ROUNDED TOTAL (RM):', 'TOTAL ROUNDED', 'NETT AMOUNT', 'BILL TOTAL',
         'TOTAL AFTER ROUNDING', 'TOTAL TO PAY', 'NET AMT.', 'TOTAL SALES', 'TOTAL AMT PAYABLE:', 'SUM', 'TO PAY', 'INVOICE TOTAL', 'TOTAL AMT INCL. GST @6% :', 'NET TOTAL (MYR) :',
         'TOTAL TTC', 'NET A PAYER', 'TOTAL EUR', 'SUMME', 'GESAMTBETRAG', 'ZU ZAHLEN', 'TOTALE EURO', 'IMPORTE TOTAL', 'TOTAAL', 'TOTAL A PAGAR', 'TOTAL USD', 'PLEASE PAY']
OTHER = ['SUBTOTAL', 'SUB TOTAL', 'SUB-TOTAL:', 'TOTAL 0% SUPPLIES:', 'TOTAL 6% SUPPLIES (EXCL. GST):', 'TOTAL ZERO RATED', 'TOTAL EXCL. GST', 'TOTAL GST', 'TOTAL DISCOUNT', 'TOTAL SAVING',
         'TOTAL TAX', 'TAXABLE AMOUNT', 'CASH', 'CHANGE', 'VISA', 'TENDERED', 'GROSS AMOUNT', 'TOTAL SALES (EXCLUDING GST)', 'SERVICE CHARGE 10%', 'ROUNDING ADJ', 'DEPOSIT', 'POINTS', 'AMOUNT(RM)',
         'SOUS-TOTAL', 'DONT TVA 20%', 'ESPECES', 'RENDU', 'ZWISCHENSUMME', 'MWST 19%', 'BAR', 'RUECKGELD', 'IMPONIBILE', 'CONTANTE', 'SALES TAX', 'VOUCHER', 'TIP', 'CARD']
SIGNS = ['', '', '', '€', '€', '$', '£', 'EUR', 'CHF', 'KR']
MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split()
CONFUSIONS = {'O': '0QD', '0': 'OQ', 'I': '1LT', '1': 'IL7', 'L': '1I', 'S': '5', '5': 'S6', 'B': '8', '8': 'B3', 'Z': '2', '2': 'Z', 'G': '6C', '6': 'GB', 'D': 'O0',
              'M': 'NH', 'N': 'MH', 'H': 'NM', 'E': 'FB', 'F': 'EP', 'C': 'GO', 'U': 'VO', 'V': 'UY', 'A': '4R', 'R': 'A', 'T': '7I', '7': '1T', '.': ',', ',': '.',
              '-': '.', ':': '.;', '3': '8', '9': '0', '4': 'A', 'K': 'X', 'P': 'F', '/': '1', '&': '8', '(': 'C', ')': 'J'}
LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'


class Words:
    """Invents words like the ones it has seen: a chain over three letters."""
    def __init__(self, words):
        self.known = sorted({w for w in words if len(w) > 2 and w.isalpha()})
        self.after = {}
        for w in self.known:
            for i in range(len(w) + 1): self.after.setdefault(('^^' + w)[i:i + 2], []).append((w + '$')[i])
    def invent(self, rng):
        for _ in range(20):
            out = '^^'
            while len(out) < 14:
                c = rng.choice(self.after.get(out[-2:], ['$']))
                if c == '$': break
                out += c
            if len(out) > 5: return out[2:]
        return rng.choice(self.known)
    def any(self, rng): return self.invent(rng) if rng.random() < 0.5 else rng.choice(self.known)


def digits(rng, n): return ''.join(rng.choice(list('0123456789')) for _ in range(n))

def vary_number(rng, word): return ''.join(rng.choice(list('0123456789')) if c.isdigit() else c for c in word)

def new_company(rng, words):
    name = [words.any(rng) for _ in range(rng.integers(1, 4))]
    if rng.random() < 0.5: name.insert(rng.integers(0, len(name) + 1), rng.choice(KINDS))
    if rng.random() < 0.1: name.insert(rng.integers(0, len(name)), '&')
    if rng.random() < 0.1: name.append('(' + words.any(rng) + ')')
    if rng.random() < 0.05: name = [digits(rng, rng.integers(1, 4))] + name
    return name + rng.choice(ENDS).split()

def new_address(rng, words):
    """Lines of words."""
    w = lambda: words.any(rng)
    number = lambda: digits(rng, rng.integers(1, 4)).lstrip('0') or '1'
    comma = lambda p=0.7: ',' if rng.random() < p else ''
    style = rng.random()
    first = rng.choice(['NO. ', 'NO.', 'NO ', 'LOT ', 'UNIT ', 'NO: ', '', '', 'G-', 'LEVEL ', 'NO,']) + number() + rng.choice(['', '', '', 'A', '-G', '&' + number(), '-' + number()])
    if style < 0.65:
        street = '%s %s %s' % (rng.choice(['JALAN', 'JALAN', 'JALAN', 'JLN', 'LORONG', 'PERSIARAN', 'OFF JALAN']), w(), number() + ('/' + number() if rng.random() < 0.4 else '') if rng.random() < 0.7 else w())
        parts = [first + comma() + ' ' + street + comma()]
        if rng.random() < 0.2: parts.insert(0, '%s %s%s' % (rng.choice(['GROUND FLOOR,', 'LEVEL ' + number() + ',', 'BLOCK', 'PLAZA', 'MENARA', '1ST FLOOR,']), w(), comma()))
        if rng.random() < 0.7: parts.append('%s %s%s' % (rng.choice(['TAMAN', 'BANDAR', 'KAWASAN PERINDUSTRIAN', 'TMN', 'PUSAT BANDAR', 'SEKSYEN ' + number() + ',', 'KAMPUNG', 'DESA']), ' '.join(w() for _ in range(rng.integers(1, 3))), comma()))
        town = ' '.join(w() for _ in range(rng.integers(1, 3)))
        tail = '%s%s %s%s' % (digits(rng, 5), comma(0.15), town, comma()) if rng.random() < 0.85 else town + comma()
        if rng.random() < 0.6: tail += ' ' + rng.choice(STATES) + rng.choice(['', '', '.', ', MALAYSIA'])
        parts.append(tail)
    elif style < 0.85:
        parts = ['%s %s %s%s' % (number(), w(), rng.choice(['STREET', 'ROAD', 'AVENUE', 'LANE', 'ST.', 'RD', 'DRIVE']), comma()),
                 '%s%s %s %s' % (w(), comma(), rng.choice(['CA', 'NY', 'TX', 'SINGAPORE', 'LONDON', '']), rng.choice([digits(rng, 5), digits(rng, 6), ''.join(rng.choice(list(LETTERS), 2)) + digits(rng, 1) + ' ' + digits(rng, 1) + ''.join(rng.choice(list(LETTERS), 2))]))]
    else:
        street = '%s%s %s' % (w(), rng.choice(['STR.', 'STRASSE', 'WEG', 'LAAN']), number()) if rng.random() < 0.5 else '%s%s %s %s' % (
            number(), comma(0.3), rng.choice(['RUE', 'RUE DES', 'RUE DE', 'AVENUE', 'PLACE', 'VIA', 'CALLE']), w())
        parts = [street, '%s %s' % (digits(rng, rng.integers(4, 6)), w())]
    words_ = ' '.join(parts).split()
    count = int(np.clip(rng.integers(1, 5), 1, len(words_)))
    if rng.random() < 0.6 and len(parts) > 1: return [p.split() for p in parts]
    cuts = sorted(rng.choice(np.arange(1, len(words_)), count - 1, replace=False)) if count > 1 else []
    return [words_[a:b] for a, b in zip([0, *cuts], [*cuts, len(words_)])]

# ------------------------------------------------------------------ contents

def vary_names(page, rng, words, share=0.7):
    """Replaces the words that make a shop this shop, keeping the form of its header."""
    swap = {}
    for line in page.lines:
        for w in line.words:
            if not (w[1] & set(SPANS)): continue
            if any(c.isdigit() for c in w[0]):
                if rng.random() < share: w[0] = vary_number(rng, w[0])
                continue
            bare = re.sub(r'[^A-Z]', '', w[0].upper())
            if len(bare) < 3 or bare in LEGAL or w[0].upper() in LEGAL or (bare in STREETS and rng.random() < 0.85) or (bare in KINDS and rng.random() < 0.5): continue
            if bare not in swap and rng.random() < share: swap[bare] = words.any(rng)
            if bare in swap: w[0] = w[0].upper().replace(bare, swap[bare])

def refill(page, field, rng, lines_of_words):
    """Writes other words over a field's lines."""
    spots = []
    for i, line in enumerate(page.lines):
        run = [k for k, w in enumerate(line.words) if field in w[1]]
        if run: spots.append((i, run[0], run[-1] + 1))
    if not spots: return
    flat = [w for l in lines_of_words for w in l]
    if len(lines_of_words) != len(spots):
        cuts = np.linspace(0, len(flat), len(spots) + 1).round().astype(int)
        lines_of_words = [flat[a:b] for a, b in zip(cuts, cuts[1:])]
    gone = []
    for (i, a, b), new in zip(spots, lines_of_words):
        line = page.lines[i]
        before = sum(len(w[0]) + 1 for w in line.words)
        line.words[a:b] = [[t, {field}, False] for t in new]
        if not line.words: gone.append(i); continue
        stretch(line, sum(len(w[0]) + 1 for w in line.words) / max(before, 1))
    page.lines = [l for i, l in enumerate(page.lines) if i not in gone]

def stretch(line, ratio):
    middle = line.polygon.mean(0)
    line.polygon[:, 0] = middle[0] + (line.polygon[:, 0] - middle[0]) * min(max(ratio, 0.3), 2.5)

def rescale_amounts(page, rng):
    """All amounts times the same number, so that sums stay sums."""
    factor = int(rng.choice([2, 3, 4, 6, 7, 9, 11, 13]))
    for line in page.lines:
        for w in line.words:
            m = re.search(r'(?<![\d/:.\-])(\d{1,3}(?:,\d{3})*|\d+)\.(\d\d)(?![\d.%/])', w[0])
            if not m: continue
            value = int(m.group(1).replace(',', '') + m.group(2)) * factor
            whole = '{:,}'.format(value // 100) if ',' in m.group(1) else str(value // 100)
            w[0] = w[0][:m.start()] + whole + '.%02d' % (value % 100) + w[0][m.end():]

def abroad(page, rng):
    """Amounts as they are written elsewhere: a comma for the point, another currency's sign before or behind."""
    comma, sign, behind = rng.random() < 0.7, rng.choice(SIGNS), rng.random() < 0.6
    for line in page.lines:
        words = []
        for w in line.words:
            m = re.fullmatch(r'(?:RM|\$)?(-?)(\d{1,3}(?:,\d{3})*|\d+)\.(\d\d)', w[0])
            if m is None:
                if w[0] not in ('RM', '$'): words.append(w)
                continue
            amount = m.group(1) + (m.group(2).replace(',', '.') + ',' if comma else m.group(2) + '.') + m.group(3)
            if sign and not behind: words.append([sign + amount, w[1], w[2]])
            else: words += [[amount, w[1], w[2]]] + ([[str(sign), set(), False]] if sign else [])
        line.words = words
    page.lines = [l for l in page.lines if l.words]

def row_beside(page, line):
    """Lines at the same height as this one."""
    y, height = line.polygon[:, 1].mean(), line.polygon[3, 1] - line.polygon[0, 1]
    return [l for l in page.lines if abs(l.polygon[:, 1].mean() - y) < 0.4 * height]

def label_words(row):
    """(line, first, end) of the words before the amount that name it."""
    for l in row:
        end = 0
        while end < len(l.words) and not re.search(r'\d\.\d', l.words[end][0]) and not l.words[end][1]: end += 1
        if end and any(c.isalpha() for w in l.words[:end] for c in w[0]): return l, 0, end
    return None

def rename(spot, phrase):
    line, first, end = spot
    before = sum(len(w[0]) + 1 for w in line.words)
    line.words[first:end] = [[t, set(), False] for t in phrase.split()]
    stretch(line, sum(len(w[0]) + 1 for w in line.words) / before)

def vary_totals(page, rng):
    """Other words before the total, and rows that only look like one above it."""
    rows = []
    for l in page.lines:
        if not any('total' in w[1] for w in l.words): continue
        row = row_beside(page, l)
        text = re.sub('[^A-Z]', '', ''.join(w[0].upper() for r in row for w in r.words))
        if re.search('TOTAL|AMOUNT|DUE|PAYABLE|NETT', text) and not re.search('SUB|CASH|EXC|QTY|PRICE', text): rows.append((l, row))
    if not rows: return
    if rng.random() < 0.6:
        phrase = rng.choice(FINAL)
        spot = label_words(rows[rng.integers(len(rows))][1])
        if spot: rename(spot, phrase)
    if rng.random() < 0.6:
        line, row = rows[rng.integers(len(rows))]
        pitch = 1.3 * (line.polygon[3, 1] - line.polygon[0, 1])
        value = '%d.%02d' % (rng.integers(0, 120), rng.choice([0, 5, 10, 50, 90, rng.integers(100)]))
        for _ in range(rng.integers(1, 3)):
            copy = [l.copy() for l in row]
            top = min(l.polygon[:, 1].mean() for l in row) - 0.3 * pitch
            for l in page.lines:
                if l.polygon[:, 1].mean() > top: l.polygon[:, 1] += pitch
            for l in copy:
                for w in l.words:
                    w[1] = set()
                    w[0] = re.sub(r'\d[\d,]*\.\d\d', value, w[0])
            spot = label_words(copy)
            if spot: rename(spot, rng.choice(OTHER))
            page.lines += copy

def vary_date(page, rng):
    """Another day, in another form, wherever the date stands alone in a word."""
    day, month, year = int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(2005, 2030))
    form = rng.integers(0, 10)
    s = rng.choice(['/', '-', '.', '/'])
    text = ['%02d%s%02d%s%d' % (day, s, month, s, year), '%02d%s%02d%s%02d' % (day, s, month, s, year % 100), '%d%s%02d%s%02d' % (year, '-', month, '-', day),
            '%d%s%d%s%d' % (day, s, month, s, year), '%02d-%s-%d' % (day, MONTHS[month - 1], year), '%02d %s %d' % (day, MONTHS[month - 1], year),
            '%02d%s%02d' % (day, MONTHS[month - 1], year % 100), '%02d%s%02d%s%d' % (day, '/', month, '/', year), '%d%02d%02d' % (year, month, day),
            '%02d/%02d/%02d' % (day, month, year % 100)][form]
    for line in page.lines:
        for k, w in enumerate(line.words):
            if 'date' not in w[1]: continue
            m = re.search(r'\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}', w[0])
            if not m: continue
            new = (w[0][:m.start()] + text + w[0][m.end():]).split()
            line.words[k:k + 1] = [[t, {'date'}, False] for t in new]
            break

def header_end(page):
    """Below this y the header (company and address) is over."""
    ys = [l.polygon[:, 1].max() for l in page.lines if any(w[1] & set(SPANS) for w in l.words)]
    if not ys: return None
    tops = [l.polygon[:, 1].min() for l in page.lines if any(w[1] & {'date', 'total'} for w in l.words)]
    return max(ys) if not tops or max(ys) < min(tops) else None

def compose(head, body):
    """The header of one receipt over the rest of another; None when they do not come apart."""
    cut, at = header_end(head), header_end(body)
    if cut is None or at is None: return None
    def extent(lines): p = np.concatenate([l.polygon for l in lines]); return p[:, 0].min(), p[:, 0].max()
    def unit(lines): return float(np.median([l.polygon[3, 1] - l.polygon[0, 1] for l in lines]))
    top = [l.copy() for l in head.lines if l.polygon[:, 1].mean() <= cut]
    rest = [l.copy() for l in body.lines if l.polygon[:, 1].mean() > at]
    if not top or len(rest) < 4: return None
    scale = unit(rest) / max(unit(top), 1)
    (a0, a1), (b0, b1) = extent(head.lines), extent(body.lines)
    for l in top:
        l.polygon[:, 0] = (l.polygon[:, 0] - (a0 + a1) / 2) * scale + (b0 + b1) / 2
        l.polygon[:, 1] = (l.polygon[:, 1] - cut) * scale + at
    for l in top:
        for w in l.words: w[1] = w[1] & set(SPANS)
    for l in rest:
        for w in l.words: w[1] = w[1] - set(SPANS)
    known = {f: (head if f in SPANS else body).known[f] for f in FIELDS}
    fields = {f: (head if f in SPANS else body).fields[f] for f in FIELDS}
    return Page(head.name + '+' + body.name, top + rest, fields, known, None)

def tear(page, rng):
    """The page without its end, its beginning, or the rows that say its date, its total or its address.  A field of which nothing is left is
    none; of one that is left in part nothing is known, but for the date, which is as good in any place."""
    order = sorted(page.lines, key=lambda l: l.polygon[:, 1].mean())
    marked = lambda lines, fields: [i for i, l in enumerate(lines) if any(w[1] & fields for w in l.words)]
    ends, begins = marked(order, {'total'}), marked(order, set(SPANS))
    u = rng.random()
    if u < 0.5 and ends and ends[0] > 2: kept = order[:rng.integers(2, ends[0] + 1)]
    elif u < 0.75 and begins and begins[-1] < len(order) - 2: kept = order[rng.integers(1, begins[-1] + 2):]
    else:
        gone = {id(r) for i in marked(order, {rng.choice(['date', 'total', 'address'])}) for r in row_beside(page, order[i])}
        kept = [l for l in order if id(l) not in gone]
    if len(kept) < 2: return
    for f in FIELDS:
        before, left = len(marked(order, {f})), len(marked(kept, {f}))
        if before and not left: page.fields[f] = None
        elif left < before and f != 'date': page.known[f] = False
    page.lines = kept

# ------------------------------------------------------------------ a recogniser's mistakes

def damage_word(rng, text, rate):
    out = []
    for c in text:
        u = rng.random()
        if u > rate: out.append(c); continue
        kind = rng.random()
        if kind < 0.65: out.append(rng.choice(list(CONFUSIONS.get(c.upper(), LETTERS))))
        elif kind < 0.85: pass
        elif kind < 0.93: out.append(c); out.append(rng.choice(list(LETTERS + '.,-')))
        else: out.append(rng.choice(list(LETTERS + '0123456789')))
    return ''.join(out)

def damage(page, rng, rate):
    """Letters misread, words split and joined."""
    for line in page.lines:
        own = rate * rng.choice([0.3, 0.3, 1, 1, 4])
        words = []
        for w in line.words:
            new = damage_word(rng, w[0], own)
            if new != w[0] and new: w = [new, w[1], True]
            if len(w[0]) > 4 and rng.random() < rate * 0.6:
                k = int(rng.integers(1, len(w[0])))
                words += [[w[0][:k], w[1], w[2]], [w[0][k:], w[1], w[2]]]
                continue
            if words and rng.random() < rate * 0.8:
                words[-1] = [words[-1][0] + w[0], words[-1][1] | w[1], words[-1][2] or w[2]]
                continue
            words.append(w)
        line.words = words

def cut_lines(page, rng, rate):
    """Lines cut in two, joined with their neighbour, or lost."""
    lines = []
    for line in page.lines:
        if rng.random() < rate * 0.25 and not any(w[1] for w in line.words): continue
        if rng.random() < rate * 0.1: continue
        if len(line.words) > 1 and rng.random() < rate:
            k = int(rng.integers(1, len(line.words)))
            total = sum(len(w[0]) + 1 for w in line.words)
            share = sum(len(w[0]) + 1 for w in line.words[:k]) / total
            p = line.polygon
            up, down = p[0] + (p[1] - p[0]) * share, p[3] + (p[2] - p[3]) * share
            lines += [Line(np.array([p[0], up, down, p[3]]), line.words[:k], line.picture), Line(np.array([up, p[1], p[2], down]), line.words[k:], line.picture)]
            continue
        lines.append(line)
    page.lines = lines

def join_rows(page, rng, rate):
    """A label and its amount, found as one line."""
    used, lines = set(), []
    order = sorted(range(len(page.lines)), key=lambda i: page.lines[i].polygon[:, 0].min())
    for n, i in enumerate(order):
        if i in used: continue
        a = page.lines[i]
        if rng.random() < rate:
            for j in order[n + 1:]:
                b = page.lines[j]
                height = a.polygon[3, 1] - a.polygon[0, 1]
                if j in used or abs(a.polygon[:, 1].mean() - b.polygon[:, 1].mean()) > 0.3 * height: continue
                gap = b.polygon[0, 0] - a.polygon[1, 0]
                if not -0.2 * height < gap < 3 * height: continue
                a = Line(np.array([a.polygon[0], b.polygon[1], b.polygon[2], a.polygon[3]]), a.words + b.words, a.picture)
                used.add(j)
                break
        lines.append(a)
    page.lines = lines

def move(page, rng):
    """Jitter of each line, then turn, shear and stretch the whole."""
    unit = float(np.median([l.polygon[3, 1] - l.polygon[0, 1] for l in page.lines]))
    angle, shear = rng.normal(0, 0.012), rng.normal(0, 0.01)
    sx, sy = math.exp(rng.normal(0, 0.12)), math.exp(rng.normal(0, 0.12))
    m = np.array([[sx * math.cos(angle), -math.sin(angle) + shear], [math.sin(angle), sy * math.cos(angle)]], np.float32)
    for l in page.lines:
        grow = rng.normal(0, 0.06, 2) * unit
        l.polygon = l.polygon + rng.normal(0, 0.06, (1, 2)).astype(np.float32) * unit
        l.polygon = l.polygon + np.array([[-grow[0], -grow[1]], [grow[0], -grow[1]], [grow[0], grow[1]], [-grow[0], grow[1]]], np.float32)
        l.polygon = (l.polygon @ m.T).astype(np.float32)

# ------------------------------------------------------------------ the whole

def augment(page, pages, rng, words, strength, torn):
    """(page, whether its pictures still show its words).  torn: the share of pages of which a part is gone."""
    true_picture = True
    if rng.random() < 0.3: strength = 0                                    # the shop as it is
    u = rng.random()
    if u < 0.3 * strength:
        other = compose(pages[rng.integers(len(pages))], page)
        if other is not None: page, true_picture = other, False
    page = page.copy() if true_picture else page
    u = rng.random()
    if u < 0.35 * strength:
        vary_names(page, rng, words, rng.choice([0.4, 0.7, 1.0])); true_picture = False
    elif u < 0.6 * strength:
        refill(page, 'company', rng, [new_company(rng, words)])
        if rng.random() < 0.8: refill(page, 'address', rng, new_address(rng, words))
        true_picture = False
    if rng.random() < 0.4 * strength: rescale_amounts(page, rng); true_picture = False
    if rng.random() < 0.4 * strength: vary_totals(page, rng); true_picture = False
    if rng.random() < 0.4 * strength: vary_date(page, rng); true_picture = False
    if rng.random() < 0.1 * strength: abroad(page, rng); true_picture = False
    if rng.random() < torn: tear(page, rng)
    if rng.random() < 0.3: join_rows(page, rng, rng.random())
    if rng.random() < 0.5: cut_lines(page, rng, rng.choice([0.03, 0.1]))
    if rng.random() < 0.5: damage(page, rng, rng.choice([0.005, 0.02, 0.05]))
    if rng.random() < 0.7: move(page, rng)
    page.lines = [l for l in page.lines if any(w[0] for w in l.words)]
    return page, true_picture
