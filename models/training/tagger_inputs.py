"""The document room's C code as a library: lines of text with places in, the arrays of the tagger's encoders out.

usage: tagger_inputs.py LIBRARY.so        builds the library, after `cmake --preset native` (whose other libraries it needs)"""
import ctypes, os, re, subprocess, sys
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SOURCES = ['models/training/tagger_inputs.c'] + ['src/document/%s.c' % n for n in ('amount', 'date', 'order', 'split', 'candidates', 'features',
                                                                             'fields', 'scores', 'normalise', 'evidence', 'checks', 'spelling', 'strange', 'familiar')] + \
          ['src/base/%s.c' % n for n in ('context', 'arena', 'status')] + ['src/fusion/agreement.c', 'src/fusion/shapley.c', 'src/media/image_cut.c', 'src/model/calibrate.c', 'src/model/language.c']
ALPHABET = ['\0'] + list('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;-/&()#$@\'"*+%=_!?|') + ['€', '£', '¥']
LENGTH = 18
PICTURE = (16, 64)
TYPES = ('text', 'money', 'date', 'address', 'number')

def build(out):
    cache = open(os.path.join(ROOT, 'build/native/CMakeCache.txt')).read()
    found = lambda name: re.search(r'^%s:[A-Z]*PATH=(.*)$' % name, cache, re.M).group(1)
    threads = found('PLAIT_LIBRARY_pthreadpool')
    headers = (os.path.join(os.path.dirname(os.path.dirname(threads)), 'include'), found('PLAIT_INCLUDE_CJSON'))
    subprocess.run(['cc', '-std=c17', '-O2', '-fPIC', '-shared', '-D_POSIX_C_SOURCE=200809L', '-Isrc', *(o for h in headers for o in ('-isystem', h)),
                    '-Wl,-z,defs', '-o', os.path.abspath(out), *SOURCES, threads, '-lm'], cwd=ROOT, check=True)

def open_library(path):
    lib = ctypes.CDLL(path, mode=os.RTLD_LAZY)
    lib.inputs_create.restype, lib.inputs_strangeness.restype = ctypes.c_void_p, ctypes.c_float
    return lib

def _pointer(array): return array.ctypes.data_as(ctypes.c_void_p)

