"""The package digits on real pictures and recordings: every pattern, one modality alone, out of step, and noise."""
import gzip, json, os, random, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from tool import Checks, places, run, shared

plait, root = places()
check = Checks()
PAIRS = 200
mnist, recordings = shared(root, 'data', 'mnist'), shared(root, 'data', 'spoken-digits')
folder = tempfile.TemporaryDirectory()
pictures, dim = os.path.join(folder.name, 'dev-images'), os.path.join(folder.name, 'dim-images')
with gzip.open(os.path.join(mnist, 'dev-images-idx3-ubyte.gz')) as packed, open(pictures, 'wb') as out:
    idx = packed.read()
    out.write(idx)
with open(dim, 'wb') as out:  # half of the pixels of every picture are dark
    head, pixels, rng = idx[:16], idx[16:], random.Random(1)
    mask = bytes(rng.choice((0, 255)) for _ in range(28 * 28)) * (len(pixels) // (28 * 28))
    out.write(head + (int.from_bytes(pixels, 'big') & int.from_bytes(mask, 'big')).to_bytes(len(pixels), 'big'))
listed = json.load(open(os.path.join(mnist, 'dev-pairs.json')))['pairs'][-PAIRS:]
bare = [{'image': p['image'], 'audio': p['audio'], 'label': str(p['label'])} for p in listed]


def evaluate(pairs, *arguments, pictures=pictures):
    path = os.path.join(folder.name, 'pairs.json')
    json.dump({'root': os.path.abspath(recordings), 'pairs': pairs}, open(path, 'w'))
    result = run(plait, 'eval', '--model', 'digits', '--array', 'image=' + pictures, *arguments, path, cwd=root)
    check(result.returncode == 0, '%s: %s' % (arguments, result.stderr))
    return json.loads(result.stdout or '{}')


# Of 200 pairs: three mistakes of a fused answer, nine of one modality, are what is allowed.
patterns = json.load(open(os.path.join(root, 'models', 'digits', 'manifest.json')))['patterns']
for pattern in patterns:
    found = evaluate(bare, '--pattern', pattern)
    check(found['accuracy'] >= 0.985, '%s: accuracy %.3f' % (pattern, found['accuracy']))
    # Where the picture is good, a cascade leaves the sound alone, as it should: whether it can listen shows where it is not.
    found = evaluate(bare, '--pattern', pattern, pictures=dim)
    check(found['accuracy'] >= 0.965, '%s, dim: accuracy %.3f' % (pattern, found['accuracy']))
    check(found['dominance'] < 0.9, '%s listens to one modality alone: dominance %.3f' % (pattern, found['dominance']))
# What is read of good pictures and voices is as in training; half of the pixels gone is not.
for given, moved in ((pictures, []), (dim, ['image'])):
    drift = {m: v['drift'] for m, v in evaluate(bare, pictures=given)['modalities'].items()}
    check([m for m in drift if drift[m]['drifted']] == moved, 'drifted: expected %s, found %s' % (moved, drift))
for left in ('image', 'audio'):
    found = evaluate(bare, '--without', left)
    check(found['accuracy'] >= 0.955, 'without %s: accuracy %.3f' % (left, found['accuracy']))
    check(found['modalities'][left]['left_out'] == PAIRS, 'it says that %s was left out' % left)

late = evaluate([dict(p, at={'image': 1000000, 'audio': 1000000 - 400000}) for p in bare])
check(late['accuracy'] >= 0.955, 'out of step: accuracy %.3f' % late['accuracy'])
check(late['modalities']['audio'].get('misaligned') == PAIRS, 'it says that the sound is out of step: %r' % late['modalities'])
stale = evaluate([dict(p, at={'image': 3000000, 'audio': 1000000}) for p in bare])
check(stale['modalities']['audio'].get('stale') == PAIRS, 'it says that the sound is stale: %r' % stale['modalities'])
check.finish()
