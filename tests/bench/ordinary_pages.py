#!/usr/bin/python3
"""Reading must not be a receipts-only trick: prose rendered by a browser in five fonts at three sizes, read with its case.

    tests/bench/ordinary_pages.py PLAIT [FOLDER]        FOLDER keeps the pictures; needs Debian's chromium and these fonts

Prints one JSON object: character errors per true character, case counted, of each page and of all."""
import json, os, subprocess, sys, tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
FONTS = ('DejaVu Sans', 'Liberation Serif', 'Liberation Sans', 'Liberation Mono', 'DejaVu Serif')
SIZES = (13, 18, 26)  # CSS pixels
PAGE = '''<!doctype html><meta charset="utf-8"><style>body { font: %dpx/1.5 "%s"; width: 900px; margin: 40px; }</style>%s'''
TEXT = '''Every document that comes through the door on Harbour Street is read twice: once by Mrs. Adeyemi, who has
worked there since 1987, and once by the machine beside her desk. They seldom disagree.

On Tuesday, 14 March, a parcel from Zurich held three invoices (No. 2041, 2042 and 2057) and a note: "Please pay by Friday; the
exchange rate won't wait." The first came to EUR 1,250.00, the second to $318.75, and the third was a copy of the first.

What makes a page hard to read? Not the words. Faint print, a coffee ring, a fold across the total - these cost more than
any unusual name. Quentin Xavier Jr. once sent 48 pages by fax; 47 of them were blank, and yet he called it "a good year".

So the rule is simple: write down what is there, say how sure you are, and ask a person when you are not. Is that too much to
ask of a machine? Mrs. Adeyemi thinks 95% is fine & the other 5% is why she still has a job.'''


def distance(a, b):
    """Levenshtein's."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def render(folder, font, size):
    name = '%s-%d' % (font.replace(' ', '-'), size)
    source, picture = os.path.join(folder, name + '.html'), os.path.join(folder, name + '.png')
    with open(source, 'w', encoding='utf-8') as page:
        page.write(PAGE % (size, font, ''.join('<p>%s</p>' % p for p in TEXT.replace('&', '&amp;').split('\n\n'))))
    subprocess.run(['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--window-size=980,1100',
                    '--screenshot=' + picture, 'file://' + source], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return picture


def main():
    folder = sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    truth, pages, errors = ' '.join(TEXT.split()), {}, 0
    for font in FONTS:
        for size in SIZES:
            picture = render(os.path.abspath(folder), font, size)
            read = json.loads(subprocess.run([sys.argv[1], 'read', picture], check=True, capture_output=True, cwd=ROOT).stdout)
            found = ' '.join(line['text'] for line in read['pages'][0]['lines'])
            wrong = distance(truth, found)
            errors += wrong
            pages['%s %d' % (font, size)] = round(wrong / len(truth), 4)
    print(json.dumps({'cer': round(errors / len(truth) / len(pages), 4), 'pages': pages}, indent=1))


if __name__ == '__main__':
    main()
