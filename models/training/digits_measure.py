"""Conditions that the digits are measured in, calibration, and figures."""
import numpy as np
import torch
from torch.nn import functional as F

import digits_data
import digits_fusion
import digits_sound

CONDITIONS = ('clean', 'image degraded', 'audio degraded', 'both degraded', 'image missing', 'audio missing')
PATTERNS = ('late', 'stacked', 'early', 'attention', 'experts', 'retrieval', 'cascade')
NOISE_DB = 0      # of the degraded audio
ENERGY = 0.25     # of the degraded pictures' variance is kept


def embed(model, inputs):
    with torch.no_grad():
        return torch.cat([model(x) for x in inputs.split(256)])


class Set:
    """Pairs of pictures and recordings in good and bad versions, embedded: good/bad [n, WIDTH] of each, labels."""

    def __init__(self, image_model, audio_model, energy, pictures, recordings, pairs, seed):
        """pairs: [(number of a picture, number of a recording, label)]"""
        random = np.random.default_rng(seed)
        tensor = lambda p: torch.from_numpy(np.ascontiguousarray(p))[:, None]
        chosen = np.array([p[0] for p in pairs])
        heard = [p[1] for p in pairs]
        bad = np.round(255 * energy.take(pictures, energy.components(ENERGY))) / 255
        self.image = {'good': embed(image_model, tensor(pictures))[chosen], 'bad': embed(image_model, tensor(bad.astype(np.float32)))[chosen]}
        used = sorted(set(heard))
        place = {r: i for i, r in enumerate(used)}
        good = embed(audio_model, digits_sound.plain([recordings[r][0] for r in used]))
        noisy = [digits_data.noisy(recordings[r][0], NOISE_DB, random) for r in heard]  # every pair has noise of its own
        self.audio = {'good': good[[place[r] for r in heard]],
                      'bad': torch.cat([embed(audio_model, digits_sound.plain(noisy[i:i + 250])) for i in range(0, len(noisy), 250)])}
        self.labels = np.array([p[2] for p in pairs])

    def under(self, condition):
        """image, audio, present as the networks are given them."""
        image = self.image['bad' if condition in ('image degraded', 'both degraded') else 'good']
        audio = self.audio['bad' if condition in ('audio degraded', 'both degraded') else 'good']
        present = torch.ones(len(image), 2)
        if condition == 'image missing': present[:, 0] = 0
        if condition == 'audio missing': present[:, 1] = 0
        return image * present[:, :1], audio * present[:, 1:], present


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

    def raw(self, pattern, image, audio, present):
        """Logits before calibration."""
        heads = self.made['heads']
        with torch.no_grad():
            if pattern == 'late': return digits_fusion.late(heads, self.made['late'], image, audio, present)
            if pattern == 'stacked': return self.made['stacked'](digits_fusion.said(heads, image, audio, present))
            if pattern in ('image', 'audio'): return getattr(heads, pattern)(image if pattern == 'image' else audio)
            if pattern == 'retrieval':
                base = F.softmax(self.scaled(self.retrieval['base'], present) * self.raw(self.retrieval['base'], image, audio, present), 1)
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

    def scaled(self, pattern, present):
        found = self.calibrations.get(pattern, {})
        return found.get(subset(present), found.get('all', 1.0)) if pattern not in ('image', 'audio') else found.get('all', 1.0)

    def probabilities(self, pattern, image, audio, present):
        if pattern == 'cascade':
            out = self.probabilities('early', image, audio, present)
            self.saved = 0.0
            if present[0, 0]:
                first = self.probabilities('image', image, audio, present)
                sure = first.max(1) >= self.least['image']
                out[sure] = first[sure]
                self.saved = float(sure.mean())
            return out
        return F.softmax(self.scaled(pattern, present) * self.raw(pattern, image, audio, present), 1).numpy()


def best_scale(batches):
    """The scale of the least mean negative log likelihood over (logits, labels) batches that count alike."""
    grid = np.exp(np.linspace(np.log(0.2), np.log(3), 120))
    loss = [np.mean([F.cross_entropy(s * z, torch.from_numpy(y)).item() for z, y in batches]) for s in grid]
    return float(grid[int(np.argmin(loss))])


def calibrate(fused, sets):
    """Fills calibrations from sets that no network was trained on; conditions count alike."""
    groups = {'image+audio': CONDITIONS[:4], 'image': ('audio missing', 'image bad alone'), 'audio': ('image missing', 'audio bad alone')}

    def data(s, condition):
        if condition == 'image bad alone': return s.image['bad'], 0 * s.audio['bad'], torch.tensor([[1.0, 0.0]]).expand(len(s.labels), 2)
        if condition == 'audio bad alone': return 0 * s.image['bad'], s.audio['bad'], torch.tensor([[0.0, 1.0]]).expand(len(s.labels), 2)
        return s.under(condition)

    for pattern in ('image', 'audio'):
        fused.calibrations[pattern] = {'all': best_scale([(fused.raw(pattern, *data(s, c)), s.labels) for s in sets for c in groups[pattern]])}
    for pattern in ('late', 'stacked', 'early', 'attention', 'experts', 'retrieval'):
        fused.calibrations[pattern] = {}
        for name, conditions in groups.items():
            fused.calibrations[pattern][name] = best_scale([(fused.raw(pattern, *data(s, c)), s.labels) for s in sets for c in conditions])


def blend(fused, of_new_voices):
    """A voice that comes is as often new as known: between the scales of known voices and the mean of what is right for each new one."""
    for pattern, scales in fused.calibrations.items():
        for name in scales:
            if pattern == 'image' or name == 'image': continue      # no voice in it
            new = np.mean([np.log(found[pattern][name]) for found in of_new_voices])
            scales[name] = float(np.exp((np.log(scales[name]) + new) / 2))


def table(fused, measured):
    """{pattern: {condition: figures}}, with what each modality says alone as patterns image and audio."""
    out = {}
    for pattern in ('image', 'audio') + PATTERNS:
        out[pattern] = {}
        for condition in CONDITIONS:
            image, audio, present = measured.under(condition)
            if pattern in ('image', 'audio') and not present[0, ('image', 'audio').index(pattern)]: continue
            out[pattern][condition] = figures(fused.probabilities(pattern, image, audio, present), measured.labels)
    return out


def show(found):
    lines = ['%-10s' % '' + ''.join('%16s' % c for c in CONDITIONS)]
    for pattern, cells in found.items():
        lines.append('%-10s' % pattern + ''.join('%16s' % ('%.2f %.3f' % (100 * cells[c]['accuracy'], cells[c]['ece']) if c in cells else '') for c in CONDITIONS))
    return '\n'.join(lines)
