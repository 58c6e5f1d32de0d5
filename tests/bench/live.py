"""Digits shown and spoken, live: frames and speech whose clocks are apart, with jitter, loss and an outage of the camera.

usage: live.py PLAIT MODEL [--seconds N] [--offset MS] [--drift PPM] [--part dev] [--seed 1]

Once in every second, at no even times, a digit of MNIST is shown while it is spoken (FSDD); a recording is written and replayed with `plait fuse --recording`.
Prints one JSON line: accuracy with the clocks apart, with them together and during the outage, and how far off the offset found is: in the
end, and at worst in any aligned window.
"""
import argparse
import gzip
import json
import os
import pathlib
import random
import struct
import subprocess
import tempfile
import wave

RATE, CHUNK, FRAME_US, CHUNK_US = 8000, 160, 40000, 20000
NAN = struct.pack('<f', float('nan'))


def pictures(path):
    data = gzip.open(path).read()
    count, height, width = struct.unpack('>3I', data[4:16])
    return [data[16 + i * height * width:][:height * width] for i in range(count)], b'P5 %d %d 255\n' % (width, height)


def events(pairs, shown, head, sounds, seconds, offset_us, drift_ppm, outage, loss, rng):
    """(arrival, source, number, time, payload), sorted by arrival."""
    halves = []
    blank, sound, out = head + bytes(len(shown[0])), bytearray(2 * RATE * seconds), []
    middles = [s + 0.5 + rng.uniform(-0.22, 0.22) for s in range(seconds)]
    for second, pair in enumerate(pairs):
        spoken = sounds(pair['audio'])[:RATE * 5 // 10 * 2]
        halves.append(len(spoken) / 4 / RATE)
        at = int((middles[second] - len(spoken) / 4 / RATE) * RATE) * 2
        sound[at:at + len(spoken)] = spoken
    for number in range(seconds * 25):
        t = number * FRAME_US + rng.uniform(-3000, 3000)
        second = min(int(number * FRAME_US / 1e6), seconds - 1)
        if outage <= t / 1e6 < outage + 5 or rng.random() < loss:
            continue
        there = abs(t / 1e6 - middles[second]) < halves[second]
        out.append((t + rng.uniform(5e3, 35e3), 0, number, t, head + shown[pairs[second]['image']] if there else blank))
    for number in range(seconds * 50):
        t = number * CHUNK_US
        if rng.random() < loss:
            continue
        clock = t * (1 + drift_ppm * 1e-6) + offset_us
        out.append((t + rng.uniform(5e3, 35e3), 1, number, clock, bytes(sound[number * CHUNK * 2:(number + 1) * CHUNK * 2])))
    return sorted(out)


def record(path, happened):
    with open(path, 'wb') as file:
        file.write(b'PLAITTRC')
        for arrival, source, number, time, payload in happened:
            file.write(struct.pack('<BQqq', source, number, int(time), int(arrival)) + NAN + struct.pack('<I', len(payload)) + payload)


def replay(options, path):
    result = subprocess.run([options.plait, 'fuse', '--model', options.model, '--recording', path], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return {line['window']['begin_us'] // 1000000: line for line in lines[:-1]}, lines[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('plait')
    parser.add_argument('model')
    parser.add_argument('--seconds', type=int, default=120)
    parser.add_argument('--offset', type=float, default=800, help='milliseconds')
    parser.add_argument('--drift', type=float, default=200, help='parts per million')
    parser.add_argument('--part', default='dev')
    parser.add_argument('--seed', type=int, default=1, help='of when things happen and what is lost')
    options = parser.parse_args()
    shared = pathlib.Path(os.environ.get('PLAIT_SHARED', pathlib.Path(__file__).resolve().parents[2] / '..' / 'shared')) / 'data'
    shown, head = pictures(shared / 'mnist' / f'{options.part}-images-idx3-ubyte.gz')
    pairs = json.loads((shared / 'mnist' / f'{options.part}-pairs.json').read_text())['pairs'][:options.seconds]

    def sounds(name):
        with wave.open(str(shared / 'spoken-digits' / name)) as file:
            return file.readframes(file.getnframes())

    outage, results = options.seconds // 2, {}
    path = os.path.join(tempfile.mkdtemp(), 'recording')
    for name, offset, drift, loss in (('together', 0, 0, 0), ('apart', options.offset * 1000, options.drift, 0.02)):
        record(path, events(pairs, shown, head, sounds, options.seconds, offset, drift, outage, loss, random.Random(options.seed)))
        results[name] = replay(options, path)
    report = {'offset_ms': options.offset, 'drift_ppm': options.drift}
    for name, (windows, end) in results.items():
        known = [s for s, w in windows.items() if w['window']['alignment'] == 'aligned' and 0 <= s < options.seconds]
        seen = [s for s in known if not outage <= s < outage + 5]
        dark = [s for s in known if outage <= s < outage + 5]
        right = lambda some: round(sum(windows[s]['answer']['label'] == str(pairs[s]['label']) for s in some) / max(len(some), 1), 4)
        report[name] = {'accuracy': right(seen), 'windows': len(seen), 'outage_accuracy': right(dark),
                        'outage_states': sorted({windows[s]['answer']['modalities']['image']['state'] for s in dark}),
                        'not_aligned': len(windows) - len(known)}
    lag, last = results['apart'][1]['lag'], options.seconds * 1e6
    truth = options.offset * 1000 + options.drift * options.seconds
    # the audio's activity is that of the voice, the picture's that of its time on the screen: what is alike in both runs is no error of the clocks
    both = [end['lag'] for _, end in results.values()]
    at_end = [l['offset_us'] + l['drift_ppm'] * 1e-6 * (last - l['from_us']) for l in both]
    report['off_by_ms'] = round((at_end[1] - truth) / 1000, 2)
    report['off_by_ms_together'] = round(at_end[0] / 1000, 2)
    at = lambda w: w['lag_us'] - options.offset * 1000 - options.drift * 1e-6 * w['begin_us']
    aligned = [l['window'] for l in results['apart'][0].values() if l['window']['alignment'] == 'aligned']
    report['worst_off_by_ms'] = round(max((abs(at(w)) for w in aligned), default=0) / 1000, 2)
    report['drift_found_ppm'], report['counts'] = lag['drift_ppm'], results['apart'][1]['modalities']
    print(json.dumps(report))


if __name__ == '__main__':
    main()
