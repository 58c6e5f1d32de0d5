"""What the tests of the command share: running it, and where things are."""
import os, subprocess, sys

SKIPPED = 77


def places():
    """The command and the root of the repository, as a test is given them."""
    if len(sys.argv) != 3:
        sys.exit('usage: %s PLAIT ROOT' % sys.argv[0])
    return os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])


def run(*command, **options):
    """Runs to the end; stdout and stderr as text."""
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=600, **options)


def skip(why):
    print('skipped:', why)
    sys.exit(SKIPPED)


def shared(root, *path):
    """A file or folder of the data beside the repository; the test ends as skipped where it is not."""
    place = os.path.join(os.environ.get('PLAIT_SHARED', os.path.join(root, '..', 'shared')), *path)
    if not os.path.exists(place):
        skip('%s is not here' % os.path.join('..', 'shared', *path))
    return place


def sanitized(plait):
    """Whether the command was built with the address sanitizer, whose memory says nothing of the program's."""
    return b'__asan_init' in open(plait, 'rb').read()


NUMBER_TOLERANCE = 1e-3  # a confidence is a product of many sums, which each build adds up in another order


def differences(a, b, place=''):
    """Where two JSON values differ: texts at all, numbers by more than their tolerance. Times may."""
    if isinstance(a, dict) and isinstance(b, dict):
        if set(a) != set(b):
            return ['%s: %s and %s' % (place, sorted(a), sorted(b))]
        return [d for key in a if key not in ('timing_ms', 'ms') for d in differences(a[key], b[key], place + '.' + key)]
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return ['%s: %d and %d items' % (place, len(a), len(b))]
        return [d for i in range(len(a)) for d in differences(a[i], b[i], '%s[%d]' % (place, i))]
    if isinstance(a, (int, float)) and isinstance(b, (int, float)) and not isinstance(a, bool):
        return [] if abs(a - b) <= NUMBER_TOLERANCE * max(1, abs(a)) else ['%s: %s and %s' % (place, a, b)]
    return [] if a == b else ['%s: %r and %r' % (place, a, b)]


class Checks:
    """Counts what was checked; every failure is printed, and the test fails at its end."""

    def __init__(self):
        self.count = self.failed = 0

    def __call__(self, condition, what):
        self.count += 1
        if not condition:
            self.failed += 1
            print('FAILED:', what)

    def finish(self):
        print('%d checks, %d failed' % (self.count, self.failed))
        sys.exit(self.failed != 0)
