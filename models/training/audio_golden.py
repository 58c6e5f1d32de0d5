"""Writes tests/golden/audio: short sounds of our own making, and the log-mel spectra that PyTorch makes of them.

usage: audio_golden.py [FOLDER]

NAME.npy are the samples, NAME_mel.npy [frames, bands].  The reference is torch.stft in double precision (PyTorch 1.13); what single
precision would have differed by is printed.
"""
import pathlib
import sys

import numpy as np
import torch

import digits_sound

# name: rate, window, hop, fft, bands, low, high, floor
CASES = {'narrow': (8000, 200, 100, 256, 40, 60, 3900, 1e-8), 'wide': (16000, 400, 160, 480, 80, 0, 8000, 1e-10)}


def sound(random, rate, seconds):
    """A voice-like thing: harmonics of a gliding tone with formants, over noise 50 dB below it, and silence at its end."""
    t = np.arange(int(rate * seconds)) / rate
    phase = 2 * np.pi * np.cumsum(140 + 60 * np.sin(9 * t)) / rate
    tone = sum(np.sin(n * phase) * np.exp(-((n * 150 - 700) / 600) ** 2) for n in range(1, 24))
    made = 0.2 * tone * np.hanning(len(t)) + 6e-4 * random.standard_normal(len(t))
    made[-len(t) // 6:] = 0
    return made.astype(np.float32)


def reference(samples, rate, window, hop, fft, bands, low, high, floor, dtype):
    """torch.stft puts a window in the middle of `fft` samples, where a shift changes no power: the sound is shifted instead."""
    left = (fft - window) // 2
    padded = torch.cat([torch.zeros(left), torch.from_numpy(samples), torch.zeros(fft)]).to(dtype)
    spectrum = torch.stft(padded, fft, hop, window, torch.hann_window(window, dtype=dtype), center=False, return_complex=True)
    frames = (len(samples) - window) // hop + 1
    energy = spectrum.abs().pow(2).T[:frames] @ torch.from_numpy(digits_sound.filters(rate, fft, bands, low, high)).to(dtype)
    return torch.log(torch.clamp(energy, min=floor))


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2] / 'tests/golden/audio'
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(3)
    for name, (rate, *rest) in CASES.items():
        samples = sound(random, rate, 0.3)
        exact = reference(samples, rate, *rest, torch.float64)
        single = reference(samples, rate, *rest, torch.float32)
        np.save(folder / (name + '.npy'), samples)
        np.save(folder / (name + '_mel.npy'), exact.float().numpy())
        print('%s: %s, single precision differs by %.1e' % (name, tuple(exact.shape), (exact - single).abs().max()))


if __name__ == '__main__':
    main()
