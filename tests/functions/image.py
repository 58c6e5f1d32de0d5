"""The container images: what is in them, and that the server in them reads, as nobody, from files that cannot be changed.  The one for
GPUs runs on a stand-in for the driver, put where NVIDIA's container toolkit puts that."""
import gzip, hashlib, json, os, re, shutil, sys, sysconfig, tarfile, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, untimed
from tool import Checks, differences, places, run, skip

MIB_MOST = 120
COMMAND = {False: ['serve'], True: ['serve', '--backend', 'cuda']}
plait, root = places()
check = Checks()
for tool in ('mmdebstrap', 'umoci', 'unshare', 'setpriv'):
    if not shutil.which(tool):
        skip('%s is not installed' % tool)
if os.geteuid() != 0 or run('unshare', '--mount', 'true').returncode != 0:
    skip('only root may mount file systems here')


def blob(image, digest):
    kind, name = digest.split(':')
    data = open(os.path.join(image, 'blobs', kind, name), 'rb').read()
    check(hashlib.new(kind, data).hexdigest() == name, 'the blob %s is what its name says' % name[:12])
    return data


def validate(image, gpu):
    """As the OCI image specification has it: every digest and size holds, and the files are fit for nobody's use."""
    check(json.load(open(os.path.join(image, 'oci-layout')))['imageLayoutVersion'] == '1.0.0', 'an OCI image layout')
    index = json.load(open(os.path.join(image, 'index.json')))
    check(index['schemaVersion'] == 2 and len(index['manifests']) == 1, 'one image')
    manifest = json.loads(blob(image, index['manifests'][0]['digest']))
    config = json.loads(blob(image, manifest['config']['digest']))
    settings = config['config']
    check((config['os'], config['rootfs']['type'], len(config['rootfs']['diff_ids'])) == ('linux', 'layers', len(manifest['layers'])), 'its configuration')
    check(settings['User'] == '65532:65532' and settings['Entrypoint'] == ['plait'] and settings['Cmd'] == COMMAND[gpu] and 'PORT=8080' in settings['Env'], 'what it runs, and as whom: %s' % settings)
    asks = {'NVIDIA_VISIBLE_DEVICES=all', 'NVIDIA_DRIVER_CAPABILITIES=compute,utility'} & set(settings['Env'])
    check(len(asks) == (2 if gpu else 0), 'it asks for GPUs if it needs one: %s' % settings['Env'])
    size = 0
    names = set()
    for layer, diff in zip(manifest['layers'], config['rootfs']['diff_ids']):
        data = blob(image, layer['digest'])
        check(len(data) == layer['size'], 'the size of the layer')
        size += len(data)
        archive = gzip.decompress(data)
        check('sha256:' + hashlib.sha256(archive).hexdigest() == diff, 'the layer unpacked is what the configuration says')
        with tempfile.TemporaryFile() as file:
            file.write(archive)
            file.seek(0)
            for member in tarfile.open(fileobj=file):
                name = member.name.lstrip('./')
                names.add(name)
                check('..' not in name.split('/') and not member.isdev(), '%s is a file within' % member.name)
                check(not member.mode & 0o6000 and (member.issym() or not member.mode & 0o022 or name == 'tmp'), '%s: nobody gains rights by it: %o' % (name, member.mode))
                check(member.uid == 0, '%s belongs to root' % name)
    programs = sorted(name for name in names if re.match('(usr/)?s?bin/', name))
    check(programs == ['usr/bin/pdftoppm', 'usr/bin/pdftotext', 'usr/bin/plait'], 'no shell and no tools: %s' % programs)
    check('usr/share/doc/plait/copyright' in names and 'usr/share/doc/libsodium23/copyright' in names, 'licences are in it')
    return size


# Mounts that end with the process: the root file system for reading alone, with /proc and three devices; then as nobody.
ENTER = '''#!/bin/sh
[ -n "$PLAIT_TEST_ENTERED" ] || PLAIT_TEST_ENTERED=yes exec unshare --mount --propagation private "$0" "$@"
set -e
if [ -n "$DRIVER" ]; then : > TREE/usr/lib/MULTIARCH/libcuda.so.1; mount --bind "$DRIVER" TREE/usr/lib/MULTIARCH/libcuda.so.1; fi
mount --rbind TREE TREE && mount -o remount,bind,ro,nosuid,nodev TREE
mount -t proc proc TREE/proc
mount -t tmpfs -o size=64k,mode=755 tmpfs TREE/dev
for device in null zero urandom; do : > TREE/dev/$device; mount --bind /dev/$device TREE/dev/$device; done
exec env PATH=/usr/bin /usr/bin/setpriv --no-new-privs /usr/sbin/chroot --userspec 65532:65532 --groups= TREE plait "$@"
'''