class Inputs:
    """One page.  texts: list of str; polygons: [lines, 4, 2].  Words are in reading order."""
    def __init__(self, lib, texts, polygons, length=LENGTH, alphabet=ALPHABET):
        polygons = np.ascontiguousarray(polygons, np.float32)
        lines = (ctypes.c_char_p * len(texts))(*(t.encode() for t in texts))
        page = ctypes.c_void_p(lib.inputs_create(len(texts), lines, _pointer(polygons)))
        n, m = lib.inputs_words(page), lib.inputs_candidates(page)
        self.places, self.polygons = np.zeros((n, 3), np.int32), np.zeros((n, 4, 2), np.float32)
        self.candidates = np.zeros((m, 5), np.int64)                       # type (1 money, 2 date), first word, words, value, decimals
        self.characters = np.zeros((n, len(alphabet), length), np.float32)
        self.text = np.zeros((n, lib.inputs_text_features()), np.float32)
        self.layout = np.zeros((n, lib.inputs_layout_features()), np.float32)
        lib.inputs_places(page, _pointer(self.places), _pointer(self.polygons))
        lib.inputs_candidate_list(page, _pointer(self.candidates))
        letters = (ctypes.c_char_p * len(alphabet))(*(a.encode() if a != '\0' else b'' for a in alphabet))
        lib.inputs_text(page, letters, len(alphabet), length, _pointer(self.characters), _pointer(self.text))
        lib.inputs_layout(page, _pointer(self.layout))
        self.lib, self.page = lib, page

    def __del__(self):
        if getattr(self, 'page', None): self.lib.inputs_destroy(self.page)

    def checks(self, amounts, checks):
        """The manifest's amounts and checks, for `fields`."""
        self.kept = [(ctypes.c_char_p * len(words))(*(w.encode() for w in words)) for words in amounts.values()] + [c['field'].encode() for c in checks.values()]
        for words in self.kept[:len(amounts)]: self.lib.inputs_amount(self.page, words, len(words))
        for field, check in zip(self.kept[len(amounts):], checks.values()):
            terms = np.array([[list(amounts).index(t[1:].rstrip('?')), -1 if t[0] == '-' else 1, t[-1] == '?'] for t in check['terms']], np.int32)
            self.lib.inputs_check(self.page, field, ctypes.c_float(check['tolerance']), ctypes.c_float(check['passed']), ctypes.c_float(check['failed']),
                                  _pointer(terms), len(terms))

    def familiar(self, values):
        """For `fields`: a list of known values a field, in their order."""
        self.values = [(ctypes.c_char_p * len(v))(*(t.encode() for t in v)) for v in values]
        for i, v in enumerate(self.values): self.lib.inputs_familiar(self.page, i, v, len(v))

    def fields(self, logits, present, labels, rules):
        """logits: {set: [words, labels]}; rules: {name: type}; returns {name: (value, text, probability of its words, evidence,
        first word, words, whether the value is familiar)}."""
        names, count, label = list(rules), len(rules), lambda n: labels.index(n) if n in labels else -1
        kept = {s: np.ascontiguousarray(v, np.float32) for s, v in logits.items()}
        sets = (ctypes.c_void_p * 16)(*(kept[s].ctypes.data if s in kept else None for s in range(16)))
        of = np.array([[label(n), label(n + '.first'), label(n + '.last')] for n in names], np.int32)
        values, texts = (ctypes.c_char_p * count)(), (ctypes.c_char_p * count)()
        confidences, evidence = np.zeros(count, np.float32), np.zeros((count, 4), np.float32)
        words = np.zeros((count, 3), np.int32)
        status = self.lib.inputs_fields(self.page, sets, present, len(labels), label('misread'), count, (ctypes.c_char_p * count)(*(n.encode() for n in names)),
                                        _pointer(np.array([TYPES.index(rules[n]) for n in names], np.int32)), _pointer(of), values, texts, _pointer(confidences), _pointer(evidence), _pointer(words))
        if status: raise RuntimeError('fields: status %d' % status)
        return {n: (values[i].decode(), texts[i].decode(), float(confidences[i]), evidence[i], *words[i]) for i, n in enumerate(names)}

class Strangeness:
    """How strange a text, or a page's words, are to a package's language model."""
    def __init__(self, lib, package):
        self.lib, self.bytes = lib, open(os.path.join(package, 'language.bin'), 'rb').read()
        characters = open(os.path.join(package, 'charset.txt'), encoding='utf-8').read().split('\n')
        self.characters = [c for c in characters if c]
        self.array, self.asked = (ctypes.c_char_p * len(self.characters))(*(c.encode() for c in self.characters)), {}
    def __call__(self, text):
        if text not in self.asked: self.asked[text] = self.ask(text)
        return self.asked[text]
    def ask(self, text):
        return self.of(None, text.encode())
    def page(self, inputs): return self.of(inputs.page, None)
    def of(self, page, text): return float(self.lib.inputs_strangeness(self.bytes, ctypes.c_size_t(len(self.bytes)), self.array, len(self.characters), page, text))

def pictures(lib, grey, polygons, mean=0.5, deviation=0.5):
    """[words, 1, 16, 64] cut out of grey [rows, columns] u8 at polygons [words, 4, 2]."""
    polygons = np.ascontiguousarray(polygons, np.float32)
    out = np.zeros((len(polygons), 1) + PICTURE, np.float32)
    lib.inputs_pictures(_pointer(grey), grey.shape[0], grey.shape[1], _pointer(polygons), len(polygons), PICTURE[0], PICTURE[1],
                        ctypes.c_float(mean), ctypes.c_float(deviation), _pointer(out))
    return out

if __name__ == '__main__': build(sys.argv[1])
