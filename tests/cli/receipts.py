"""The shipped package on the real development receipts, where they are beside the repository: the least that is asked of it."""
import json, os, sys

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', folder) for folder in ('.', 'bench')]
import torn_pages
from tool import Checks, places, run, sanitized, shared, skip

WORDS_F1, PAGE_CER, LINES_F1 = 0.92, 0.05, 0.90
FIELDS_F1 = {'pixels': 0.87, 'true lines': 0.94}
CALIBRATION_ERROR, COVERAGE, SURE = 0.05, 0.45, 0.95
TORN = 0.1                             # of fields that are not there, those that are answered all the same and thought likely

plait, root = places()
dev = shared(root, 'data', 'receipts', 'dev')
if sanitized(plait):
    skip('the samples run the same code, and this takes minutes with a sanitizer')
check = Checks()


def at_least(what, found, wanted):
    print('%s %.4f' % (what, found))
    check(found >= wanted, '%s at least %s, found %s' % (what, wanted, found))


def at_most(what, found, wanted):
    print('%s %.4f' % (what, found))
    check(found <= wanted, '%s at most %s, found %s' % (what, wanted, found))


for kind, options in (('pixels', []), ('true lines', ['--true-text'])):
    result = run(plait, 'eval', *options, dev, cwd=root)
    check(result.returncode == 0, 'exit status 0, found %d: %s' % (result.returncode, result.stderr))
    report = json.loads(result.stdout)
    if kind == 'pixels':
        at_least('word F1', report['ocr']['words']['f1'], WORDS_F1)
        at_most('page CER', report['ocr']['cer_page'], PAGE_CER)
        at_least('line F1', report['ocr']['lines_iou50']['f1'], LINES_F1)
        at_least('coverage at 1% error', report['fields']['micro']['calibration']['coverage_at_1pct'], COVERAGE)
    at_least('fields F1, ' + kind, report['fields']['micro']['normalised']['f1'], FIELDS_F1[kind])
    at_least('precision of those over 0.9, ' + kind, report['fields']['micro']['calibration']['precision_when_sure'], SURE)
    for field in ('company', 'date', 'address', 'total'):
        at_most('calibration error of %s, %s' % (field, kind), report['fields'][field]['calibration']['ece'], CALIBRATION_ERROR)
for part in torn_pages.GONE:
    found = torn_pages.measure(plait, dev, os.path.join(root, 'models', 'receipt'), part)
    at_most('torn off: the ' + part, found['over_0.5'] / found['fields'], TORN)
check.finish()
