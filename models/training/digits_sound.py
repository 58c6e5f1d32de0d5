"""Log-mel spectra as src/media/audio_mel.c makes them, and voices that nobody recorded.

A new voice is an old one with another vocal tract and another pitch.  Both are changed in the short-time spectrum: its
logarithm is cut into a smooth envelope (the tract) and the rest (the pitch's harmonics) by liftering its cosine transform, and each
is stretched along frequency by a factor of its own (VTLP, Jaitly and Hinton 2013, with the source left alone or moved apart).
"""
import numpy as np
import torch

from digits_data import RATE, WINDOW, fit

LENGTH, HOP, FFT, BANDS = 200, 100, 256, 40   # samples: 25 ms, 12.5 ms
LOW, HIGH = 60.0, 3900.0                       # Hz
FLOOR = 1e-8                                   # power
RANGE = 60.0                                   # dB below the loudest band
# As manifests name them.
PARAMETERS = {'rate_hz': RATE, 'window': LENGTH, 'hop': HOP, 'fft': FFT, 'bands': BANDS, 'low_hz': LOW, 'high_hz': HIGH, 'floor': FLOOR}
FRAMES = (WINDOW - LENGTH) // HOP + 1
BINS = FFT // 2 + 1
NEPERS = RANGE * np.log(10) / 10


