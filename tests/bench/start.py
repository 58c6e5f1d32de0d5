"""What a start costs: processor time from the process's begin to its first answered document, on one core, by stage.

    start.py PLAIT ROOT [TIMES] [MODELS]      one JSON object on stdout, medians in ms

`process` is the system's and the linker's work before the server begins; `first` is a document of a size that was not seen before,
`second` the same once more."""
import json, os, statistics, sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint

plait, root = sys.argv[1], sys.argv[2]
times = int(sys.argv[3]) if len(sys.argv) > 3 else 10
options = ['--models', sys.argv[4]] if len(sys.argv) > 4 else []
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
core = max(os.sched_getaffinity(0))


def processor_ms(process):
    """Of all its threads, to the nanosecond; /proc/PID/stat counts ticks."""
    folder = '/proc/%d/task' % process
    return sum(int(open('%s/%s/schedstat' % (folder, task)).read().split()[0]) for task in os.listdir(folder)) / 1e6


def ask(server):
    status = server.post('/v1/documents', jpeg, 'image/jpeg')[0]
    assert status == 200, status
    return processor_ms(server.process.pid)


runs = []
for _ in range(times):
    with Endpoint(plait, root, '--workers', 1, '--quiet', *options, before=lambda: os.sched_setaffinity(0, {core})) as server:
        ready = processor_ms(server.process.pid)
        first = ask(server)
        second = ask(server)
        stages = {name.split('"')[1]: 1000 * value for name, value in server.metrics().items() if name.startswith('plait_start_cpu_seconds{')}
        runs.append({**stages, 'ready': ready, 'first': first - ready, 'to_first_answer': first, 'second': second - first})
print(json.dumps({name: round(statistics.median(run[name] for run in runs), 1) for name in runs[0]}))
