"""GPUs, as NVIDIA's management library tells of them: a stand-in for it, made here, with what the library's manual says of its functions."""
import os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from endpoint import Endpoint
from tool import Checks, places, skip

plait, root = places()
check = Checks()
compiler = shutil.which('cc') or skip('there is no C compiler')
LIBRARY = '''
typedef struct nvmlDevice_st { unsigned index; } *nvmlDevice_t;
typedef struct { unsigned gpu, memory; } nvmlUtilization_t;
typedef struct { unsigned long long total, free, used; } nvmlMemory_t;
static struct nvmlDevice_st devices[] = {{0}, {1}, {2}};
static int begun;
int nvmlInit_v2(void) { begun = INIT == 0; return INIT; }
int nvmlShutdown(void) { return begun ? 0 : 1; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 3; return begun ? 0 : 1; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, nvmlDevice_t *device) { *device = &devices[index]; return index == 2 ? 15 : 0; /* it fell off the bus */ }
int nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *out) { *out = (nvmlUtilization_t){25 + device->index, 3}; return device->index == 1 ? 3 : 0; /* not supported */ }
#ifndef WITHOUT_MEMORY
int nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *out) { *out = (nvmlMemory_t){80000000000, 60000000000, 20000000000 + device->index}; return 0; }
#endif
'''


def metrics(*definitions):
    with tempfile.TemporaryDirectory() as folder:
        if definitions:
            source = os.path.join(folder, 'nvml.c')
            open(source, 'w').write(LIBRARY)
            subprocess.run([compiler, '-shared', '-fPIC', '-w', *definitions, source, '-o', os.path.join(folder, 'libnvidia-ml.so.1')], check=True)
        with Endpoint(plait, root, '--workers', 1, '--quiet', LD_LIBRARY_PATH=folder) as server:
            found = {}
            for _ in range(1 if not definitions else 100):  # it is looked for once the server is ready
                found = {name[len('plait_gpu_'):]: value for name, value in server.metrics().items() if name.startswith('plait_gpu_')}
                if found:
                    break
            check(server.end() == 0, 'it ends well')
            return found


expected = {'utilization_ratio{gpu="0"}': 0.25, 'memory_used_bytes{gpu="0"}': 20e9, 'memory_bytes{gpu="0"}': 80e9, 'memory_used_bytes{gpu="1"}': 20000000001, 'memory_bytes{gpu="1"}': 80e9}
found = metrics('-DINIT=0')
check(found == expected, 'what the devices say, and nothing of what they do not: %s' % found)
check(metrics('-DINIT=9') == {}, 'a driver that is not there')
check(metrics('-DINIT=0', '-DWITHOUT_MEMORY') == {}, 'a library of another age')
if not os.path.exists('/dev/nvidia0'):
    check(metrics() == {}, 'no library')
check.finish()
