"""The outside of the command: help, version, exit statuses of wrong usage, one line of error."""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from tool import Checks, places, run

plait, root = places()
check = Checks()

version = run(plait, '--version')
check(version.returncode == 0 and version.stdout.startswith('plait '), '--version: %r' % version.stdout)
overview = run(plait, '--help')
check(overview.returncode == 0, '--help ends with %d' % overview.returncode)
for command in ('read', 'eval', 'onnx', 'conform', 'models'):
    check('\n  %s ' % command in overview.stdout, '--help names %s' % command)
    page = run(plait, command, '--help')
    check(page.returncode == 0 and page.stdout.startswith('usage: plait %s' % command), '%s --help' % command)

wrong = [(), ('nonsense',), ('read',), ('read', '--nonsense', 'x.jpg'), ('read', '--threads', 'many', 'x.jpg'), ('read', '--threads'), ('read', '--lines=1', 'x.jpg'),
         ('read', '--annotate', 'o.png', 'a.jpg', 'b.jpg'), ('eval',), ('eval', 'a', 'b')]
for arguments in wrong:
    result = run(plait, *arguments)
    check(result.returncode == 2, '%s: exit status 2, found %d' % (arguments, result.returncode))
    check(not result.stdout, '%s: nothing on stdout' % (arguments,))
    if arguments:
        check(len(result.stderr.splitlines()) == 1 and result.stderr.startswith('plait: '), '%s: one line of error, found %r' % (arguments, result.stderr))

sample = os.path.join(root, 'samples', 'grocer.jpg')
for arguments, found in ((('--model', 'no-such-package'), 'no-such-package'), (('--model', 'receipt@9.9.9'), '9.9.9'), (('--backend', 'no-such-backend'), 'no-such-backend'),
                         (('--without', 'smell'), 'smell')):
    result = run(plait, 'read', *arguments, sample, cwd=root)
    check(result.returncode == 1, '%s: exit status 1, found %d' % (arguments, result.returncode))
    check(len(result.stderr.splitlines()) == 1 and found in result.stderr, '%s: one line that names %s, found %r' % (arguments, found, result.stderr))

# A voice note that a package cannot hear is left out, and said; one that is none, or is not there, is an error.
result = run(plait, 'read', '--lines', '--model', 'tests/packages/plain', '--text', os.path.join(root, 'samples', 'grocer.json'), '--audio', os.path.join(root, 'LICENSE'), sample, cwd=root)
check(result.returncode == 0 and result.stdout.startswith('{') and 'audio' in result.stderr, 'a voice note is left out: %r' % result.stderr)
result = run(plait, 'read', '--lines', '--audio', os.path.join(root, 'LICENSE'), sample, cwd=root)
check(result.returncode == 1 and len(result.stderr.splitlines()) == 1 and 'WAV' in result.stderr, 'a voice note that is text: %r' % result.stderr)
result = run(plait, 'read', '--lines', '--audio', 'no-such.wav', sample, cwd=root)
check(result.returncode == 1 and 'no-such.wav' in result.stderr, 'a missing voice note: %r' % result.stderr)
check.finish()
