"""What people say is right: it goes into the memory that documents are read with, and is held against the version that answered."""
import json, os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, untimed
from tool import Checks, places

plait, root = places()
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()


def read(server, document=jpeg, **headers):
    return json.loads(server.post('/v1/documents', document, 'image/jpeg', headers)[2])


def correct(server, document, fields):
    status, _, body = server.post('/v1/feedback', {'digest': document['source']['digest'], 'fields': fields})
    return status, json.loads(body)


def memory(place, key, *command):
    return subprocess.run([plait, 'memory', '--memory', place, '--key-file', key, *command], capture_output=True, text=True)


with tempfile.TemporaryDirectory() as folder:
    place, key = os.path.join(folder, 'shops.db'), os.path.join(folder, 'key')
    subprocess.run([plait, 'memory', 'new-key', key], check=True, capture_output=True)
    options = ['--workers', 2, '--quiet', '--memory', place, '--key-file', key]
    with Endpoint(plait, root, *options) as server:
        before = read(server)
        other = 'TERIMA KASIH'  # stands on the page
        check(before['fields']['company']['value'] != other, 'another line than was read')
        status, answer = correct(server, {'source': {'digest': '0' * 64}}, {'company': 'Nobody'})
        check((status, answer['remembered']) == (201, None), 'a document that is not known: %d %s' % (status, answer))
        check(correct(server, before, {'none': 'x'})[0] == 400, 'a field that there is not')
        status, answer = correct(server, before, {'company': other})
        check(status == 201 and len(answer['remembered']) == 16, 'a correction is remembered: %d %s' % (status, answer))
        for attempt in range(4):  # whichever worker has it
            after = read(server)['fields']['company']
            check(after['value'] == other and 'confirmed' in after, 'the next reading knows it: %s' % after)
        check(server.metrics()['plait_feedback_fields_total{model="receipt@%s",right="false"}' % before['model']['version']] == 1, 'it is counted')
        check(server.end() == 0, 'it ends well')
    with Endpoint(plait, root, *options) as server:
        served = server.post('/v1/documents?name=kopitiam.jpg', jpeg, 'image/jpeg')[2]
        check(json.loads(served)['fields']['company']['value'] == other, 'and after a restart')
        check(not any(other in line for line in server.log), 'nothing of it is in the log')
    command = [plait, 'read', '--lines', '--memory', place, '--key-file', key, os.path.join(root, 'samples', 'kopitiam.jpg')]
    check(untimed(subprocess.run(command, capture_output=True).stdout) == untimed(served), 'the command reads the same with that memory')
    exported = memory(place, key, 'export')
    check(exported.stdout.count('plait.example/1') == 1, 'one document is remembered: %s %s' % (exported.stdout[:200], exported.stderr))
    wrong = os.path.join(folder, 'wrong')
    subprocess.run([plait, 'memory', 'new-key', wrong], check=True, capture_output=True)
    refused = subprocess.run([plait, 'serve', '--port', '0', '--quiet', '--memory', place, '--key-file', wrong], cwd=root, capture_output=True, text=True, timeout=120)
    check(refused.returncode == 1 and 'key' in refused.stderr, 'another key is refused: %s' % refused.stderr)

    # A canary that people correct more often than the stable version, though it was as sure, is unloaded.
    models = os.path.join(folder, 'models')
    os.mkdir(models)
    os.symlink(os.path.join(root, 'models', 'receipt'), os.path.join(models, 'receipt'))
    with Endpoint(plait, root, '--workers', 2, '--quiet', '--models', models, '--feedback', os.path.join(folder, 'said')) as server:
        stable = read(server)['model']['version']
        shutil.copytree(os.path.join(root, 'models', 'receipt'), os.path.join(models, 'next'))
        manifest = json.load(open(os.path.join(models, 'next', 'manifest.json')))
        manifest['version'] = '9.0.0'
        json.dump(manifest, open(os.path.join(models, 'next', 'manifest.json'), 'w'))
        order = {'parameters': {'version': '9.0.0', 'canary_percent': 50, 'canary_slower': 1e6}}
        check(server.post('/v2/repository/models/receipt/load', order)[0] == 200, 'a canary')
        said = {stable: 0, '9.0.0': 0}
        for number in range(60):
            document = read(server, jpeg + b'\0' * number, **{'X-Sticky-Key': 'key-%d' % number})  # of another digest
            version = document['model']['version']
            if said[version] >= 24 and min(said.values()) >= 24:
                break
            values = {name: field['value'] for name, field in document['fields'].items() if field['value'] is not None}
            fields = values if version == stable else {name: 'no ' + value for name, value in values.items()}
            check(correct(server, document, fields)[0] == 201, 'a person says so')
            said[version] += len(fields)
            if any('canary unloaded' in line for line in server.log):
                break
        check(any('Brier' in line for line in server.log), 'unloaded for its confidences: %s %s' % (said, [line for line in server.log if 'canary' in line]))
        check(read(server)['model']['version'] == stable and server.end() == 0, 'the stable version goes on')

    # What was said becomes a labelled folder, which is measured, and can be trained on.
    kept, said, labelled = (os.path.join(folder, name) for name in ('kept', 'said-2', 'labelled'))
    os.mkdir(kept)
    pictures = [os.path.join(root, 'samples', name) for name in ('kopitiam.jpg', 'grocer.jpg', 'hardware.jpg', 'bookshop.jpg')]  # the last one lies on its side
    with Endpoint(plait, root, '--workers', 1, '--quiet', '--feedback', said) as server:
        for number, picture in enumerate(pictures):
            shutil.copy(picture, os.path.join(kept, 'upload-%d.jpg' % number))
            document = read(server, open(picture, 'rb').read())
            check(correct(server, document, {'company': 'First'})[0] == 201 and correct(server, document, {'company': 'Nobody & Sons', 'date': None})[0] == 201, 'it is kept')
        correct(server, {'source': {'digest': 'f' * 64}}, {'company': 'no picture'})
        server.end()
    open(said, 'ab').write(b'{"a line that was cut')
    command = [sys.executable, os.path.join(root, 'models', 'training', 'feedback.py'), said, kept, labelled, '--plait', plait, '--sure', '0.5']
    made = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    check(made.returncode == 0 and json.loads(made.stdout) == {'documents': 5, 'written': 3, 'no_picture': 1, 'unsure': 0, 'turned': 1, 'damaged_lines': 1}, 'a labelled folder: %s%s' % (made.stdout, made.stderr))
    labels = [json.load(open(os.path.join(labelled, name))) for name in os.listdir(labelled) if name.endswith('.json')]
    check(len(labels) == 3 and all(label['fields']['company'] == 'Nobody & Sons' and label['fields']['date'] is None and label['fields']['total'] and len(label['lines']) > 5 for label in labels), 'what was said last, and what nobody said is wrong')
    measured = json.loads(subprocess.run([plait, 'eval', labelled], cwd=root, capture_output=True, text=True, timeout=300, check=True).stdout)
    check(measured['documents'] == 3 and measured['missing'] == 0 and measured['fields']['company']['strict']['f1'] == 0 and measured['fields']['total']['strict']['f1'] == 1, 'and plait eval takes it: %s' % measured)
    none = subprocess.run([*command[:-1], '1.1'], cwd=root, capture_output=True, text=True, timeout=300)
    check(none.returncode == 1 and json.loads(none.stdout)['unsure'] == 3, 'what is not sure is left out: %s' % none.stdout)
check.finish()
