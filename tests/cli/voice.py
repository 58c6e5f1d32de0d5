"""plait read --audio: what is said of a receipt's total raises its confidence or lowers it, and the answer says so."""
import array, json, os, struct, sys, tempfile, wave

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from tool import Checks, places, run, shared

plait, root = places()
check = Checks()
RATE = 8000
folder = tempfile.TemporaryDirectory()
picture, words = os.path.join(root, 'samples', 'kopitiam.jpg'), os.path.join(root, 'samples', 'kopitiam.json')


def note(name, samples):
    path = os.path.join(folder.name, name)
    with wave.open(path, 'wb') as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(RATE)
        file.writeframes(array.array('h', samples).tobytes())
    return path


def read(*arguments):
    result = run(plait, 'read', '--lines', '--text', words, *arguments, picture, cwd=root)
    check(result.returncode == 0, '%s: %s' % (arguments, result.stderr))
    return json.loads(result.stdout or '{}')


def voice_check(document):
    return [c for c in document['checks'] if c['name'] == 'voice_agrees']


plain = read()
total = plain['fields']['total']
check('voice' not in plain, 'no voice without a note')

silent = read('--audio', note('silence.wav', [0] * RATE))
check(silent['voice']['digits'] == '' and not voice_check(silent), 'nothing is heard in silence: %r' % silent['voice'])
check(silent['modalities']['audio']['present'] and silent['modalities']['audio']['quality'] == 0, 'silence is bad sound')
check(silent['fields']['total']['confidence'] == total['confidence'], 'silence changes nothing')
left = read('--without', 'audio', '--audio', os.path.join(folder.name, 'silence.wav'))
check('voice' not in left, 'audio can be left out')



def refused(name, content, sentence):
    path = os.path.join(folder.name, name)
    open(path, 'wb').write(content)
    result = run(plait, 'read', '--lines', '--text', words, '--audio', path, picture, cwd=root)
    check(result.returncode == 1 and result.stderr.count('\n') == 1 and sentence in result.stderr, '%s costs one line: %r' % (name, result.stderr[:300]))


def riff(rate, form, bits, data, said=None):
    head = struct.pack('<4sI4s4sIHHIIHH', b'RIFF', 36 + len(data), b'WAVE', b'fmt ', 16, form, 1, rate, rate * bits // 8, bits // 8, bits)
    return head + struct.pack('<4sI', b'data', len(data) if said is None else said) + data


# What is hostile: no sound, rates and lengths that lie, minutes of noise, numbers that are none.
refused('empty.wav', b'', 'voice note')
refused('header.wav', b'RIFF\0\0\0\0WAVE', 'voice note')
refused('no-rate.wav', riff(0, 1, 16, bytes(1600)), 'voice note')
refused('long.wav', riff(8000, 1, 8, bytes(8000 * 121)), 'less than 120 s')
for name, content in (('short.wav', riff(8000, 1, 16, bytes(1600), 1 << 30)), ('no-samples.wav', riff(8000, 1, 16, b'')),
                      ('nan.wav', riff(8000, 3, 32, struct.pack('<f', float('nan')) * 4000)), ('one.wav', riff(384000, 1, 16, b'\0\1'))):
    open(os.path.join(folder.name, name), 'wb').write(content)
    result = run(plait, 'read', '--lines', '--text', words, '--audio', os.path.join(folder.name, name), picture, cwd=root)
    heard = json.loads(result.stdout) if result.returncode == 0 else None
    check(heard is None and result.stderr.count('\n') == 1 or heard and heard['voice']['digits'] == '' and
          heard['fields']['total']['confidence'] == total['confidence'], '%s is refused or says nothing: %d %r' % (name, result.returncode, result.stderr[:300]))

recordings = shared(root, 'data', 'spoken-digits', 'dev')


def say(digits, speaker='jackson'):
    samples = array.array('h', [0] * (RATE // 4))
    for i, digit in enumerate(digits):
        with wave.open(os.path.join(recordings, '%s_%s_%d.wav' % (digit, speaker, 5 + i % 5))) as file:
            samples.frombytes(file.readframes(file.getnframes()))
        samples.extend([0] * (RATE // 5))
    return note('%s-%s.wav' % (speaker, digits), samples)


right, other = total['value'].replace('.', ''), '4070'
agreeing = read('--audio', say(right))
check(agreeing['voice']['digits'] == right, 'heard %s, said %s' % (agreeing['voice']['digits'], right))
check(agreeing['fields']['total']['confidence'] >= total['confidence'], 'agreement does not lower')
check([c['passed'] for c in voice_check(agreeing)] == [True], 'agreement is checked: %r' % agreeing['checks'])
check(agreeing['fields']['total']['evidence']['audio'] > 0, 'agreement is evidence')
conflicting = read('--audio', say(other))
check(conflicting['fields']['total']['confidence'] < total['confidence'], 'conflict lowers')
check([c['passed'] for c in voice_check(conflicting)] == [False] and 'check:voice_agrees' in conflicting['review']['reasons'], 'conflict is a reason to look')
check(abs(sum(conflicting['fields']['total']['evidence'].values()) - 1) < 1e-3, 'shares of evidence sum to 1')
print('total %s: %.4f alone, %.4f agreed with, %.4f contradicted' % (total['value'], total['confidence'], agreeing['fields']['total']['confidence'],
                                                               conflicting['fields']['total']['confidence']))
check.finish()
