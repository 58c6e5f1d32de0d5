#!/usr/bin/python3
"""Draws the sample receipts in samples/: made-up shops, our own layouts, in the format of the labelled sets.

    models/training/make_samples.py [OUT]         default: samples

Each NAME.jpg or NAME.png comes with NAME.json: {"image","width","height","lines":[{"box","text"}],"fields":{...}}.
Fonts are DejaVu and Liberation. The pictures are in the repository, so nobody has to run this but to change them."""
import json, os, sys
from PIL import Image, ImageDraw, ImageFilter, ImageFont
import numpy as np

FONTS = '/usr/share/fonts/truetype/'
MONO, MONO_BOLD = FONTS + 'dejavu/DejaVuSansMono.ttf', FONTS + 'dejavu/DejaVuSansMono-Bold.ttf'
SANS, SANS_BOLD = FONTS + 'liberation2/LiberationSans-Regular.ttf', FONTS + 'liberation2/LiberationSans-Bold.ttf'
COURIER, COURIER_BOLD = FONTS + 'liberation2/LiberationMono-Regular.ttf', FONTS + 'liberation2/LiberationMono-Bold.ttf'


class Paper:
    """A strip of paper that is printed on from the top, and remembers where every piece of text stands."""

    def __init__(self, width, fonts, size, margin=40):
        self.width, self.margin, self.size, self.y, self.lines = width, margin, size, margin, []
        self.image = Image.new('L', (width, 2400), 255)
        self.pen = ImageDraw.Draw(self.image)
        self.fonts = fonts

    def put(self, text, x, bold=False, scale=1.0):
        font = ImageFont.truetype(self.fonts[bold], round(self.size * scale))
        box = self.pen.textbbox((x, self.y), text, font=font)
        self.pen.text((x, self.y), text, font=font, fill=25)
        self.lines.append({'box': list(box), 'text': text})
        return box

    def measure(self, text, bold=False, scale=1.0):
        return ImageFont.truetype(self.fonts[bold], round(self.size * scale)).getlength(text)

    def down(self, share=1.45, scale=1.0):
        self.y += round(self.size * share * scale)

    def centre(self, text, bold=False, scale=1.0):
        self.put(text, (self.width - self.measure(text, bold, scale)) / 2, bold, scale)
        self.down(scale=scale)

    def left(self, text, bold=False):
        self.put(text, self.margin, bold)
        self.down()

    def pair(self, left, right, bold=False, scale=1.0):
        self.put(left, self.margin, bold, scale)
        self.put(right, self.width - self.margin - self.measure(right, bold, scale), bold, scale)
        self.down(scale=scale)

    def columns(self, texts, places):
        for text, place in zip(texts, places):
            x = place * self.width
            self.put(text, x if place < 0.5 else x - self.measure(text))
        self.down()

    def rule(self):
        self.pen.line((self.margin, self.y + 4, self.width - self.margin, self.y + 4), fill=60, width=2)
        self.down(0.7)

    def cut(self):
        self.image = self.image.crop((0, 0, self.width, self.y + self.margin))


def grocer():
    p = Paper(620, (MONO, MONO_BOLD), 21)
    p.centre('GREEN LANE GROCER', True, 1.4)
    p.centre('14 Harbour Street')
    p.centre('Bristol BS1 4RN')
    p.centre('VAT No. GB 482 1190 07')
    p.down(0.5)
    p.pair('Date 14/03/2024', '17:42')
    p.rule()
    for item, price in (('Oat milk 1L', '1.95'), ('Brown bread', '2.40'), ('Apples 1.2kg', '3.18'), ('Cheddar 350g', '4.75'), ('Coffee beans', '6.90')):
        p.pair(item, price)
    p.rule()
    p.pair('Subtotal', '19.18')
    p.pair('TOTAL', '£19.18', True, 1.2)
    p.pair('Card', '£19.18')
    p.down(0.5)
    p.centre('Thank you, see you soon')
    return p, {'company': 'GREEN LANE GROCER', 'date': '14/03/2024', 'address': '14 Harbour Street Bristol BS1 4RN', 'total': '£19.18'}


