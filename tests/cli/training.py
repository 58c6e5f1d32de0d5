"""The room of documents as the library that training uses: it can be built and holds all it needs, and says what it should.

usage: training.py PLAIT ROOT"""
import os, sys, tempfile

root = sys.argv[2]
sys.path.insert(0, os.path.join(root, 'models', 'training'))
import tagger_inputs

if not os.path.exists(os.path.join(root, 'build', 'native', 'CMakeCache.txt')):
    print('skipped: the native build, whose libraries it takes, is not configured')
    sys.exit(77)

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'inputs.so')
    tagger_inputs.build(path)
    strangeness = tagger_inputs.Strangeness(tagger_inputs.open_library(path), os.path.join(root, 'models', 'receipt'))
    usual, strange = strangeness('RESTORAN'), strangeness('RXQTZRAN')
    if not 0 <= usual < strange:
        sys.exit('expected RXQTZRAN to be stranger than RESTORAN, found %g and %g' % (strange, usual))
    print('built; strangeness of RESTORAN %.2f, of RXQTZRAN %.2f' % (usual, strange))
