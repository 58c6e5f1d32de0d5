"""The shipped package on the real development receipts, where they are beside the repository: the least that is asked of it."""
import json, os, sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from tool import Checks, places, run, sanitized, shared, skip

WORDS_F1, FIELDS_F1 = 0.70, 0.55       # Tesseract 5.3 on such receipts: 0.72, and 0.65 by a learned reader of its lines

plait, root = places()
dev = shared(root, 'data', 'receipts', 'dev')
if sanitized(plait):
    skip('the samples run the same code, and this takes minutes with a sanitizer')
check = Checks()
result = run(plait, 'eval', dev, cwd=root)
check(result.returncode == 0, 'exit status 0, found %d: %s' % (result.returncode, result.stderr))
report = json.loads(result.stdout)
words, fields = report['ocr']['words']['f1'], report['fields']['micro']['normalised']['f1']
print('word F1 %.4f, fields F1 %.4f' % (words, fields))
check(words >= WORDS_F1, 'word F1 at least %s, found %s' % (WORDS_F1, words))
check(fields >= FIELDS_F1, 'fields F1 at least %s, found %s' % (FIELDS_F1, fields))
check.finish()