def kopitiam():
    p = Paper(580, (COURIER, COURIER_BOLD), 22)
    p.centre('KEDAI KOPI SERI MUTIARA SDN BHD', True)
    p.centre('(1098765-K)')
    p.centre('NO. 27, JALAN DAHLIA 3/2,')
    p.centre('TAMAN SERI INDAH,')
    p.centre('43300 SERI KEMBANGAN, SELANGOR.')
    p.centre('TEL: 03-8900 1122')
    p.down(0.4)
    p.centre('TAX INVOICE', True)
    p.left('BILL NO : 000418')
    p.left('DATE    : 02-11-2018 08:15')
    p.left('TABLE   : 12')
    p.rule()
    p.columns(('QTY', 'ITEM', 'RM'), (0.08, 0.2, 0.92))
    for q, item, price in (('2', 'NASI LEMAK', '9.00'), ('1', 'ROTI BAKAR', '3.20'), ('2', 'TEH TARIK', '5.00'), ('1', 'KOPI O PENG', '2.80')):
        p.columns((q, item, price), (0.08, 0.2, 0.92))
    p.rule()
    p.pair('SUB TOTAL', '20.00')
    p.pair('SERVICE TAX 6%', '1.20')
    p.pair('TOTAL', 'RM 21.20', True)
    p.pair('CASH', '50.00')
    p.pair('CHANGE', '28.80')
    p.down(0.4)
    p.centre('TERIMA KASIH')
    return p, {'company': 'KEDAI KOPI SERI MUTIARA SDN BHD', 'date': '02-11-2018',
               'address': 'NO. 27, JALAN DAHLIA 3/2, TAMAN SERI INDAH, 43300 SERI KEMBANGAN, SELANGOR.', 'total': 'RM 21.20'}


def boulangerie():
    p = Paper(600, (SANS, SANS_BOLD), 24)
    p.centre('Boulangerie Aux Deux Épis', True, 1.25)
    p.centre('8 rue des Cordeliers')
    p.centre('35000 Rennes')
    p.down(0.5)
    p.left('Ticket 2207')
    p.left('Le 05/06/2023 à 07:58')
    p.rule()
    for item, price in (('2 x Baguette tradition', '2,60'), ('1 x Pain au levain', '4,20'), ('3 x Croissant', '3,75'), ('1 x Café crème', '2,10')):
        p.pair(item, price)
    p.rule()
    p.pair('TOTAL TTC', '12,65 €', True, 1.15)
    p.pair('Espèces', '20,00 €')
    p.pair('Rendu', '7,35 €')
    p.down(0.5)
    p.centre('Merci de votre visite')
    return p, {'company': 'Boulangerie Aux Deux Épis', 'date': '05/06/2023', 'address': '8 rue des Cordeliers 35000 Rennes', 'total': '12,65 €'}


def hardware():
    p = Paper(700, (SANS, SANS_BOLD), 23)
    p.left('MILLER & SONS HARDWARE', True)
    p.left('2210 Cedar Avenue')
    p.left('Duluth, MN 55804')
    p.left('Phone 218-555-0142')
    p.down(0.5)
    p.pair('Receipt # 77120', 'Mar 9, 2022')
    p.rule()
    for item, price in (('Wood screws 4x40 (100)', '7.49'), ('Paint roller 9 in', '5.25'), ('Masking tape', '3.99'), ('LED bulb 60W eq. 2-pack', '8.50'), ('Work gloves L', '11.00')):
        p.pair(item, '$' + price)
    p.rule()
    p.pair('Subtotal', '$36.23')
    p.pair('Sales tax 8.875%', '$3.22')
    p.pair('Total due', '$39.45', True, 1.2)
    p.pair('Visa ****1881', '$39.45')
    return p, {'company': 'MILLER & SONS HARDWARE', 'date': 'Mar 9, 2022', 'address': '2210 Cedar Avenue Duluth, MN 55804', 'total': '$39.45'}


def pharmacy():
    p = Paper(560, (MONO, MONO_BOLD), 20)
    p.centre('FARMASI CAHAYA', True, 1.5)
    p.centre('LOT 5, GROUND FLOOR, PLAZA DAMAI')
    p.centre('JALAN IPOH, 51200 KUALA LUMPUR')
    p.centre('GST ID: 001234567890')
    p.rule()
    p.pair('INV: F-20931', '28/07/2017')
    p.pair('CASHIER: AIDA', '19:03:11')
    p.rule()
    p.left('PARACETAMOL 500MG 20S')
    p.columns(('1 x 6.50', '6.50 SR'), (0.14, 0.92))
    p.left('VITAMIN C 1000MG 30S')
    p.columns(('2 x 18.90', '37.80 SR'), (0.14, 0.92))
    p.left('PLASTER WATERPROOF')
    p.columns(('1 x 4.30', '4.30 SR'), (0.14, 0.92))
    p.rule()
    p.pair('TOTAL (INCL GST)', '48.60', True)
    p.pair('ROUNDING', '0.00')
    p.pair('CASH', '50.00')
    p.pair('CHANGE', '1.40')
    return p, {'company': 'FARMASI CAHAYA', 'date': '28/07/2017',
               'address': 'LOT 5, GROUND FLOOR, PLAZA DAMAI JALAN IPOH, 51200 KUALA LUMPUR', 'total': '48.60'}


