#!/usr/bin/python3
"""Whole pages, one thread: plait read in turn with tesseract --psm 6, a process a page for both.

    tests/bench/against_tesseract.py PLAIT FOLDER [COUNT]      FOLDER: pictures; default 20 of them

Prints one JSON object: medians in ms of wall time and of processor time (which a busy machine distorts less), and their ratios."""
import glob, json, os, statistics, subprocess, sys, time


def measure(command):
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ, OMP_THREAD_LIMIT='1'))
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit('%s ends with %d' % (' '.join(command), status))
    return (time.monotonic() - start) * 1000, (usage.ru_utime + usage.ru_stime) * 1000, usage.ru_maxrss / 1024


def main():
    plait, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 20
    pictures = sorted(glob.glob(os.path.join(folder, '*.jpg')) + glob.glob(os.path.join(folder, '*.png')))[:count]
    commands = {'plait': lambda p: [plait, 'read', '--lines', '--threads', '1', p], 'tesseract': lambda p: ['tesseract', p, 'stdout', '--psm', '6']}
    found = {name: [measure(command(p)) for p in pictures[:1]] and [] for name, command in commands.items()}      # once to warm the files
    for picture in pictures:
        for name, command in commands.items():
            found[name].append(measure(command(picture)))
    out = {'pages': len(pictures)}
    for name, rows in found.items():
        out[name] = {'wall_ms': round(statistics.median(r[0] for r in rows), 1), 'processor_ms': round(statistics.median(r[1] for r in rows), 1),
                     'peak_mb': round(max(r[2] for r in rows), 1)}
    for key in ('wall_ms', 'processor_ms'):
        out['ratio_' + key] = round(statistics.median(a[key == 'processor_ms'] / b[key == 'processor_ms'] for a, b in zip(found['plait'], found['tesseract'])), 3)
    print(json.dumps(out))


if __name__ == '__main__':
    main()
