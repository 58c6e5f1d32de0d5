"""Conditions that the digits are measured in, calibration, and figures."""
import numpy as np
import torch
from torch.nn import functional as F

import digits_data
import digits_fusion
import digits_quality
import digits_sound

VERSIONS = {'clean': ('good', 'good'), 'image degraded': ('bad', 'good'), 'audio degraded': ('good', 'bad'), 'both degraded': ('bad', 'bad'),
            'image missing': (None, 'good'), 'audio missing': ('good', None)}
CONDITIONS = tuple(VERSIONS)
PATTERNS = ('late', 'stacked', 'early', 'attention', 'experts', 'retrieval', 'cascade')
NOISE_DB = 0      # of the degraded audio
ENERGY = 0.25     # of the degraded pictures' variance is kept


def embed(model, inputs):
    with torch.no_grad():
        return torch.cat([model(x) for x in inputs.split(256)])


class Set:
    """Pairs of pictures and recordings in good and bad versions, embedded: good/bad [n, WIDTH] of each; their quality [n]; labels."""

    def __init__(self, image_model, audio_model, energy, pictures, recordings, pairs, seed):
        """pairs: [(number of a picture, number of a recording, label)]"""
        random = np.random.default_rng(seed)
        tensor = lambda p: torch.from_numpy(np.ascontiguousarray(p))[:, None]
        chosen = np.array([p[0] for p in pairs])
        heard = [p[1] for p in pairs]
        bad = (np.round(255 * energy.take(pictures, energy.components(ENERGY))) / 255).astype(np.float32)
        self.image = {k: embed(image_model, tensor(p))[chosen] for k, p in (('good', pictures), ('bad', bad))}
        used = sorted(set(heard))
        place = {r: i for i, r in enumerate(used)}
        of_heard = [place[r] for r in heard]
        good = embed(audio_model, digits_sound.plain([recordings[r][0] for r in used]))
        noisy = [digits_data.noisy(recordings[r][0], NOISE_DB, random) for r in heard]  # every pair has noise of its own
        self.audio = {'good': good[of_heard], 'bad': torch.cat([embed(audio_model, digits_sound.plain(noisy[i:i + 250])) for i in range(0, len(noisy), 250)])}
        quality = lambda measure, found: np.array([measure(f) for f in found], np.float32)
        self.quality = {'image': {k: quality(digits_quality.picture, p)[chosen] for k, p in (('good', pictures), ('bad', bad))},
                        'audio': {'good': quality(digits_quality.recording, [recordings[r][0] for r in used])[of_heard],
                                  'bad': quality(digits_quality.recording, noisy)}}
        self.labels = np.array([p[2] for p in pairs])

    def given(self, image, audio):
        """image, audio, present as the networks are given them, and quality [n, 2]; 'good', 'bad' or None, which is missing, of each."""
        present = torch.tensor([[float(image is not None), float(audio is not None)]]).expand(len(self.labels), 2)
        quality = torch.from_numpy(np.stack([self.quality['image'][image or 'good'], self.quality['audio'][audio or 'good']], 1))
        return self.image[image or 'good'] * present[:, :1], self.audio[audio or 'good'] * present[:, 1:], present, quality

    def under(self, condition):
        return self.given(*VERSIONS[condition])


def pair_up(random, labels, recordings, times=1):
    """Every recording with `times` pictures of its digit."""
    of = [np.where(labels == d)[0] for d in range(10)]
    return [(int(random.choice(of[r[1]])), i, r[1]) for i, r in enumerate(recordings) for _ in range(times)]


def subset(present):
    """The present modalities' names, as manifests have them; all rows are alike."""
    return '+'.join(n for n, p in zip(('image', 'audio'), present[0].tolist()) if p)