def bookshop():
    """No address: a field that is not there."""
    p = Paper(640, (COURIER, COURIER_BOLD), 23)
    p.centre('Papyrus Books', True, 1.4)
    p.centre('www.papyrus-books.example')
    p.down(0.5)
    p.pair('2021-12-18', 'till 3')
    p.rule()
    p.pair('The Quiet Harbour', '12.99')
    p.pair('Birds of the North', '24.50')
    p.pair('Bookmark', '1.50')
    p.rule()
    p.pair('3 items', '38.99')
    p.pair('Voucher', '-5.00')
    p.pair('TO PAY', '33.99', True, 1.2)
    p.down(0.4)
    p.centre('Exchange within 14 days')
    return p, {'company': 'Papyrus Books', 'date': '2021-12-18', 'address': None, 'total': '33.99'}


def turned(image, lines, degrees):
    """The page turned a little about its centre, boxes around where the text went."""
    width, height = image.size
    turn = image.rotate(degrees, Image.BICUBIC, fillcolor=255)
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    for line in lines:
        x0, y0, x1, y1 = line['box']
        points = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float) - (width / 2, height / 2)
        points = points @ np.array([[c, -s], [s, c]]) + (width / 2, height / 2)
        line['box'] = [float(points[:, 0].min()), float(points[:, 1].min()), float(points[:, 0].max()), float(points[:, 1].max())]
    return turn


def scanned(image, seed, noise, shade, blur):
    """What a scanner adds: uneven light, a little blur, a little noise."""
    rng = np.random.default_rng(seed)
    page = np.asarray(image.filter(ImageFilter.GaussianBlur(blur)), np.float32)
    height, width = page.shape
    light = 1 - shade * np.linspace(0, 1, width)[None, :] * np.linspace(0.3, 1, height)[:, None]
    page = page * light + rng.normal(0, noise, page.shape)
    return Image.fromarray(np.clip(page, 0, 255).astype(np.uint8))


# name, layout, degrees, noise, shade, blur, how it is stored
SAMPLES = [('grocer', grocer, 0, 3, 0.05, 0.4, 'jpg'), ('kopitiam', kopitiam, 0.8, 5, 0.15, 0.6, 'jpg'), ('boulangerie', boulangerie, 0, 0, 0, 0.3, 'png'),
           ('hardware', hardware, -1.2, 4, 0.1, 0.5, 'progressive'), ('pharmacy', pharmacy, 0.4, 6, 0.2, 0.7, 'jpg'), ('bookshop', bookshop, 0, 3, 0.05, 0.5, 'sideways')]


def store(image, path, how):
    if how == 'png':
        image.quantize(16).save(path, optimize=True)
    elif how == 'progressive':
        image.convert('RGB').save(path, quality=70, progressive=True, optimize=True)
    elif how == 'sideways':                                # as a telephone does: turned pixels, and EXIF that says so
        exif = Image.Exif()
        exif[0x0112] = 6
        image.rotate(90, expand=True).save(path, quality=75, exif=exif, optimize=True)
    else:
        image.save(path, quality=75, optimize=True)


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else 'samples'
    os.makedirs(out, exist_ok=True)
    for seed, (name, layout, degrees, noise, shade, blur, how) in enumerate(SAMPLES):
        paper, fields = layout()
        paper.cut()
        image = scanned(turned(paper.image, paper.lines, degrees), seed, noise, shade, blur)
        file = name + ('.png' if how == 'png' else '.jpg')
        store(image, os.path.join(out, file), how)
        lines = [{'box': [round(v) for v in line['box']], 'text': line['text']} for line in paper.lines]
        with open(os.path.join(out, name + '.json'), 'w', encoding='utf-8') as f:
            json.dump({'image': file, 'width': image.width, 'height': image.height, 'lines': lines, 'fields': fields}, f, ensure_ascii=False, indent=1)
            f.write('\n')
        print(file, image.size, os.path.getsize(os.path.join(out, file)))


if __name__ == '__main__':
    main()