def filters(rate=RATE, fft=FFT, bands=BANDS, low=LOW, high=HIGH):
    """[fft / 2 + 1, bands] f64: triangles of height 1, corners evenly spaced on the mel scale 2595 log10(1 + f / 700)."""
    mel = lambda f: 2595 * np.log10(1 + f / 700)
    corners = 700 * (10 ** (np.linspace(mel(low), mel(high), bands + 2) / 2595) - 1)
    f = np.arange(fft // 2 + 1)[:, None] * rate / fft
    left, centre, right = corners[:-2], corners[1:-1], corners[2:]
    return np.maximum(0, np.minimum((f - left) / (centre - left), (right - f) / (right - centre)))


MEL = torch.from_numpy(filters()).float()
HANN = torch.hann_window(LENGTH)


def power(waves):
    """[batch, samples] to [batch, frames, bins]: frame t covers samples [t HOP, t HOP + LENGTH)."""
    frames = waves.unfold(1, LENGTH, HOP) * HANN.to(waves)
    return torch.fft.rfft(frames, FFT).abs() ** 2


def mel(powers):
    """[batch, frames, bins] to [batch, frames, BANDS], natural logarithm."""
    return torch.log(torch.clamp(powers @ MEL.to(powers), min=FLOOR))


def log_mel(waves):
    return mel(power(waves))


def level(spectra):
    """Log-mel spectra with 0 for the loudest band and -1 for RANGE dB below it and less: how loud it was does not count."""
    return torch.clamp((spectra - spectra.amax((1, 2), keepdim=True)) / NEPERS, min=-1)


def lifter(kept=24):
    """[BINS, BINS]: what of a log spectrum is smooth, as a product."""
    n = np.arange(BINS)
    basis = np.cos(np.pi * np.outer(n + 0.5, np.arange(kept)) / BINS) * np.sqrt(2 / BINS)
    basis[:, 0] /= np.sqrt(2)
    return torch.from_numpy(basis @ basis.T).float()


SMOOTH = lifter()


def stretch(spectra, factors):
    """[batch, frames, BINS] with frequency f moved to f times the factor of each; what comes from above the end is its mirror."""
    place = torch.arange(BINS)[None, :] / factors[:, None]
    place = torch.where(place > BINS - 1, 2 * (BINS - 1) - place, place).clamp(0, BINS - 1)
    left = place.long().clamp(max=BINS - 2)
    share = (place - left)[:, None, :]
    index = left[:, None, :].expand_as(spectra)
    return spectra.gather(2, index) * (1 - share) + spectra.gather(2, index + 1) * share


def uniform(random, low, high, count):
    return torch.from_numpy(random.uniform(low, high, count)).float()


def coloured(random, count, length):
    """[count, length] noise of power 1 whose spectrum falls by 0 to 2 powers of frequency, some of it in bursts."""
    spectrum = torch.fft.rfft(torch.from_numpy(random.standard_normal((count, length)).astype(np.float32)))
    f = torch.arange(spectrum.shape[1]).clamp(min=8)
    slope = uniform(random, 0, 1, count)[:, None] * torch.from_numpy((random.random((count, 1)) < 0.5).astype(np.float32))
    noise = torch.fft.irfft(spectrum * f ** -slope, length)
    return noise / noise.pow(2).mean(1, keepdim=True).sqrt().clamp(min=1e-9)


def room(random, waves):
    """Every third recording in a room: convolved with noise that decays by 60 dB in 0.05 to 0.5 s."""
    batch, length = waves.shape
    t = torch.arange(4000) / RATE
    decay = torch.exp(-6.9 * t[None] / uniform(random, 0.05, 0.5, batch)[:, None])
    reply = torch.from_numpy(random.standard_normal((batch, 4000)).astype(np.float32)) * decay
    reply *= uniform(random, 0.02, 0.25, batch)[:, None] * torch.from_numpy((random.random((batch, 1)) < 0.33).astype(np.float32))
    reply[:, 0] = 1
    n = length + 4000
    return torch.fft.irfft(torch.fft.rfft(waves, n) * torch.fft.rfft(reply, n), n)[:, :length]


def place(random, recordings):
    """Recordings at random speeds and places in a second of silence: [batch, WINDOW], who spoke when [batch, WINDOW], speeds."""
    waves, spans = np.zeros((len(recordings), WINDOW), np.float32), np.zeros((len(recordings), WINDOW), np.float32)
    speeds = random.uniform(0.8, 1.3, len(recordings))
    for i, recording in enumerate(recordings):
        cut = recording[random.integers(0, 1 + len(recording) // 12):len(recording) - random.integers(0, 1 + len(recording) // 12)]
        n = max(2, int(len(cut) / speeds[i]))
        faster = np.interp(np.linspace(0, len(cut) - 1, n), np.arange(len(cut)), cut).astype(np.float32)
        spare = max(0, WINDOW - n)
        start = int(random.integers(0, spare + 1) * (random.random() < 0.6))
        waves[i] = fit(faster, start)
        spans[i, start:start + n] = 1
    return torch.from_numpy(waves), torch.from_numpy(spans), torch.from_numpy(speeds).float()


def augment(random, recordings, noise=0.6):
    """What the encoder is trained on: [batch, FRAMES, BANDS] of recordings made into other voices, places and rooms."""
    return alter(random, *place(random, recordings), noise)


def alter(random, waves, spans, speeds, noise=0.6):
    """[batch, samples], where someone speaks in it (1 or 0), and how much faster than it was said, to log-mel spectra."""
    batch, length = waves.shape
    loud = (waves.pow(2).sum(1) / spans.sum(1)).sqrt().clamp(min=1e-4)[:, None]
    waves = room(random, waves)
    # Noise either fills the second or begins and ends with the recording, as in one that was cut out of noise.
    where = torch.maximum(spans, torch.from_numpy((random.random((batch, 1)) < 0.5).astype(np.float32)))
    decibels = uniform(random, -5, 35, batch)[:, None]
    there = torch.from_numpy((random.random((batch, 1)) < noise).astype(np.float32))
    quiet = 10 ** (-uniform(random, 40, 70, batch)[:, None] / 20)
    amount = there * 10 ** (-decibels / 20) * where + (1 - there) * quiet
    log = torch.log(power(waves + coloured(random, batch, length) * loud * amount) + 1e-9)
    tract = uniform(random, 0.82, 1.3, batch)
    pitch = torch.exp(uniform(random, np.log(0.75), np.log(2.1), batch))
    smooth = log @ SMOOTH
    log = stretch(smooth, tract / speeds) + stretch(log - smooth, pitch / speeds)
    f = torch.linspace(-1, 1, BINS)
    tilt = uniform(random, -1.5, 1.5, batch)[:, None] * f + uniform(random, -1, 1, batch)[:, None] * torch.cos(
        f * 3 * uniform(random, 0.3, 1.5, batch)[:, None] + uniform(random, 0, 6.3, batch)[:, None])
    return level(mel(torch.exp(log + tilt[:, None, :])))


def mask(random, spectra):
    """SpecAugment (Park et al. 2019), in place: a few frames and a few bands are missing."""
    for one in spectra:
        if random.random() < 0.6:
            t = random.integers(0, len(one))
            one[t:t + random.integers(1, 9)] = -1
        if random.random() < 0.6:
            b = random.integers(0, BANDS)
            one[:, b:b + random.integers(1, 8)] = one.mean()
    return spectra


def plain(recordings):
    """[batch, FRAMES, BANDS] of recordings as they are."""
    return level(log_mel(torch.from_numpy(np.stack([fit(r) for r in recordings]))))
