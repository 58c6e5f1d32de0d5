"""/metrics: what promtool accepts, and numbers that agree with what was answered."""
import json, os, shutil, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from tool import Checks, places

plait, root = places()
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()

with Endpoint(plait, root, '--workers', 1) as server:
    documents = [json.loads(server.post('/v1/documents', jpeg, 'image/jpeg')[2]) for _ in range(3)]
    for i in range(100):
        server.get('/made/up/%d' % i)
    server.post('/v1/documents', b'x', 'image/jpeg')
    metrics = server.metrics()

    # The histograms' sums are what the answers' timing_ms said; these have microseconds.
    for stage in ('decode', 'detect', 'recognise', 'encode', 'fuse', 'heads', 'tables', 'align'):
        said = sum(document['timing_ms'][stage] for document in documents) / 1000
        measured = metrics['plait_stage_duration_seconds_sum{stage="%s"}' % stage]
        check(abs(said - measured) < 1e-5, '%s: %g s in the answers, %g s measured' % (stage, said, measured))
        check(metrics['plait_stage_duration_seconds_count{stage="%s"}' % stage] == 3, '%s: three documents' % stage)
    version = documents[0]['model']['version']
    check(metrics['plait_documents_total{model="receipt",version="%s",outcome="OK"}' % version] == 3, 'three documents were read')
    check(metrics['plait_pages_total'] == 3, 'three pages')
    check(metrics['plait_http_requests_total{route="documents",method="POST",code="200"}'] == 3, 'three answers of 200')
    check(metrics['plait_http_requests_total{route="documents",method="POST",code="415"}'] == 1, 'one of 415')
    check(metrics['plait_http_requests_total{route="none",method="",code="404"}'] == 100, 'paths made up by clients make no series')
    check(metrics['plait_queue_wait_seconds_count'] == 3 and metrics['plait_queue_length'] == 0 and metrics['plait_workers'] == 1, 'the queue')
    check(metrics['plait_ready'] == 1 and metrics['process_resident_memory_bytes'] > 1e6 and metrics['process_cpu_seconds_total'] > 0, 'the process')
    check(metrics['plait_model_info{model="receipt",version="%s",digest="%s"}' % (version, documents[0]['model']['digest'][:47])] == 1, 'the model')
    total = next(field['confidence'] for name, field in documents[0]['fields'].items() if name == 'total')
    check(abs(metrics['plait_field_confidence_sum{field="total"}'] - 3 * total) < 1e-3, 'confidence of the total')  # shares have four decimals
    for name in ('text', 'layout', 'image'):
        check(metrics['plait_modality_present_total{modality="%s"}' % name] == 3, '%s was there three times' % name)

    # Histograms never fall, and end with the count.
    text = server.get('/metrics')[2].decode()
    last = {}
    for line in text.splitlines():
        if '_bucket{' in line:
            series, value = line.rsplit(' ', 1)
            key = series[:series.index('le="')]
            check(float(value) >= last.get(key, 0), 'buckets never fall: %s' % line)
            last[key] = float(value)
    if shutil.which('promtool'):
        result = subprocess.run(['promtool', 'check', 'metrics'], input=text, capture_output=True, text=True)
        check(result.returncode == 0 and not result.stderr.strip(), 'promtool: %s%s' % (result.stdout, result.stderr))
    else:
        print('promtool is not installed: the format is not checked by it')
    check(server.end() == 0, 'it ends well')
check.finish()
