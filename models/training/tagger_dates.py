"""The day that a truth's date text names: ISO first, then day-month-year, then month-day-year."""
import re
from datetime import date

MONTHS = {m: i + 1 for i, m in enumerate('jan feb mar apr may jun jul aug sep oct nov dec'.split())}
NUMBERS = ((r'(\d{4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,2})', 'ymd'), (r'(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{4}|\d{2})', 'dmy'),
           (r'(20\d\d)(\d\d)(\d\d)', 'ymd'), (r'(\d\d)(\d\d)(20\d\d)', 'dmy'))

def make(year, month, day):
    year = int(year) + (0 if int(year) > 99 else 2000 if int(year) < 70 else 1900)
    try: return date(year, int(month), int(day))
    except ValueError: return None

def day(text):
    text = (text or '').lower()
    m = re.search(r"(?<!\d)(\d{1,2})[-/., ]*([a-z]{3})[a-z]*[-/.,' ]*(\d{4}|\d{2})(?!\d)", text)
    if m and m.group(2) in MONTHS: return make(m.group(3), MONTHS[m.group(2)], m.group(1))
    m = re.search(r"([a-z]{3})[a-z]*[-/., ]*(\d{1,2})[-/.,' ]+(\d{4}|\d{2})(?!\d)", text)
    if m and m.group(1) in MONTHS: return make(m.group(3), MONTHS[m.group(1)], m.group(2))
    for pattern, order in NUMBERS:
        m = re.search(r'(?<!\d)' + pattern + r'(?!\d)', text)
        if not m: continue
        got = dict(zip(order, m.groups()))
        found = make(got['y'], got['m'], got['d']) or make(got['y'], got['d'], got['m'])
        if found: return found
    return None