def ece(confidence, right, bins=15):
    """Expected calibration error (Naeini et al., 2015) over bins of equal width."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return sum(abs(right[place == b].mean() - confidence[place == b].mean()) * (place == b).mean() for b in range(bins) if (place == b).any())


def figures(probabilities, labels):
    found, confidence = probabilities.argmax(1), probabilities.max(1)
    right = (found == labels).astype(float)
    return {'accuracy': float(right.mean()), 'ece': float(ece(confidence, right)), 'count': len(labels)}


class Fused:
    """A trained set of patterns with their calibrations: what the C core does, in PyTorch."""

    def __init__(self, made, examples=None, calibrations=None):
        self.made, self.examples = made, examples
        self.calibrations = calibrations or {}
        self.retrieval = {'base': 'early', 'neighbours': 16, 'sharpness': 20.0, 'share': 0.2}
        self.least = {'image': 2.0, 'audio': 2.0}

    def raw(self, pattern, image, audio, present, quality):
        """Logits before calibration."""
        heads = self.made['heads']
        with torch.no_grad():
            if pattern == 'late': return digits_fusion.late(heads, self.made['late'], image, audio, present)
            if pattern == 'stacked': return self.made['stacked'](digits_fusion.said(heads, image, audio, present))
            if pattern in ('image', 'audio'): return getattr(heads, pattern)(image if pattern == 'image' else audio)
            if pattern == 'retrieval':
                base = F.softmax(self.scaled(self.retrieval['base'], present, quality) * self.raw(self.retrieval['base'], image, audio, present, quality), 1)
                return torch.log((1 - self.retrieval['share']) * base + self.retrieval['share'] * self.nearest(image, audio, present) + 1e-9)
            found = self.made[pattern](image, audio, present)
            return found[0] if isinstance(found, tuple) else found

    def nearest(self, image, audio, present):
        count = present.sum(1, keepdim=True).clamp(min=1)
        norm = lambda x: x / x.norm(dim=1, keepdim=True).clamp(min=1e-9)
        cosine = (norm(image) @ norm(self.examples[0]).T * present[:, :1] + norm(audio) @ norm(self.examples[1]).T * present[:, 1:]) / count
        best = cosine.topk(self.retrieval['neighbours'], 1)
        share = torch.softmax(self.retrieval['sharpness'] * best.values, 1)
        return (share[:, :, None] * F.one_hot(self.examples[2][best.indices], 10)).sum(1)

    def scaled(self, pattern, present, quality):
        """[n, 1]: by what logits are multiplied."""
        found = self.calibrations.get(pattern, {}).get('all' if pattern in ('image', 'audio') else subset(present), (1.0, 0.0, 0.0))
        return found[0] * weakened(quality, *found[1:])

    def probabilities(self, pattern, image, audio, present, quality):
        if pattern == 'cascade':
            out = self.probabilities('early', image, audio, present, quality)
            self.saved = 0.0
            if present[0, 0]:
                first = self.probabilities('image', image, audio, present, quality)
                sure = first.max(1) >= self.least['image']
                out[sure] = first[sure]
                self.saved = float(sure.mean())
            return out
        return F.softmax(self.scaled(pattern, present, quality) * self.raw(pattern, image, audio, present, quality), 1).numpy()


def weakened(quality, image, audio):
    """[n, 1]: the product of the qualities to their exponents, as src/fusion/sets.c has it."""
    return (quality.clamp(min=digits_quality.LEAST) ** torch.tensor([image, audio])).prod(1, keepdim=True)


def best_scale(batches, exponents):
    """(scale, exponent of the picture's quality, of the sound's) of the least mean negative log likelihood over (logits, quality,
    labels) batches that count alike; `exponents`: which of the two can be other than 0."""
    grid = np.exp(np.linspace(np.log(0.2), np.log(3), 120))
    steps = np.linspace(0, 1, 11)
    best = (np.inf,)
    for image in steps if exponents[0] else steps[:1]:
        for audio in steps if exponents[1] else steps[:1]:
            weak = [(weakened(q, image, audio) * z, torch.from_numpy(y)) for z, q, y in batches]
            loss = lambda scale: np.mean([F.cross_entropy(scale * z, y).item() for z, y in weak])
            low, high = 0, len(grid) - 1
            while high - low > 2:       # it is convex in the scale
                a, b = low + (high - low) // 3, high - (high - low) // 3
                low, high = (low, b) if loss(grid[a]) < loss(grid[b]) else (a, high)
            for scale in grid[low:high + 1]: best = min(best, (loss(scale), float(scale), float(image), float(audio)))
    return best[1:]


GROUPS = {'image+audio': [('good', 'good'), ('bad', 'good'), ('good', 'bad'), ('bad', 'bad')], 'image': [('good', None), ('bad', None)],
          'audio': [(None, 'good'), (None, 'bad')]}


def balance(fused, sets, passes=2):
    """Chooses how much each modality and what was learned from both count in every pattern, by the mean negative log likelihood of sets
    that no network was trained on, at the best scale."""
    groups = [(s.given(*v), torch.from_numpy(s.labels)) for s in sets for v in GROUPS['image+audio']]

    def loss(pattern):
        said = [(fused.raw(pattern, *given), labels) for given, labels in groups]
        return min(np.mean([F.cross_entropy(scale * z, y).item() for z, y in said]) for scale in (0.6, 0.75, 0.9, 1, 1.15, 1.3, 1.5))

    shared = {'late': fused.made['late'], 'stacked': fused.made['stacked'].balance, 'early': fused.made['early'].balance,
              'attention': fused.made['attention'].balance, 'experts': fused.made['experts'].experts[2].balance}
    for pattern, weights in shared.items():
        for _ in range(passes):
            for place in range(1, len(weights)):     # the picture's stays: a scale of all follows
                tried = {}
                for value in np.linspace(0, 1.6, 9):
                    weights.data[place] = value
                    tried[float(value)] = loss(pattern)
                weights.data[place] = min(tried, key=tried.get)
        print('balance: %s: %s, loss %.4f' % (pattern, ' '.join('%.2f' % w for w in weights), loss(pattern)), flush=True)


def calibrate(fused, sets):
    """Fills calibrations from sets that no network was trained on; conditions count alike."""
    def best(pattern, name):
        batches = [(fused.raw(pattern, *c), c[3], s.labels) for s in sets for c in (s.given(*v) for v in GROUPS[name])]
        return best_scale(batches, ('image' in name, 'audio' in name))

    for pattern in ('image', 'audio'): fused.calibrations[pattern] = {'all': best(pattern, pattern)}
    for pattern in ('late', 'stacked', 'early', 'attention', 'experts', 'retrieval'):
        fused.calibrations[pattern] = {name: best(pattern, name) for name in GROUPS}


# Chosen on voices left out in turn; all the way with both leaves known voices too unsure of themselves.  What is likeliest of known and new
# voices together is nearly the same, and a scale that follows the logits or how far an embedding is from training's is no better.
NEW = {'image+audio': 0.75, 'audio': 1.0, 'all': 1.0}


def blend(fused, of_new_voices):
    """From the scales that are right for known voices `NEW` of the way to the mean of those that are right for each new one."""
    for pattern, scales in fused.calibrations.items():
        for name, known in scales.items():
            if pattern == 'image' or name == 'image': continue      # no voice in it
            new, way = np.array([f[pattern][name] for f in of_new_voices]), NEW[name]
            scale = np.exp((1 - way) * np.log(known[0]) + way * np.log(new[:, 0]).mean())
            scales[name] = (float(scale), *(float((1 - way) * k + way * n) for k, n in zip(known[1:], new[:, 1:].mean(0))))


def table(fused, measured):
    """{pattern: {condition: figures}}, with what each modality says alone as patterns image and audio."""
    out = {}
    for pattern in ('image', 'audio') + PATTERNS:
        out[pattern] = {}
        for condition in CONDITIONS:
            given = measured.under(condition)
            if pattern in ('image', 'audio') and not given[2][0, ('image', 'audio').index(pattern)]: continue
            out[pattern][condition] = figures(fused.probabilities(pattern, *given), measured.labels)
    return out


def show(found):
    lines = ['%-10s' % '' + ''.join('%16s' % c for c in CONDITIONS)]
    for pattern, cells in found.items():
        lines.append('%-10s' % pattern + ''.join('%16s' % ('%.2f %.3f' % (100 * cells[c]['accuracy'], cells[c]['ece']) if c in cells else '') for c in CONDITIONS))
    return '\n'.join(lines)
