"""Events as Knative's Kafka source delivers them, by curl: at least once, some at a time, again after 429; each is worked on once."""
import json, os, random, shutil, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from tool import Checks, places, run, skip

plait, root = places()
check = Checks()
if not shutil.which('curl'):
    skip('curl is not installed')
SOURCE = '/apis/v1/namespaces/default/kafkasources/documents#documents'
pictures = sorted(name for name in os.listdir(os.path.join(root, 'samples')) if name.endswith(('.jpg', '.png')))
records = [os.path.join(root, 'samples', name) for name in pictures]
choice = random.Random(6)
busy = []  # the same event was being worked on


def deliver(server, folder, partition, offset, path):
    """One record, as the dispatcher sends it: binary mode, tried again with longer and longer pauses."""
    answer, head = (os.path.join(folder, '%s-%d-%d-%d' % (what, partition, offset, threading.get_ident())) for what in ('answer', 'head'))
    for attempt in range(12):
        result = run('curl', '--silent', '--show-error', '--max-time', 110, '--output', answer, '--dump-header', head, '--write-out', '%{http_code}', '--data-binary', '@' + path,
                     '--header', 'Content-Type: application/octet-stream', '--header', 'ce-specversion: 1.0', '--header', 'ce-type: dev.knative.kafka.event',
                     '--header', 'ce-source: ' + SOURCE, '--header', 'ce-id: partition:%d/offset:%d' % (partition, offset), '--header', 'ce-subject: partition:%d#%d' % (partition, offset),
                     'http://127.0.0.1:%d/' % server.port)
        status = int(result.stdout or 0)
        if status not in (409, 429, 503):
            break
        if status == 409:
            busy.append(offset)
        time.sleep(0.2 * 1.5**attempt)
    heads = dict(line.split(': ', 1) for line in open(head).read().splitlines() if ': ' in line)
    return status, {name.lower(): value for name, value in heads.items()}, open(answer, 'rb').read()


with tempfile.TemporaryDirectory() as folder, Endpoint(plait, root, '--workers', 2, '--queue', 2) as server:
    bad = os.path.join(folder, 'bad')
    open(bad, 'w').write('no picture')
    topic = [(partition, offset, path) for partition in range(2) for offset, path in enumerate(records + [bad])]
    deliveries = [record for record in topic for _ in range(choice.choice((1, 2, 3)))]  # a consumer that fell over before it said what it had done
    choice.shuffle(deliveries)
    answers, lock = {}, threading.Lock()

    def consume():
        while True:
            with lock:
                if not deliveries:
                    return
                record = deliveries.pop()
            answer = deliver(server, folder, *record)
            with lock:
                answers.setdefault(record, []).append(answer)

    count = len(deliveries)
    consumers = [threading.Thread(target=consume) for _ in range(4)]
    for consumer in consumers:
        consumer.start()
    for consumer in consumers:
        consumer.join()
    check(count > len(topic) and sum(map(len, answers.values())) == count, '%d deliveries of %d records' % (count, len(topic)))
    for (partition, offset, path), heard in answers.items():
        where = 'partition %d, offset %d' % (partition, offset)
        expected = 415 if path == bad else 200
        check([status for status, _, _ in heard] == [expected] * len(heard), '%s: %d, found %s' % (where, expected, [status for status, _, _ in heard]))
        check(len({body for _, _, body in heard}) == 1, '%s: one answer, however often' % where)
        if path != bad:
            _, headers, body = heard[0]
            check(headers['ce-type'] == 'plait.document.read' and headers['ce-causationid'] == 'partition:%d/offset:%d' % (partition, offset) and len({h['ce-id'] for _, h, _ in heard}) == 1, '%s: it is an event: %s' % (where, headers))
            check(any(field and field['value'] for field in json.loads(body)['fields'].values()), '%s: read' % where)
    metrics = server.metrics()
    check(metrics['plait_events_total{outcome="read"}'] == 2 * len(records), 'each was worked on once: %s' % {k: v for k, v in metrics.items() if 'events' in k})
    known = metrics['plait_events_total{outcome="duplicate"}']
    check(known == count - len(topic) + len(busy), 'the others were known: %d, of %d deliveries of %d records, with %d that came while the same was read' % (known, count, len(topic), len(busy)))
    check(server.end() == 0, 'it ends well')
check.finish()
