"""NVIDIA's own assembler takes the kernels' PTX for every generation of GPUs, and no kernel needs more registers than a thread of its
block can have, nor local memory for what does not fit into them."""
import glob, os, re, shutil, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from tool import Checks, run, skip

folder, root = sys.argv[1:]
ptxas = shutil.which('ptxas') or shutil.which('/usr/local/cuda/bin/ptxas') or skip('ptxas is not installed')
check = Checks()
kernels = re.findall(r'^KERNEL\(\w+, (\w+)\)', open(os.path.join(root, 'src', 'backend', 'cuda', 'kernels', 'kernels.def')).read(), re.M)
most = 0
for generation in ('sm_75', 'sm_80', 'sm_86', 'sm_89', 'sm_90', 'sm_100', 'sm_120'):
    found = []
    for image in sorted(glob.glob(os.path.join(folder, '*.ptx'))):
        with tempfile.TemporaryDirectory() as place:
            done = run(ptxas, '-v', '-arch', generation, image, '-o', os.path.join(place, 'cubin'))
        check(done.returncode == 0, '%s for %s: %s' % (os.path.basename(image), generation, done.stderr[-300:]))
        for name, frame, stores, loads, registers in re.findall(r"Compiling entry function '(\w+)'.*?(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads.*?Used (\d+) registers",
                                                                done.stderr, re.S):
            found.append(name)
            most = max(most, int(registers))
            check((frame, stores, loads) == ('0', '0', '0') and int(registers) <= 128, '%s for %s: %s bytes of local memory, %s and %s spilled, %s registers' % (name, generation, frame, stores, loads, registers))
    check(sorted(found) == sorted(kernels), '%s has every kernel: %s' % (generation, sorted(set(kernels) ^ set(found))))
print('at most %d registers' % most)
check.finish()