def pdf(words):
    """One page with these words."""
    content = b'BT /F1 12 Tf 72 720 Td (%s) Tj ET' % words
    objects = [b'<</Type/Catalog/Pages 2 0 R>>', b'<</Type/Pages/Kids[3 0 R]/Count 1>>', b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>',
               b'<</Length %d>>stream\n%s\nendstream' % (len(content), content), b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>']
    return b'%PDF-1.4\n' + b''.join(b'%d 0 obj\n%s\nendobj\n' % pair for pair in enumerate(objects, 1)) + b'trailer<</Size 6/Root 1 0 R>>\n%%EOF\n'


def status(server, name):
    return re.search(r'^%s:\s*(.*)$' % name, open('/proc/%d/status' % server.process.pid).read(), re.M).group(1).split()


def enter(tree, folder):
    """A command that runs plait within."""
    contained = os.path.join(folder, 'contained')
    open(contained, 'w').write(ENTER.replace('TREE', tree).replace('MULTIARCH', sysconfig.get_config_var('MULTIARCH')))
    os.chmod(contained, 0o755)
    return contained


def serve_on_gpu(tree, folder):
    """A sample with the fields of the native command, by the driver that is brought to the image; and in one line that there is none."""
    contained, sample = enter(tree, folder), os.path.join('samples', 'kopitiam.jpg')
    with Endpoint(contained, root, '--backend', 'cuda', '--workers', 1, DRIVER=DRIVER) as server:
        mapped = open('/proc/%d/maps' % server.process.pid).read()
        check('/libcuda.so.1' in mapped, 'the driver is in use')
        code, _, body = server.post('/v1/documents', open(os.path.join(root, sample), 'rb').read(), 'image/jpeg')
        expected = json.loads(run(plait, 'read', sample, cwd=root).stdout)['fields']
        check(code == 200 and differences(json.loads(body)['fields'], expected) == [], 'a picture is read on the GPU as outside: %d %r' % (code, body[:200]))
        check(server.end() == 0, 'it ends well')
    if not os.path.exists('/dev/nvidiactl'):
        without = run(contained, 'serve', '--backend', 'cuda', '--port', 0)
        check(without.returncode == 1 and 'there is no NVIDIA driver here' in without.stderr and without.stderr.count('\n') == 1, 'no driver: %s' % without.stderr)


def serve(tree, folder):
    """From the image's files: a sample as the native command reads it, a PDF, and nothing to be had beyond."""
    contained = enter(tree, folder)
    sample = os.path.join('samples', 'kopitiam.jpg')
    with Endpoint(contained, root, '--workers', 1) as server:
        check(status(server, 'Uid') == ['65532'] * 4 and status(server, 'CapEff') == status(server, 'CapPrm') == ['0' * 16] and status(server, 'NoNewPrivs') == ['1'], 'it runs as nobody, without rights')
        mounts = [line.split() for line in open('/proc/%d/mountinfo' % server.process.pid)]
        inside = os.readlink('/proc/%d/root' % server.process.pid)
        check(inside == os.path.realpath(tree) and any(m[4] in ('/', tree) and 'ro' in m[5].split(',') for m in mounts), 'on files that cannot be changed')
        code, _, body = server.post('/v1/documents?name=kopitiam.jpg', open(os.path.join(root, sample), 'rb').read(), 'image/jpeg')
        expected = run(plait, 'read', '--lines', sample, cwd=root).stdout.encode()
        named = lambda document: untimed(document).replace(b'"name":"samples/', b'"name":"')
        check(code == 200 and json.loads(body)['fields']['total']['value'] and named(body) == named(expected), 'a picture is read as outside: %d %r' % (code, body[:200]))
        code, _, body = server.post('/v1/documents', pdf(b'TOTAL RM 25.60 of the fourteenth of March'), 'application/pdf')
        check(code == 200 and '25.60' in json.dumps(json.loads(body)['pages']), 'and a PDF, by the poppler-utils of the image: %d %r' % (code, body[:200]))
        healthy = run(contained, 'serve', '--check', '--port', server.port)
        check(healthy.returncode == 0 and not healthy.stderr, 'the health check holds: %s' % healthy.stderr)
        port = server.port
        check(server.end() == 0, 'it ends well')
    ill = run(contained, 'serve', '--check', '--port', port)
    check(ill.returncode == 1 and len(ill.stderr.splitlines()) == 1, 'and fails when there is no server: %s' % ill.stderr)


def make(folder, gpu):
    """The root file system of an image that is made, checked and unpacked."""
    image, bundle = os.path.join(folder, 'image'), os.path.join(folder, 'bundle')
    built = run(os.path.join(root, 'functions', 'image.sh'), os.path.dirname(plait), image, *(['gpu'] if gpu else []), cwd=root)
    if built.returncode != 0 and re.search('could not be had|apt knows no', built.stderr):
        skip('no Debian mirror: ' + built.stderr.splitlines()[-1])
    check(built.returncode == 0, 'the image is made: %s' % built.stderr[-500:])
    packed = validate(image, gpu)
    check(run('umoci', 'unpack', '--image', image + ':plait', bundle).returncode == 0, 'it unpacks')
    tree = os.path.join(bundle, 'rootfs')
    unpacked = sum(os.lstat(os.path.join(place, name)).st_size for place, _, files in os.walk(tree) for name in files)
    print('%s%.1f MiB unpacked, %.1f MiB to pull' % ('for GPUs: ' if gpu else '', unpacked / 2**20, packed / 2**20))
    check(unpacked <= MIB_MOST << 20, 'at most %d MiB unpacked' % MIB_MOST)
    return tree


with tempfile.TemporaryDirectory() as folder:
    serve(make(folder, False), folder)
DRIVER = os.path.join(os.path.dirname(plait), 'tests', 'cuda', 'standin', 'libcuda.so.1')
if os.path.exists(DRIVER):
    with tempfile.TemporaryDirectory() as folder:
        serve_on_gpu(make(folder, True), folder)
else:
    print('without the image for GPUs: this build has no backend for them')
check.finish()
