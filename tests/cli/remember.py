"""plait confirm, forget and memory from outside: what was confirmed is read again, kept encrypted, and gone when forgotten."""
import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tool import Checks, places, run

PLAIT, ROOT = places()
check = Checks()
SAMPLE = os.path.join(ROOT, 'samples', 'kopitiam.jpg')
FOLDER = pathlib.Path(tempfile.mkdtemp())
os.chdir(FOLDER)
check(run(PLAIT, 'memory', 'new-key', 'key').returncode == 0 and (os.stat('key').st_mode & 0o777) == 0o600, 'a key for its owner alone')
MEMORY = ('--memory', 'shops.db', '--key-file', 'key')


def read(*options):
    return json.loads(run(PLAIT, 'read', '--lines', *options, SAMPLE).stdout)


before = read()
(FOLDER / 'before.json').write_text(json.dumps(before))
company = before['fields']['company']['value']
confirmed = company.title() + '.'
result = run(PLAIT, 'confirm', *MEMORY, 'before.json', f'company={confirmed}', 'address=')
name = result.stdout.strip()
check(result.returncode == 0 and len(name) == 16, 'a document is confirmed: ' + result.stderr)
after = read(*MEMORY)
check(after['fields']['company']['value'] == confirmed and after['fields']['company']['confirmed'] == name, 'the confirmed value is read')
check(after['fields']['company']['polygon'] == before['fields']['company']['polygon'], 'where it stands')
check(after['fields']['total'] == before['fields']['total'], 'other fields are as before')
check('confirmed' not in after['fields']['address'], 'that there is no address is not a value')
check([step['step'] for step in after['path']] == ['fused', 'retrieval'], 'the path says so')
try:
    import jsonschema
    schema = json.load(open(os.path.join(ROOT, 'src', 'document', 'document.schema.json')))
    check(not list(jsonschema.Draft202012Validator(schema).iter_errors(after)), 'the document is as its schema says')
except ImportError:
    pass
check(company.encode() not in open('shops.db', 'rb').read() and confirmed.encode() not in open('shops.db', 'rb').read(), 'nothing can be read in the file')

os.mkdir('set')
for suffix in ('.jpg', '.json'): os.symlink(SAMPLE[:-4] + suffix, 'set/kopitiam' + suffix)
for options, found in (((), None), (MEMORY, name)):
    run(PLAIT, 'eval', *options, '--predictions', 'read.jsonl', 'set')
    check(json.load(open('read.jsonl'))['fields']['company'].get('confirmed') == found, f'eval reads with the memory that is named: {options}')

exported = run(PLAIT, 'memory', *MEMORY, 'export').stdout
check(json.loads(exported)['fields']['company']['value'] == confirmed, 'export')
(FOLDER / 'lines').write_text(exported)
check(run(PLAIT, 'memory', '--memory', 'other.db', '--key-file', 'key', 'import', 'lines').stdout == '1\n', 'import')
key = open('key').read().strip()
other = {**os.environ, 'PLAIT_MEMORY': 'other.db', 'PLAIT_MEMORY_KEY': key}
check(json.loads(run(PLAIT, 'read', '--lines', SAMPLE, env=other).stdout)['fields']['company']['value'] == confirmed, 'place and key from the environment')
wrong = {**other, 'PLAIT_MEMORY_KEY': key[::-1]}
result = run(PLAIT, 'read', SAMPLE, env=wrong)
check(result.returncode == 1 and result.stderr.count('\n') == 1 and key[::-1] not in result.stderr and 'expected the key' in result.stderr, 'another key is refused, and not printed')

for arguments, sentence in ((('confirm', *MEMORY, 'before.json', 'shop=x'), 'no field "shop"'), (('confirm', *MEMORY, 'before.json', 'company'), 'FIELD=VALUE'),
                            (('confirm', *MEMORY, 'key'), 'key: '), (('confirm', 'before.json'), 'expected a memory'),
                            (('forget', *MEMORY, '0123456789abcdef'), 'there is no document'), (('memory', *MEMORY, 'import', 'key'), 'line 1')):
    result = run(PLAIT, *arguments)
    check(result.returncode == 1 and sentence in result.stderr and result.stderr.count('\n') == 1, f'{arguments} costs one line: {result.stderr}')
check(run(PLAIT, 'forget', *MEMORY, name).returncode == 0, 'forgotten')
check(read(*MEMORY)['fields'] == before['fields'], 'what was forgotten is not read')
check(run(PLAIT, 'forget', '--memory', 'other.db', '--key-file', 'key', '--all').returncode == 0, 'all is forgotten')
check(run(PLAIT, 'memory', '--memory', 'other.db', '--key-file', 'key', 'export').stdout == '', 'nothing is left')
check.finish()
