"""plait eval on the samples: good enough figures, and the same as the published scorer's where that is beside the repository."""
import json, os, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from tool import Checks, places, run

plait, root = places()
check = Checks()
samples = os.path.join(root, 'samples')

with tempfile.TemporaryDirectory() as folder:
    predictions, worst = os.path.join(folder, 'predictions.jsonl'), os.path.join(folder, 'worst')
    result = run(plait, 'eval', '--predictions', predictions, '--worst', worst, samples, cwd=root)
    check(result.returncode == 0, 'exit status 0, found %d: %s' % (result.returncode, result.stderr))
    report = json.loads(result.stdout)
    check(report['documents'] == 6 and report['missing'] == 0, 'six documents are read')
    # Clean print of known fonts; a model that reads less is broken, not only worse.
    check(report['ocr']['words']['f1'] >= 0.6, 'word F1 at least 0.6, found %s' % report['ocr']['words'])
    check(report['fields']['micro']['normalised']['f1'] >= 0.4, 'fields F1 at least 0.4, found %s' % report['fields']['micro'])
    for key in ('latency_ms', 'documents_per_second', 'faults'):
        check(key in report, '%s is reported' % key)
    figures = {'word_f1': report['ocr']['words']['f1'], 'cer_page': report['ocr']['cer_page'],
               'lines_iou50_f1': report['ocr']['lines_iou50']['f1'], 'fields_normalised_f1': report['fields']['micro']['normalised']['f1']}
    for name, figure in figures.items():
        low, high = report['intervals'][name]
        check(low <= figure <= high and low < high, 'the interval of %s, [%s, %s], holds %s' % (name, low, high, figure))
    documents = [json.loads(line) for line in open(predictions, encoding='utf-8')]
    check(sorted(d['source']['name'] for d in documents) == sorted(n for n in os.listdir(samples) if not n.endswith('.json')), 'a prediction a picture')
    page = open(os.path.join(worst, 'index.html'), encoding='utf-8').read()
    check(page.count('<section>') == 6, 'the page of worst cases shows all six')
    check(all(os.path.getsize(os.path.join(worst, d['source']['name'].rsplit('.', 1)[0] + '.png')) > 1000 for d in documents), 'with pictures')

    true_text = json.loads(run(plait, 'eval', '--true-text', samples, cwd=root).stdout)
    check(true_text['ocr']['words']['f1'] == 1, 'known words are all right')

    empty = run(plait, 'eval', folder, cwd=root)
    check(empty.returncode == 1 and len(empty.stderr.splitlines()) == 1, 'a folder without labels is one line: %r' % empty.stderr)

    # Agreement to the four decimals given; sums in another order may round an exact half the other way.
    tool = os.path.join(os.environ.get('PLAIT_SHARED', os.path.join(root, '..', 'shared')), 'tools', 'score_receipts.py')
    if os.path.exists(tool):
        other = json.loads(run(sys.executable, tool, samples, predictions).stdout)['all']

        def compare(mine, theirs, way):
            if isinstance(mine, dict):
                for key in mine:
                    if isinstance(theirs, dict) and key in theirs:
                        compare(mine[key], theirs[key], way + '.' + key)
            else:
                same = mine == theirs or (None not in (mine, theirs) and abs(mine - theirs) < 1.01e-4)
                check(same, '%s: %s here, %s there' % (way, mine, theirs))

        compare(report['ocr'], other['ocr'], 'ocr')
        compare(report['fields'], other['fields'], 'fields')
    else:
        print('the published scorer is not beside the repository: agreement is not checked')
check.finish()
