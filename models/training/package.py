"""Brings a package's manifest up to date with its files: sizes, digests, and no file left out.

usage: package.py FOLDER [--part NAME PART.json ...]       a part (detector, recogniser, tagger, fields, ...) replaces the one there
"""
import argparse
import hashlib
import json
import pathlib

NOT_LISTED = ('manifest.json', 'manifest.sig', 'CARD.md')


def read(folder):
    return json.loads((pathlib.Path(folder) / 'manifest.json').read_text())


def update(folder, parts):
    """Puts the parts in, and the sizes and digests of the files as they are now; returns the bytes of all files."""
    folder, manifest = pathlib.Path(folder), read(folder)
    manifest.update(parts)
    manifest['files'] = {p.name: {'bytes': p.stat().st_size, 'sha256': hashlib.sha256(p.read_bytes()).hexdigest()}
                         for p in sorted(folder.iterdir()) if p.is_file() and p.name not in NOT_LISTED}
    (folder / 'manifest.json').write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + '\n')
    return sum(f['bytes'] for f in manifest['files'].values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', type=pathlib.Path)
    parser.add_argument('--part', nargs=2, action='append', default=[], metavar=('NAME', 'PART.json'))
    options = parser.parse_args()
    print(update(options.folder, {name: json.loads(pathlib.Path(part).read_text()) for name, part in options.part}), 'bytes')


if __name__ == '__main__':
    main()
