"""The quality of pictures and recordings as the C core measures it (media/image.c, media/audio_quality.c): what scales of confidence sink with."""
import numpy as np

import digits_data

LEAST = 0.05    # a quality below counts as this, as in src/fusion/sets.c
WADA = np.array([0.4087, 0.4092, 0.4118, 0.4235, 0.4619, 0.5436, 0.6675, 0.8124, 0.9553, 1.0842, 1.1938, 1.2841, 1.3574, 1.4164, 1.4634, 1.5006, 1.5303])
WADA_DB = np.arange(-20, 61, 5)


def picture(pixels):
    """The spread of grey from the darkest to the lightest fiftieth of [28, 28] in 0..1."""
    ordered = np.sort(np.round(255 * pixels).ravel())
    at = lambda i: ordered[int(np.clip(i, 0, len(ordered) - 1))]
    low, high = at(np.ceil(len(ordered) / 50) - 1), at(len(ordered) - np.ceil(len(ordered) / 50))
    return max(0, high - low) / 255


def voice(samples, rate):
    """[begin, end) where someone speaks, or None."""
    step = rate // 100
    count = 1 if len(samples) <= 2 * step else (len(samples) - 2 * step) // step + 1
    db = np.array([min(60, 10 * np.log10(np.mean(samples[i * step:(i + 2) * step].astype(np.float64) ** 2) + 1e-12)) for i in range(count)])
    ordered = np.sort(np.floor(db))
    quiet, loud = (ordered[min(count - 1, int(np.floor(share * count)))] for share in (0.1, 0.95))
    if loud < -70: return None
    if loud - quiet < 6: return 0, len(samples)
    spoken = np.where(db >= max(quiet + 0.25 * (loud - quiet), loud - 40))[0]
    first, last = (spoken[0], spoken[-1]) if len(spoken) else (count - 1, count - 1)
    return max(0, first - 4) * step, min(len(samples), (last + 6) * step)


def clipped(samples):
    """The share of samples in runs of three and more at the loudest level."""
    loud = np.abs(samples) >= np.float32(0.999) * np.abs(samples).max()
    kind = np.where(loud, np.sign(samples), 0)
    edges = np.flatnonzero(np.diff(kind)) + 1
    runs = [r for r in np.split(kind, edges) if r[0] and len(r) >= 3]
    return sum(map(len, runs)) / len(samples)


def recording(samples):
    """0..1 from the signal to noise ratio by WADA (Kim and Stern, 2008) and from clipping."""
    where = voice(samples, digits_data.RATE)
    if where is None: return 0.0
    part = samples[where[0]:where[1]].astype(np.float64)
    level = np.sqrt(np.mean(part ** 2))
    amplitude = np.maximum(np.abs(part), 1e-3 * level)
    db = np.interp(np.log(amplitude.mean()) - np.log(amplitude).mean(), WADA, WADA_DB)
    return float(np.clip((db + 10) / 25, 0, 1) * (1 - np.clip(clipped(samples[where[0]:where[1]]) / 0.05, 0, 1)))
