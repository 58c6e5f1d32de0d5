"""Under load, who allows it gets the cheap path alone, and is told; nobody else does."""
import json, os, sys, threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint, form, untimed
from tool import Checks, places

plait, root = places()
check = Checks()
jpeg = open(os.path.join(root, 'samples', 'kopitiam.jpg'), 'rb').read()
body, kind = form([('document', 'kopitiam.jpg', 'image/jpeg', jpeg), ('options', None, 'application/json', b'{"degrade":true}')])
KINDS = {'degrade': ('/v1/documents?degrade=true', jpeg, 'image/jpeg'), 'form': ('/v1/documents', body, kind), 'plain': ('/v1/documents', jpeg, 'image/jpeg'), 'refused': ('/v1/documents?degrade=false', jpeg, 'image/jpeg')}

with Endpoint(plait, root, '--workers', 1, '--queue', 64, '--quiet') as server:
    quiet = server.post(*KINDS['degrade'])
    check(quiet[0] == 200 and b'"degraded"' not in quiet[2] and 'plait-degraded' not in quiet[1], 'nobody waits: the whole path')
    check(untimed(quiet[2]) == untimed(server.post(*KINDS['plain'])[2]), 'the same as without asking')
    seen = {name: [] for name in KINDS}
    threads = [threading.Thread(target=lambda name=name: seen[name].append(server.post(*KINDS[name]))) for _ in range(5) for name in KINDS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(all(answer[0] == 200 for answers in seen.values() for answer in answers), 'all are answered')
    cheap = [answer for name in ('degrade', 'form') for answer in seen[name] if b'"degraded"' in answer[2]]
    check(len(cheap) > 0, 'some who allow it get the cheap path')
    for _, headers, answer in cheap:
        document = json.loads(answer)
        check(document['degraded'] == {'reason': 'load', 'without': ['image'], 'fields_only': True} and headers['plait-degraded'] == 'load', 'and are told: %s' % headers)
        check(not document['modalities'].get('image', {}).get('present') and document['tables'] == [] and document['fields']['total']['value'], 'fields, from text and layout')
    check(not any(b'"degraded"' in answer[2] for name in ('plain', 'refused') for answer in seen[name]), 'nobody else does')
    check(server.metrics()['plait_degraded_total'] == len(cheap), 'they are counted')
    check(server.end() == 0, 'it ends well')
check.finish()
