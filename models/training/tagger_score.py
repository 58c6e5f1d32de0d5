"""Is a field right?  The published measure, normalised: the same number, the same day, the same letters and digits."""
import re, unicodedata

from tagger_data import number
from tagger_dates import day

def fold(text): return ' '.join(unicodedata.normalize('NFKC', text).casefold().split())
def key(text): return ''.join(c for c in fold(text) if c.isalnum())

def right(field, truth, value, text):
    if fold(text) == fold(truth): return True
    if field == 'total': return number(value) is not None and number(value) == number(truth) and ('-' in value) == ('-' in truth)
    if field == 'date': return day(value) is not None and day(value) == day(truth)
    return key(value) == key(truth) and bool(key(truth))
