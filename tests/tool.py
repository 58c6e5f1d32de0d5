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
