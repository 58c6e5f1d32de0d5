"""The recogniser's characters, and which of them count as the same when a transcript ignores case.

Class 0 of the network is the CTC blank; class k is CHARACTERS[k - 1].
"""
import unicodedata

import numpy as np

ASCII = ''.join(chr(c) for c in range(32, 127))
LETTERS = 'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŠšŽž'
SIGNS = '€£¥¢§°©®™±×«»–—‘’“”•…½¿¡ªºµ·'
CHARACTERS = ASCII + LETTERS + SIGNS
CLASSES = len(CHARACTERS) + 1
INDEX = {c: i + 1 for i, c in enumerate(CHARACTERS)}

LOOKS = {'‘': "'", '’': "'", '“': '"', '”': '"', '–': '-', '—': '-', '×': 'X', '·': '.', '•': '.', 'ß': 'B', 'Ø': 'O', 'ø': 'O', '¥': 'Y'}


def encode(text):
    return [INDEX[c] for c in text if c in INDEX]


def decode(classes):
    return ''.join(CHARACTERS[k - 1] for k in classes)


def folded(character):
    """The upper-case ASCII character an all-capitals transcript would show for this one."""
    plain = LOOKS.get(character) or unicodedata.normalize('NFD', character)[0]
    return plain.upper() if len(plain.upper()) == 1 else plain


def fold_matrix():
    """[CLASSES, CLASSES]: probabilities times this are summed into the folded classes."""
    matrix = np.zeros((CLASSES, CLASSES), np.float32)
    matrix[0, 0] = 1
    for i, c in enumerate(CHARACTERS):
        matrix[i + 1, INDEX.get(folded(c), i + 1)] = 1
    return matrix
