"""What synthetic documents say: shop names, addresses, items, prices, dates, sentences, in several languages."""
import json
import pathlib

CURRENCIES = ['RM', '$', '€', '£', '¥', 'USD', 'EUR', 'MYR', 'CHF', 'S$', 'A$', 'R$', 'kr', 'Rp', 'GBP', 'Fr.', '¢']
MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()
LONG_MONTHS = 'January February March April June July August September October November December Januar Februar März Mai Oktober Dezember janvier février août enero agosto'.split()
STREETS = ['Street', 'St', 'Road', 'Rd', 'Avenue', 'Ave', 'Lane', 'Drive', 'Blvd', 'Jalan', 'Jln', 'Lorong', 'Taman', 'rue', 'avenue', 'Straße', 'Str.', 'Weg', 'Calle', 'Via', 'Rua', 'Plaza', 'Lot', 'No.', 'Block', 'Unit', 'Level', 'Floor']
SHOPS = ['Ltd', 'Inc', 'LLC', 'GmbH', 'S.A.', 'SDN BHD', 'Sdn. Bhd.', 'Enterprise', 'Trading', 'Restaurant', 'Café', 'Mart', 'Market', 'Stationery', 'Hardware', 'Bakery', 'Pharmacy', 'Books', 'Superstore', 'Restoran', 'Kedai', '& Co', '& Sons', '(M)', 'S/B', 'PTE LTD', 'Hotel', 'Bistro', 'Supermarket', 'S.p.A.', 'AG', 'Foods', 'Electrical']
LABELS = ['Total', 'Subtotal', 'Sub Total', 'Grand Total', 'Total Amount', 'Amount Due', 'Balance', 'Cash', 'Change', 'Tax', 'GST', 'VAT', 'MwSt', 'TVA', 'IVA', 'Rounding', 'Rounding Adj', 'Discount', 'Service Charge', 'Tendered', 'Qty', 'Item', 'Price', 'Amount', 'Invoice No', 'Receipt No', 'Bill No', 'Doc No', 'Table', 'Cashier', 'Date', 'Time', 'Tel', 'Fax', 'GST ID', 'GST Reg No', 'Reg No', 'Co. No', 'Tax Invoice', 'Simplified Tax Invoice', 'Description', 'Code', 'Unit Price', 'Total Sales (Inclusive of GST)', 'Total Excl. GST', 'Gesamt', 'Summe', 'Montant', 'Importe', 'Card', 'Visa', 'Mastercard', 'Member', 'Points', 'Order', 'Server', 'Guests', 'Terminal', 'Counter', 'Station', 'Salesperson', 'Ref', 'Payment Mode', 'Net Total', 'Thank you', 'Thank You. Please Come Again', 'Goods sold are not refundable', 'Customer Copy', 'Approval Code', 'Batch', 'Saving', 'Nett Total', 'UOM', 'Disc', 'RRP']


PROSE_LEFT_OUT = ('Artistic',)  # kept for trying the recogniser on running text it has not seen


