"""Which shop a receipt is from, and the folds of train by shop: what counts is the shop never seen."""
import difflib
import hashlib
import json
import pathlib
import re

FOLDS = 3


def groups(names):
    """{name: shop}: names that are near each other are one shop."""
    shop = {}
    for name in sorted(names):
        shop[name] = next((shop[other] for other in shop if near(name, other)), name)
    return shop


def near(a, b):
    return a[:7] == b[:7] or difflib.SequenceMatcher(None, a, b).ratio() > 0.8


def folds(folder):
    """{name of a receipt in the folder: number of its fold}; a shop is in one fold only."""
    names = {path.stem: letters(json.loads(path.read_text())['fields']['company'] or '') for path in pathlib.Path(folder).glob('*.json')}
    shop = groups(set(names.values()))
    return {stem: int(hashlib.sha1(shop[name].encode()).hexdigest(), 16) % FOLDS for stem, name in names.items()}


def letters(text):
    return re.sub(r'[^a-z0-9]', '', text.lower())
