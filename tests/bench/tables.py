"""How well tables are found in a folder of PDFs with true cells (NAME.pdf, NAME.json; format: ../shared/data/README.md).

    tests/bench/tables.py PLAIT FOLDER [NAME...]

The measure is that of the ICDAR 2013 table competition (Göbel, Hassan, Oro, Orsi: "A methodology for evaluating algorithms for
table understanding in PDF documents", DocEng 2012; "ICDAR 2013 table competition", ICDAR 2013): every cell that is not blank is
in relation with its next such neighbour to the right and below, blank cells passed over; a relation is the two texts and the
direction.  Precision and recall count relations found and true.  Here the relations of all tables of a document are pooled, so
that a table cut in two loses only what it cut.  Texts are compared without white space and case, figures are the sum over all
documents (micro) and the mean of the documents' (macro)."""
import collections, glob, json, os, subprocess, sys


def relations(cells):
    """`cells`: (row, column, row_end, column_end, text), ends inclusive.  A multiset of (text, text, direction)."""
    place, found = {}, collections.Counter()
    for index, (row, column, row_end, column_end, _) in enumerate(cells):
        for r in range(row, row_end + 1):
            for c in range(column, column_end + 1):
                place.setdefault((r, c), index)
    rows = 1 + max((cell[2] for cell in cells), default=-1)
    columns = 1 + max((cell[3] for cell in cells), default=-1)
    for index, (row, column, row_end, column_end, text) in enumerate(cells):
        right = {next((place[r, c] for c in range(column_end + 1, columns) if (r, c) in place), None) for r in range(row, row_end + 1)}
        below = {next((place[r, c] for r in range(row_end + 1, rows) if (r, c) in place), None) for c in range(column, column_end + 1)}
        for direction, others in (('right', right), ('below', below)):
            for other in others - {None, index}:
                found[text, cells[other][4], direction] += 1
    return found


def plain(text):
    return ''.join(text.split()).lower()


def truth_of(path):
    total = collections.Counter()
    for table in json.load(open(path, encoding='utf-8'))['tables']:
        cells = [(c['row'], c['col'], c['row_end'], c['col_end'], plain(c['text'])) for c in table['cells']]
        total += relations([c for c in cells if c[4]])
    return total


def found_in(document):
    total = collections.Counter()
    for table in document['tables']:
        cells = [(c['row'], c['column'], c['row'] + c['row_span'] - 1, c['column'] + c['column_span'] - 1, plain(c['text'])) for c in table['cells']]
        total += relations([c for c in cells if c[4]])
    return total


def scores(right, found, true):
    precision, recall = right / found if found else 0, right / true if true else 0
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0


def read(plait, path):
    """Tables need no network: a package without any is enough, unless a page has no text layer."""
    plain_package = os.path.join(os.path.dirname(__file__), '..', 'packages', 'plain')
    for options in (['--model', plain_package], []):
        result = subprocess.run([plait, 'read', '--lines', *options, path], capture_output=True, text=True)
        if result.returncode == 0:
            return json.loads(result.stdout)
    print(result.stderr.strip(), file=sys.stderr)
    return {'tables': []}


def measure(plait, folder, names=()):
    """Prints a line a document; (precision, recall, F1) micro and macro."""
    paths = sorted(p for p in glob.glob(os.path.join(folder, '*.pdf')) if not names or os.path.basename(p)[:-4] in names)
    rows, sums = [], [0, 0, 0]
    for path in paths:
        true, found = truth_of(path[:-4] + '.json'), found_in(read(plait, path))
        counts = sum((true & found).values()), sum(found.values()), sum(true.values())
        sums = [a + b for a, b in zip(sums, counts)]
        rows.append(scores(*counts))
        print('%-16s precision %.3f recall %.3f F1 %.3f  (%d of %d found, %d true)' % (os.path.basename(path), *rows[-1], *counts), flush=True)
    return scores(*sums), tuple(sum(column) / len(rows) for column in zip(*rows))


if __name__ == '__main__':
    micro, macro = measure(sys.argv[1], sys.argv[2], sys.argv[3:])
    print('micro: precision %.4f recall %.4f F1 %.4f' % micro)
    print('macro: precision %.4f recall %.4f F1 %.4f' % macro)