class Writer:
    def __init__(self, rng, data=None, dictionaries='/usr/share/dict', prose='/usr/share/common-licenses'):
        """data: the labelled receipts' folder whose train lines are said again, in other cases, or None."""
        self.rng = rng
        self.words = []
        for name in ('american-english', 'american-english', 'french', 'ngerman', 'spanish', 'italian', 'portuguese'):
            path = pathlib.Path(dictionaries, name)
            self.words.append([w for w in path.read_text(errors='ignore').split() if 1 < len(w) < 15])
        self.prose_words = [' '.join(p.read_text(errors='ignore').split()).split(' ')
                            for p in sorted(pathlib.Path(prose).glob('*')) if p.is_file() and p.name not in PROSE_LEFT_OUT]
        self.said = []
        if data:
            for path in sorted(pathlib.Path(data, 'receipts', 'train').glob('*.json')):
                self.said += [l['text'] for l in json.loads(path.read_text())['lines'] if l['text'].strip('* ')]

    def pick(self, options):
        return options[int(self.rng.integers(len(options)))]

    def chance(self, p):
        return self.rng.random() < p

    def digits(self, least, most):
        return ''.join(self.pick('0123456789') for _ in range(int(self.rng.integers(least, most + 1))))

    def word(self):
        word = self.pick(self.pick(self.words))
        return word[:-2] if word.endswith("'s") and self.chance(0.8) else word

    def money(self):
        whole = int(10 ** self.rng.uniform(0, 4.5)) if self.chance(0.9) else 0
        form = self.rng.random()
        text = f'{whole:,}' if form < 0.3 else str(whole)
        text += '.' + self.digits(2, 2)
        if form > 0.85:
            text = text.translate(str.maketrans(',.', '.,'))
        if self.chance(0.07):
            text = text[text.find('.'):] if '.' in text else text
        sign = self.pick(['', '', '', '-', '-', '+', '(']) if self.chance(0.15) else ''
        if sign == '(':
            text = f'({text})'
        elif sign:
            text = sign + text if self.chance(0.6) else text + sign
        if self.chance(0.35):
            currency = self.pick(CURRENCIES)
            gap = self.pick(['', ' '])
            text = currency + gap + text if self.chance(0.8) else text + gap + currency
        if self.chance(0.08):
            text += ' ' + self.pick(['SR', 'ZRL', 'S', 'Z', 'A', 'B', 'T', '*', 'ZR', 'E', 'G'])
        return text

    def date(self):
        day, month, year = int(self.rng.integers(1, 32)), int(self.rng.integers(1, 13)), int(self.rng.integers(1995, 2031))
        mark = self.pick('///--.. ')
        full = str(year) if self.chance(0.65) else f'{year % 100:02d}'
        name = MONTHS[month - 1]
        name = self.pick([name, name.upper(), name, self.pick(LONG_MONTHS)])
        forms = [f'{day:02d}{mark}{month:02d}{mark}{full}', f'{month:02d}{mark}{day:02d}{mark}{full}', f'{year}{mark}{month:02d}{mark}{day:02d}',
                 f'{day}{mark}{month}{mark}{full}', f'{day} {name} {full}', f'{day:02d}-{name}-{full}', f'{name} {day}, {year}', f'{day:02d}/{month:02d}/{full}']
        return self.pick(forms)

    def time(self):
        hour, minute = int(self.rng.integers(24)), int(self.rng.integers(60))
        text = f'{hour:02d}:{minute:02d}'
        if self.chance(0.5):
            text += f':{int(self.rng.integers(60)):02d}'
        return text + (self.pick([' AM', ' PM', 'AM', 'PM', 'am', ' pm']) if self.chance(0.4) else '')

    def code(self):
        letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
        parts = []
        for _ in range(int(self.rng.integers(1, 4))):
            parts.append(self.digits(1, 8) if self.chance(0.7) else ''.join(self.pick(letters) for _ in range(int(self.rng.integers(1, 5)))))
        return self.pick(['', '', '-', '/', ' ', '.']).join(parts)

    def phone(self):
        return self.pick(['', '', '+', '(', 'Tel: ', 'TEL : ', 'Fax: ']) + self.digits(2, 4) + self.pick(['-', ' ', ') ', '']) + self.digits(3, 4) + self.pick(['', ' ', '-']) + self.digits(3, 5)

    def address(self):
        parts = [self.pick(['No. ', 'NO ', '', '', 'Lot ', '# ']) + self.digits(1, 4) + self.pick(['', '', '-' + self.digits(1, 2), 'A', '/' + self.digits(1, 2)])]
        street = [self.pick(STREETS), self.word().capitalize(), self.pick(['', '', self.digits(1, 2), self.digits(1, 2) + '/' + self.digits(1, 2)])]
        if self.chance(0.4):
            street = [street[1], street[0]]
        parts.append(' '.join(s for s in street if s))
        if self.chance(0.6):
            parts.append(self.digits(4, 6) + ' ' + self.word().capitalize())
        if self.chance(0.3):
            parts.append(self.word().capitalize())
        return self.pick([', ', ',', ' ']).join(parts[int(self.rng.integers(2)):]) + self.pick(['', '', ',', '.'])

    def shop(self):
        return ' '.join([self.word().capitalize() for _ in range(int(self.rng.integers(1, 4)))] + [self.pick(SHOPS)])

    def item(self):
        words = [self.word() for _ in range(int(self.rng.integers(1, 5)))]
        if self.chance(0.4):
            words.append(self.digits(1, 3) + self.pick(['g', 'kg', 'ml', 'L', 'pcs', "'S", 'cm', 'mm', 'X', '%', '"', 'oz']))
        if self.chance(0.25):
            words.insert(0, self.code())
        if self.chance(0.15):
            words.insert(0, self.digits(1, 2) + self.pick([' x', 'x', ' X', ' @', '']))
        return ' '.join(words)

    def sentence(self):
        """Running text, with quotes and other punctuation."""
        words = self.pick(self.words)
        text = []
        for _ in range(int(self.rng.integers(2, 11))):
            word = self.pick(words)
            if self.chance(0.06):
                word = self.pick(['"{}"', '({})', '“{}”', '‘{}’', '«{}»', "'{}'", '[{}]']).format(word)
            if self.chance(0.04):
                word = self.pick([self.digits(1, 4), self.digits(1, 2) + '%', self.digits(1, 2) + '.' + self.digits(1, 2), '–', '—', '-', '&', '…', '½', '§ 3', '•'])
            if self.chance(0.10):
                word += self.pick([',', ',', '.', ';', ':', '!', '?'])
            text.append(word)
        text[0] = text[0].capitalize() if self.chance(0.6) else text[0]
        return ' '.join(text) + (self.pick(['.', '!', '?', ',', '-', ':']) if self.chance(0.5) else '')

    def prose(self):
        """A few words of real English text."""
        words = self.pick(self.prose_words)
        at = int(self.rng.integers(max(1, len(words) - 12)))
        return ' '.join(w for w in words[at:at + int(self.rng.integers(2, 12))] if all(c.isprintable() for c in w))

    def web(self):
        word = self.word().lower()
        return self.pick(['www.{}.com', 'http://www.{}.com.my', '{}@gmail.com', 'info@{}.co.uk', 'facebook.com/{}', 'https://{}.de/', 'E-mail: {}@yahoo.com', '#{}', '@{}']).format(word)

    def signs(self):
        alphabet = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~€£¥¢§°©®™±×«»–—‘’“”•…½¿¡ªºµ·0123456789ABCxyzÀÉÜßçñØåœŠž'
        return ''.join(self.pick(alphabet) for _ in range(int(self.rng.integers(1, 9)))).strip() or '*'

    def random_case(self, text):
        form = self.rng.random()
        if form < 0.4:
            return text.title()
        if form < 0.6:
            return text.lower()
        if form < 0.75:
            return text.capitalize()
        return text

    def again(self):
        return self.random_case(self.pick(self.said)) if self.said else self.item()

    def label(self):
        text = self.pick(LABELS)
        if self.chance(0.35):
            text += self.pick([':', ' :', ' : ', '.', ' #', ' (RM)', ' 6%', ' @ 6%', ' ($)'])
        if self.chance(0.2):
            text = text.strip() + self.pick([' ', '']) + self.pick([self.money, self.code, self.date, self.time])()
        return text.strip()

    def line(self):
        makers = [self.again, self.sentence, self.item, self.money, self.date, self.time, self.code, self.phone, self.address, self.shop, self.label, self.web, self.signs, self.stars, self.prose]
        shares = [.22, .17, .11, .12, .06, .03, .06, .03, .06, .05, .06, .02, .025, .005, .10]
        text = makers[self.rng.choice(len(makers), p=[s / sum(shares) for s in shares])]()
        if self.chance(0.25):
            text = text.upper().replace('SS', 'SS')
        elif self.chance(0.04):
            text = text.swapcase()
        return ' '.join(text.split()) or '0'

    def stars(self):
        middle = self.label()
        edge = self.pick(['*', '**', '***', '-', '--', '=', '~'])
        return f'{edge}{middle}{edge}' if self.chance(0.5) else f'{edge} {middle} {edge}'
