"""What the endpoint does under load: its capacity, its goodput at twice that, how fast 429 comes, memory, and what HTTP costs.

    overload.py PLAIT ROOT [SECONDS]      one JSON object on stdout

Capacity is what as many clients as workers get, each asking again when it is answered.  The overload is open: requests come at
twice that rate whether or not others were answered."""
import http.client, json, os, sys, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint

plait, root = sys.argv[1], sys.argv[2]
seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 60
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
workers = os.cpu_count()


def ask(server, connection=None):
    """Status, seconds, and the connection to go on with."""
    connection = connection or http.client.HTTPConnection('127.0.0.1', server.port, timeout=120)
    start = time.monotonic()
    connection.request('POST', '/v1/documents', jpeg, {'Content-Type': 'image/jpeg'})
    answer = connection.getresponse()
    answer.read()
    return answer.status, time.monotonic() - start, connection


def closed(server, clients, length):
    """Answers of clients that ask again and again: documents a second."""
    done, end = [], time.monotonic() + length

    def client():
        connection = None
        while time.monotonic() < end:
            status, _, connection = ask(server, connection)
            done.append(status)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done.count(200) / (time.monotonic() - start)


def opened(server, rate, length):
    """[(status, seconds)] of requests that come at a rate, and the server's memory at every sixth of the time."""
    seen, memory, threads = [], [], []

    def one():
        try:
            status, took, connection = ask(server)
            connection.close()
        except OSError as error:
            status, took = str(error), 0
        seen.append((status, took))

    start, count = time.monotonic(), int(rate * length)
    for i in range(count):
        time.sleep(max(0, start + i / rate - time.monotonic()))
        if i % (count // 6 or 1) == 0:
            memory.append(server.metrics()['process_resident_memory_bytes'])
        threads.append(threading.Thread(target=one))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return seen, memory, time.monotonic() - start


with Endpoint(plait, root, '--workers', workers, '--quiet') as server:
    closed(server, workers, 3)
    capacity = closed(server, workers, max(10, seconds / 3))
    seen, memory, took = opened(server, 2 * capacity, seconds)
    after = server.metrics()
    good = sum(status == 200 for status, _ in seen)
    refused = sorted(t for status, t in seen if status == 429)
    again = closed(server, workers, max(10, seconds / 3))
    documents = after['plait_http_requests_total{route="documents",method="POST",code="200"}']
    worked = sum(v for k, v in after.items() if k.startswith('plait_work_seconds_total'))
    stages = sum(v for k, v in after.items() if k.startswith('plait_stage_duration_seconds_sum'))
    print(json.dumps({'workers': workers, 'capacity': round(capacity, 2), 'capacity_after': round(again, 2), 'offered': round(len(seen) / seconds, 2), 'goodput': round(good / took, 2),
                      'goodput_share': round(good / took / capacity, 3), 'goodput_share_of_both': round(2 * good / took / (capacity + again), 3), 'refused': len(refused), 'other': [s for s, _ in seen if s not in (200, 429)][:5],
                      'refused_ms_median': round(1000 * refused[len(refused) // 2], 2) if refused else None, 'refused_ms_p99': round(1000 * refused[len(refused) * 99 // 100], 2) if refused else None,
                      'memory_mb': [round(bytes / 1e6, 1) for bytes in memory + [after['process_resident_memory_bytes']]],
                      'work_beside_stages': round(1 - stages / worked, 4), 'documents': documents, 'exit': server.end()}))
