"""Tables: the items of our sample receipts, and the PDFs of the ICDAR 2013 competition where they are beside the repository."""
import glob, json, os, sys

sys.path[:0] = [os.path.join(os.path.dirname(__file__), '..'), os.path.join(os.path.dirname(__file__), '..', 'bench')]
import tables
from tool import Checks, places, run, sanitized, shared

F1 = 0.85  # micro and macro, on half of the competition's documents

plait, root = places()
check = Checks()
plain = os.path.join(root, 'tests', 'packages', 'plain')


def receipt(name):
    sample = os.path.join(root, 'samples', name)
    result = run(plait, 'read', '--lines', '--model', plain, '--text', sample + '.json', glob.glob(sample + '.[jp][pn]g')[0], cwd=root)
    check(result.returncode == 0, '%s: exit status 0, found %d: %s' % (name, result.returncode, result.stderr))
    return json.loads(result.stdout)['tables']


# Every item stands in a row of its own, its price in the last column.
for name, items in (('kopitiam', {'NASI LEMAK': '9.00', 'ROTI BAKAR': '3.20', 'TEH TARIK': '5.00'}),
                    ('grocer', {'Oat milk 1L': '1.95', 'Brown bread': '2.40', 'Cheddar 350g': '4.75'})):
    found = receipt(name)
    rows = {}
    for index, table in enumerate(found):
        for cell in table['cells']:
            rows.setdefault((index, cell['row']), []).append((cell['column'], cell['text']))
    texts = [[text for _, text in sorted(row)] for row in rows.values()]
    for item, price in items.items():
        check(any(item in row and row[-1] == price for row in texts), '%s: %s at %s is a row, found %s' % (name, item, price, texts))

folder = shared(root, 'data', 'pdfs') if check.failed == 0 and not sanitized(plait) else None
if folder:
    micro, macro = tables.measure(plait, folder)
    print('adjacency relations: micro F1 %.4f, macro F1 %.4f' % (micro[2], macro[2]))
    check(micro[2] >= F1 and macro[2] >= F1, 'F1 at least %s, found %.4f and %.4f' % (F1, micro[2], macro[2]))
check.finish()
