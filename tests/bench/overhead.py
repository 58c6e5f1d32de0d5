"""What HTTP, queue, metrics and log add to a document: the time a client waits less what reading took (`timing_ms.total`, plait_read
in the same process), and processor time a document beside `plait read` of the same files, in turn.

    overhead.py PLAIT ROOT [ROUNDS] [FOLDER]      one JSON object on stdout; FOLDER: of pictures, samples/ otherwise

The first needs a quiet machine: where others want the cores too, the threads of client and server wait for their turn between reading
and answer.  `least` is the mean of each picture's best round, in which they seldom did."""
import glob, http.client, json, os, resource, statistics, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint

plait, root = sys.argv[1], sys.argv[2]
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 10
files = sorted(glob.glob(os.path.join(sys.argv[4] if len(sys.argv) > 4 else os.path.join(root, 'samples'), '*.jpg')))[:15]
pictures = [open(file, 'rb').read() for file in files]


def processor_ms(process):
    folder = '/proc/%d/task' % process
    return sum(int(open('%s/%s/schedstat' % (folder, task)).read().split()[0]) for task in os.listdir(folder)) / 1e6


def command_ms(times):
    """Processor time of the command that reads all files so many times."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([plait, 'read', '--lines', *files * times], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


waits, served, read = [[] for _ in pictures], [], []
with Endpoint(plait, root, '--workers', 1) as server:  # with its log
    connection = http.client.HTTPConnection('127.0.0.1', server.port)

    def ask(picture):
        start = time.monotonic()
        connection.request('POST', '/v1/documents', picture, {'Content-Type': 'image/jpeg'})
        answer = connection.getresponse().read()
        return 1000 * (time.monotonic() - start), json.loads(answer)['timing_ms']['total']

    for picture in pictures:
        ask(picture)
    for _ in range(rounds):
        before = processor_ms(server.process.pid)
        for of_picture, picture in zip(waits, pictures):
            waited, took = ask(picture)
            of_picture.append((waited - took) / took)
        served.append((processor_ms(server.process.pid) - before) / len(pictures))
        read.append((command_ms(3) - command_ms(1)) / 2 / len(pictures))  # without the start
print(json.dumps({'documents': sum(map(len, waits)), 'wait_beside_reading': round(statistics.median(sum(waits, [])), 4), 'wait_beside_reading_least': round(statistics.mean(map(min, waits)), 4), 'served_processor_ms': round(statistics.median(served), 2),
                  'read_processor_ms': round(statistics.median(read), 2), 'processor_ratio': round(statistics.median(s / r for s, r in zip(served, read)), 3)}))
