"""The command on the GPU's backend, on the stand-in for NVIDIA's driver that LD_LIBRARY_PATH names: what it reads, that all runs there,
that nothing is left behind, and what it says when something fails."""
import itertools, json, os, re, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from tool import Checks, differences, places, run, sanitized

plait, root = places()
check = Checks()
SAMPLE = os.path.join('samples', 'kopitiam.jpg')
DRIVER = os.environ['LD_LIBRARY_PATH']
folder = tempfile.TemporaryDirectory()


def command(*arguments, **settings):
    """The command with settings of the stand-in, and what the driver counted: {} when it never began."""
    path = os.path.join(folder.name, 'report')
    open(path, 'w').close()
    environment = dict(os.environ, PLAIT_STANDIN_REPORT=path, **{'PLAIT_STANDIN_' + name: str(value) for name, value in settings.items()})
    done = run(plait, *arguments, cwd=root, env=environment)
    words = open(path).read().split()
    return done, {name: int(count) for name, count in zip(words[::2], words[1::2])}


def nothing_left(counts, what):
    kept = counts['allocated'] - counts['freed'], counts['modules'], counts['streams'], counts['retained'], counts['bad']
    check(kept == (0, 0, 0, 0, 0), '%s: memory, modules, streams, contexts kept and misuses: %s' % (what, kept))


# A page is read as on the processor, in whatever order threads and blocks have their turns.
expected = run(plait, 'read', SAMPLE, cwd=root).stdout
pages = []
for order in (0, 1, 5) if not sanitized(plait) else (5,):
    done, counts = command('read', '--backend', 'cuda', SAMPLE, ORDER=order)
    check(done.returncode == 0, 'order %d: it reads: %s' % (order, done.stderr))
    pages.append(re.sub(r'"(timing_ms": {.*?}|ms": [0-9.]+)', '', done.stdout, flags=re.S))
    nothing_left(counts, 'order %d' % order)
    print('order %d: %s' % (order, counts))
found = differences(json.loads(done.stdout), json.loads(expected))
check(found == [], 'the page is read as by xnnpack: %s' % found[:5])
check(json.loads(done.stdout)['fields']['total']['value'] == '21.20', 'and as it is')
check(len(set(pages)) == 1, 'the same numbers, to the last bit, in any order of threads')

# The other samples too.
for sample in ('bookshop.jpg', 'boulangerie.png', 'hardware.jpg') if not sanitized(plait) else ():
    here, there = (command('read', '--backend', backend, os.path.join('samples', sample))[0] for backend in ('xnnpack', 'cuda'))
    found = differences(json.loads(there.stdout), json.loads(here.stdout))
    check(found == [], '%s is read as by xnnpack: %s' % (sample, found[:5]))

# The shipped networks run there alone.
golden = os.path.join('tests', 'golden')
for name, inputs in (('receipt/detector', ['image']), ('receipt/recogniser', ['image']), ('receipt/text', ['characters', 'features']), ('receipt/layout', ['features']),
                     ('receipt/image', ['pictures']), ('receipt/fusion', ['text', 'layout', 'image', 'present']), ('receipt/voice', ['sound']), ('digits/image', ['picture']),
                     ('digits/audio', ['sound']), ('digits/attention', ['image', 'audio', 'present'])):
    package, network = name.split('/')
    place = os.path.join(golden, network) if package == 'receipt' else os.path.join(golden, package, network)
    done, counts = command('onnx', '--backend', 'cuda', '--profile', '--output', folder.name, os.path.join('models', name + '.onnx'), *[os.path.join(place, i + '.npy') for i in inputs])
    check(done.returncode == 0, '%s runs: %s' % (name, done.stderr))
    profile = json.loads(done.stdout.splitlines()[-1])
    check(profile['fallbacks'] == [] and [s['backend'] for s in profile['segments']] == ['cuda'] and profile['operators'], '%s: all of it on the GPU: %s' % (name, profile['fallbacks']))
    check(counts['uploads'] >= len(inputs) and counts['downloads'] <= 3, '%s: inputs go there and outputs come back once: %s' % (name, counts))

# What is not there is said in a line.
small = ['onnx', '--backend', 'cuda', '--output', folder.name, os.path.join('models', 'digits', 'image.onnx'), os.path.join(golden, 'digits', 'image', 'picture.npy')]
cases = [({'DEVICES': 0}, 'finds no device'), ({'CAPABILITY': 61}, 'expected 7.5 or more, found 6.1'), ({'FAULT': 'cuInit:1:999'}, 'unknown error (999)'), ({'MEMORY': 4096}, 'out of memory')]
if not os.path.exists('/dev/nvidiactl'):
    os.environ['LD_LIBRARY_PATH'] = ''
    done = run(plait, *small, cwd=root)
    check(done.returncode == 1 and 'there is no NVIDIA driver here' in done.stderr and done.stderr.count('\n') == 1, 'no driver: %r' % done.stderr)
    os.environ['LD_LIBRARY_PATH'] = DRIVER
for settings, part in cases:
    done, counts = command(*small, **settings)
    check(done.returncode == 1 and part in done.stderr and done.stderr.count('\n') == 1, '%s: %r' % (settings, done.stderr))
    if counts:
        nothing_left(counts, settings)

# Whatever call fails: one line, or what is asked for, and nothing kept.  719 is a device that is lost: nothing works from there on.
done, counts = command(*small)
answer = open(os.path.join(folder.name, 'out.npy'), 'rb').read()
nothing_left(counts, 'no fault')
calls = [('cuDeviceGetCount', [1]), ('cuDeviceGet', [1]), ('cuDeviceGetAttribute', [1, 2]), ('cuDevicePrimaryCtxRetain', [1]), ('cuCtxSetCurrent', [1, 2, 3]), ('cuStreamCreate', [1]),
         ('cuModuleLoadData', range(1, counts['loads'] + 1)), ('cuModuleGetFunction', [1, 4]), ('cuMemAlloc_v2', range(1, counts['allocated'] + 1)), ('cuMemcpyHtoDAsync_v2', range(1, counts['uploads'] + 1)),
         ('cuLaunchKernel', range(1, counts['launched'] + 1)), ('cuStreamSynchronize', [1, 5, counts['uploads'] + 1]), ('cuMemcpyDtoHAsync_v2', range(1, counts['downloads'] + 1))]
failed = 0
for (name, places_of), code in itertools.product(calls, (2, 719)):
    for place in places_of if not sanitized(plait) else list(places_of)[::3]:
        fault = '%s:%d:%d' % (name, place, code)
        done, counts = command(*small, FAULT=fault)
        line = done.returncode == 1 and done.stderr.count('\n') == 1 and 'cuda: ' in done.stderr and '(%d)' % code in done.stderr
        same = done.returncode == 0 and open(os.path.join(folder.name, 'out.npy'), 'rb').read() == answer
        failed += line
        check(line or same, '%s: one line or the answer: %d %r' % (fault, done.returncode, done.stderr))
        if code != 719:
            nothing_left(counts, fault)
print('%d faults were told of' % failed)
check(failed >= (20 if sanitized(plait) else 50), 'faults are told of')
folder.cleanup()
check.finish()
