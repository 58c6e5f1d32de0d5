"""The digits' data: MNIST's idx files, FSDD's recordings, the lists that pair them, and what is done to them to make them bad.

Data is looked for where --data says (../shared/data beside the repository): mnist/ and spoken-digits/ as its README has them.
"""
import gzip
import json
import pathlib
import wave

import numpy as np

SPEAKERS = ('george', 'jackson', 'lucas', 'nicolas', 'yweweler')
RATE = 8000     # Hz
WINDOW = RATE   # samples of a recording that the encoder sees: one second


def idx(path):
    """An idx file (yann.lecun.com/exdb/mnist) of bytes as an array of its dimensions."""
    data = gzip.open(path).read()
    rank = data[3]
    dims = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], 'big') for i in range(rank)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(dims)


def images(data, part):
    """[n, 28, 28] f32 in 0..1 (ink is 1) and [n] labels."""
    folder = pathlib.Path(data) / 'mnist'
    return (idx(folder / (part + '-images-idx3-ubyte.gz')).astype(np.float32) / 255,
            idx(folder / (part + '-labels-idx1-ubyte.gz')).astype(np.int64))


def samples(path):
    """A 16-bit mono recording as f32 in -1..1."""
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getsampwidth(), file.getnchannels()) != (RATE, 2, 1):
            raise ValueError('%s: expected 8 kHz, 16 bit, mono' % path)
        return np.frombuffer(file.readframes(file.getnframes()), '<i2').astype(np.float32) / 32768


def recordings(data, part):
    """[(samples, digit, speaker, name)] in the order of names."""
    folder = pathlib.Path(data) / 'spoken-digits' / part
    found = []
    for path in sorted(folder.glob('*.wav')):
        digit, speaker, _ = path.stem.split('_')
        found.append((samples(path), int(digit), speaker, part + '/' + path.name))
    return found


def pairs(data, part):
    """[(image number, recording name, label)]"""
    listed = json.loads((pathlib.Path(data) / 'mnist' / (part + '-pairs.json')).read_text())['pairs']
    return [(p['image'], p['audio'], p['label']) for p in listed]


def fit(recording, start=0):
    """One second: a shorter recording stands `start` samples from the left of zeros, a longer one is cut at its end."""
    out = np.zeros(WINDOW, np.float32)
    kept = recording[:WINDOW - start]
    out[start:start + len(kept)] = kept
    return out


class Energy:
    """Takes energy out of pictures as AV-MNIST does (Vielzeuf et al., CentralNet, 2018): only the first principal components
    are kept, so many that `kept` of the pictures' variance stays."""

    def __init__(self, pictures):
        flat = pictures.reshape(len(pictures), -1)
        self.mean = flat.mean(0)
        centred = (flat - self.mean).astype(np.float64)
        values, vectors = np.linalg.eigh(centred.T @ centred)
        self.shares = np.cumsum(values[::-1]) / values.sum()
        self.vectors = vectors[:, ::-1].astype(np.float32)

    def components(self, kept):
        """The number whose share of the variance is nearest to `kept`."""
        return 1 + int(np.argmin(abs(self.shares - kept)))

    def take(self, pictures, components):
        flat = pictures.reshape(len(pictures), -1) - self.mean
        basis = self.vectors[:, :components]
        return np.clip(flat @ basis @ basis.T + self.mean, 0, 1).reshape(pictures.shape).astype(np.float32)


def noisy(recording, decibels, random):
    """White noise as strong as `decibels` say against the recording's own power; neither is clipped."""
    power = np.mean(recording.astype(np.float64) ** 2)
    noise = random.standard_normal(len(recording)) * np.sqrt(power / 10 ** (decibels / 10))
    return (recording + noise).astype(np.float32)
