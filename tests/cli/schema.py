"""Every document and every manifest is as the JSON Schemas say, and the schemas refuse what they should."""
import copy, glob, json, os, sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from tool import Checks, places, run, skip

try:
    import jsonschema
except ImportError:
    skip('python3-jsonschema is not installed')

plait, root = places()
check = Checks()


def load(*path):
    return json.load(open(os.path.join(root, *path), encoding='utf-8'))


def errors(schema, instance):
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(instance)]


document_schema, package_schema = load('src', 'document', 'document.schema.json'), load('models', 'manifest.schema.json')
for schema in (document_schema, package_schema):
    jsonschema.Draft202012Validator.check_schema(schema)

pictures = sorted(glob.glob(os.path.join(root, 'samples', '*.jpg')) + glob.glob(os.path.join(root, 'samples', '*.png')))
labels = [os.path.splitext(p)[0] + '.json' for p in pictures]
documents = []
for arguments in [['--lines', *pictures]] + [['--text', label, picture] for picture, label in zip(pictures, labels)] + [
        ['--without', 'image', pictures[0]], ['--without', 'text', pictures[0]], ['--without', 'layout', '--without', 'image', pictures[0]],
        ['--model', 'tests/packages/plain', '--text', labels[0], pictures[0]], ['--text', os.path.join(root, 'LICENSE'), pictures[0]]]:
    result = run(plait, 'read', *arguments, cwd=root)
    check(result.returncode == 0, '%s: exit status %d: %s' % (arguments, result.returncode, result.stderr))
    documents += [json.loads(line) for line in result.stdout.splitlines()] if '--lines' in arguments else [json.loads(result.stdout or '{}')]
for document in documents:
    found = errors(document_schema, document)
    check(not found, '%s: %s' % (document.get('source'), found[:2]))
    for name, field in document.get('fields', {}).items():
        if field['evidence']:
            check(abs(sum(field['evidence'].values()) - 1) < 1e-3, '%s: evidence sums to 1, found %s' % (name, field['evidence']))  # four shares of 4 decimals
        lines = sum(len(page['lines']) for page in document['pages'])
        check(all(line < lines for line in field['lines']), '%s: lines %s of %d' % (name, field['lines'], lines))

# What is not right is refused.
for change in (lambda d: d.pop('fields'), lambda d: d.update(schema='other'), lambda d: d['source'].update(digest='short'), lambda d: d['pages'].clear(),
               lambda d: d['timing_ms'].update(total=-1), lambda d: d.update(extra=1)):
    wrong = copy.deepcopy(documents[0])
    change(wrong)
    check(errors(document_schema, wrong), 'a wrong document is refused')

manifests = glob.glob(os.path.join(root, 'models', '*', 'manifest.json')) + glob.glob(os.path.join(root, 'tests', 'packages', '*', 'manifest.json'))
check(len(manifests) >= 2, 'manifests are found')
for path in manifests:
    found = errors(package_schema, json.load(open(path, encoding='utf-8')))
    check(not found, '%s: %s' % (path, found[:2]))
manifest = load('models', 'receipt', 'manifest.json')
for change in (lambda m: m.pop('name'), lambda m: m['detector'].update(stride='four'), lambda m: m['detector'].update(strde=4), lambda m: m['files'].update({'../x': {}})):
    wrong = copy.deepcopy(manifest)
    change(wrong)
    check(errors(package_schema, wrong), 'a wrong manifest is refused')
check.finish()
