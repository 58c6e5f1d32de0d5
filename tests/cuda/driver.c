/* A stand-in for NVIDIA's driver, libcuda.so.1, on machines without a GPU: the functions of src/backend/cuda/driver.h over the
 * host's memory, and the kernels themselves, the same files, made for the host.
 *
 * It is stricter than a GPU: what is given to a stream happens only when somebody waits for it; new memory is all NaN; an array
 * is an allocation of its own, so that the address sanitizer sees a kernel that leaves it; threads and blocks may be run in any
 * order; a launch is refused when the kernel's arguments have another size in the PTX than here.  The environment says what
 * goes wrong:
 *
 *     PLAIT_STANDIN_DEVICES=N          how many there are, 1 by default
 *     PLAIT_STANDIN_CAPABILITY=NN      75 by default
 *     PLAIT_STANDIN_ORDER=SEED         of threads and blocks: 0 as numbered, 1 backwards, others shuffled
 *     PLAIT_STANDIN_MEMORY=BYTES       that the device has
 *     PLAIT_STANDIN_FAULT=NAME:N:CODE  the N-th call of a function, from 1 on, fails with CODE; with code 719 the device is
 * lost: so do all after it PLAIT_STANDIN_REPORT=FILE        where a line with the counts of calls and of what was not given
 * back goes at the end */
#include "backend/cuda/driver.h"
#include "backend/cuda/kernels/kernel.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    INVALID_VALUE = 1,
    NOT_INITIALIZED = 3,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    NOT_FOUND = 500,
    LAUNCH_FAILED = 719
};

#define DECLARE(member, function, parameters) unsigned function parameters;
PLAIT__CUDA_DRIVER_MAP(DECLARE)
#undef DECLARE

/* ---- the kernels ---- */

#undef KERNEL
#define KERNEL(module, name) void plait__cuda_run_##name(const void *arguments, const struct plait__cuda_block *block);
#include "backend/cuda/kernels/kernels.def"
#undef KERNEL

struct CUfunc_st {
    const char *name;
    size_t bytes;
    void (*run)(const void *arguments, const struct plait__cuda_block *block);
};
static struct CUfunc_st kernels[] = {
#define KERNEL(module, name) {#name, sizeof(struct plait__cuda_##name), plait__cuda_run_##name},
#include "backend/cuda/kernels/kernels.def"
#undef KERNEL
};

/* ---- what there is ---- */

struct CUctx_st {
    int retained;
};
struct CUmod_st {
    const char *image;
};
struct allocation {
    size_t bytes;
    char *memory;
    struct allocation *next;
};
struct task { /* of a stream */
    struct task *next;
    const struct CUfunc_st *kernel; /* NULL: `bytes` from `from` to `to`, or, without `from`, of `byte` */
    unsigned grid[3], threads;
    void *to;
    const void *from;
    size_t bytes;
    unsigned char byte;
    _Alignas(16) char data[]; /* a kernel's arguments; what is uploaded, as it was when it was given */
};
struct CUstream_st {
    struct task *first, **last;
};

static struct {
    bool initialised, lost;
    struct CUctx_st context;
    struct allocation *allocations;
    size_t in_use, most;
    long allocated, freed, launched, modules, streams, bad;
    long calls[64];
} state;
static _Thread_local struct CUctx_st *current;

/* One call at a time: threads may make them as they like.  Until the end of the function that has it. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t *lock(void) {
    pthread_mutex_lock(&mutex);
    return &mutex;
}
static void unlock(pthread_mutex_t **locked) {
    pthread_mutex_unlock(*locked);
}
#define ALONE __attribute__((cleanup(unlock))) pthread_mutex_t *alone = lock()

static long setting(const char *name, long fallback) {
    const char *text = getenv(name);
    return text && *text ? atol(text) : fallback;
}

/* Which of the functions a call is, and whether it is the one to fail. */
enum { /* in the order of the map */
#define NUMBER(member, function, parameters) CALL_##member,
       PLAIT__CUDA_DRIVER_MAP(NUMBER)
#undef NUMBER
};
static unsigned called(int call) {
    static const char *const names[] = {
#define NAME(member, function, parameters) #function,
        PLAIT__CUDA_DRIVER_MAP(NAME)
#undef NAME
    };
    const char *fault = getenv("PLAIT_STANDIN_FAULT");
    size_t length = strlen(names[call]);
    state.calls[call]++;
    if (state.lost && call != CALL_init) return LAUNCH_FAILED;
    if (!fault || strncmp(fault, names[call], length) != 0 || fault[length] != ':') return 0;
    char *end;
    if (strtol(fault + length + 1, &end, 10) != state.calls[call]) return 0;
    unsigned code = *end == ':' ? (unsigned)atol(end + 1) : LAUNCH_FAILED;
    state.lost = code == LAUNCH_FAILED;
    return code;
}
#define CALLED(member)                                  \
    do {                                                \
        unsigned failed = called(CALL_##member);        \
        if (failed) return failed;                      \
        if (!state.initialised) return NOT_INITIALIZED; \
    } while (0)
#define IN_CONTEXT(member)                                      \
    do {                                                        \
        CALLED(member);                                         \
        if (!current) return complain("no context is current"); \
    } while (0)

/* What a program must not do, device or not. */
static unsigned complain(const char *what) {
    fprintf(stderr, "stand-in driver: %s\n", what);
    state.bad++;
    return INVALID_VALUE;
}

static void report(void) {
    const char *path = getenv("PLAIT_STANDIN_REPORT");
    FILE *file = path && *path && state.initialised ? fopen(path, "a") : NULL;
    if (!file) return;
    fprintf(file,
            "allocated %ld freed %ld launched %ld uploads %ld downloads %ld loads %ld modules %ld streams %ld retained %d bad "
            "%ld most %zu\n",
            state.allocated, state.freed, state.launched, state.calls[CALL_upload], state.calls[CALL_download],
            state.calls[CALL_module_load], state.modules, state.streams, state.context.retained, state.bad, state.most);
    fclose(file);
}

/* ---- the device ---- */

unsigned cuInit(unsigned flags) {
    ALONE;
    static bool registered;
    if (!registered) registered = atexit(report) == 0;
    unsigned failed = called(CALL_init);
    if (failed) return failed;
    if (flags != 0) return complain("cuInit: flags");
    int node = open("/dev/null", O_RDWR); /* as the driver opens its devices: a confined process may not */
    if (node < 0) return PLAIT__CUDA_NO_DEVICE;
    close(node);
    state.initialised = true;
    return setting("PLAIT_STANDIN_DEVICES", 1) > 0 ? 0 : PLAIT__CUDA_NO_DEVICE;
}

unsigned cuGetErrorString(unsigned result, const char **text_out) {
    *text_out = result == PLAIT__CUDA_OUT_OF_MEMORY ? "out of memory"
                : result == LAUNCH_FAILED           ? "unspecified launch failure"
                                                    : NULL;
    return *text_out ? 0 : INVALID_VALUE;
}

unsigned cuDeviceGetCount(int *count_out) {
    ALONE;
    CALLED(device_count);
    *count_out = (int)setting("PLAIT_STANDIN_DEVICES", 1);
    return 0;
}

unsigned cuDeviceGet(plait__cuda_number *device_out, int ordinal) {
    ALONE;
    CALLED(device);
    if (ordinal < 0 || ordinal >= setting("PLAIT_STANDIN_DEVICES", 1)) return complain("cuDeviceGet: ordinal");
    *device_out = ordinal;
    return 0;
}

unsigned cuDeviceGetAttribute(int *value_out, unsigned attribute, plait__cuda_number device) {
    ALONE;
    CALLED(attribute);
    long capability = setting("PLAIT_STANDIN_CAPABILITY", 75);
    if (device != 0 || (attribute != PLAIT__CUDA_CAPABILITY_MAJOR && attribute != PLAIT__CUDA_CAPABILITY_MINOR))
        return complain("cuDeviceGetAttribute");
    *value_out = (int)(attribute == PLAIT__CUDA_CAPABILITY_MAJOR ? capability / 10 : capability % 10);
    return 0;
}

unsigned cuDevicePrimaryCtxRetain(plait__cuda_context *context_out, plait__cuda_number device) {
    ALONE;
    CALLED(retain);
    if (device != 0) return complain("cuDevicePrimaryCtxRetain");
    state.context.retained++;
    *context_out = &state.context;
    return 0;
}

unsigned cuDevicePrimaryCtxRelease_v2(plait__cuda_number device) {
    ALONE;
    CALLED(release);
    if (device != 0 || state.context.retained < 1) return complain("cuDevicePrimaryCtxRelease");
    state.context.retained--;
    return 0;
}

unsigned cuCtxSetCurrent(plait__cuda_context context) {
    ALONE;
    CALLED(make_current);
    if (context && (context != &state.context || state.context.retained < 1)) return complain("cuCtxSetCurrent: not retained");
    current = context;
    return 0;
}

/* ---- modules ---- */

unsigned cuModuleLoadData(plait__cuda_module *module_out, const void *image) {
    ALONE;
    IN_CONTEXT(module_load);
    if (!strstr(image, ".version 6.3") || !strstr(image, ".target sm_75") || !strstr(image, ".address_size 64"))
        return INVALID_IMAGE;
    struct CUmod_st *module = malloc(sizeof *module);
    module->image = image;
    state.modules++;
    *module_out = module;
    return 0;
}

unsigned cuModuleUnload(plait__cuda_module module) {
    ALONE;
    unsigned failed = called(CALL_module_unload);
    free(module);
    state.modules--;
    return failed;
}

/* The bytes of the entry's one parameter; 0: there is no such entry. */
static size_t parameter_bytes(const char *image, const char *name) {
    char entry[128], parameter[160];
    snprintf(entry, sizeof entry, ".visible .entry %s(", name);
    snprintf(parameter, sizeof parameter, ".param .align 8 .b8 %s_param_0[", name);
    const char *at = strstr(image, entry);
    if (at) at = strstr(at, parameter);
    return at ? (size_t)atol(at + strlen(parameter)) : 0;
}

unsigned cuModuleGetFunction(plait__cuda_function *function_out, plait__cuda_module module, const char *name) {
    ALONE;
    IN_CONTEXT(function);
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        if (strcmp(kernels[i].name, name) != 0) continue;
        size_t bytes = parameter_bytes(module->image, name);
        if (bytes == 0) return NOT_FOUND;
        if (bytes != kernels[i].bytes) return complain("the arguments of a kernel have another size in its PTX");
        *function_out = &kernels[i];
        return 0;
    }
    return NOT_FOUND;
}

/* ---- memory ---- */

static struct allocation **find(plait__cuda_pointer pointer, size_t bytes) {
    const char *from = (const char *)(uintptr_t)pointer;
    for (struct allocation **link = &state.allocations; *link; link = &(*link)->next)
        if (from >= (*link)->memory && from + bytes <= (*link)->memory + (*link)->bytes) return link;
    return NULL;
}

unsigned cuMemAlloc_v2(plait__cuda_pointer *pointer_out, size_t bytes) {
    ALONE;
    IN_CONTEXT(allocate);
    if (bytes == 0) return complain("cuMemAlloc: 0 bytes");
    if (state.in_use + bytes > (size_t)setting("PLAIT_STANDIN_MEMORY", 1L << 40)) return PLAIT__CUDA_OUT_OF_MEMORY;
    struct allocation *allocation = malloc(sizeof *allocation);
    *allocation = (struct allocation){bytes, malloc(bytes), state.allocations};
    memset(allocation->memory, 0xFF, bytes);
    state.allocations = allocation;
    state.allocated++;
    state.in_use += bytes;
    if (state.most < state.in_use) state.most = state.in_use;
    *pointer_out = (uintptr_t)allocation->memory;
    return 0;
}

unsigned cuMemFree_v2(plait__cuda_pointer pointer) {
    ALONE;
    unsigned failed = called(CALL_free);
    struct allocation **link = find(pointer, 0), *allocation;
    if (!link || (uintptr_t)(*link)->memory != pointer) return complain("cuMemFree: not an allocation");
    allocation = *link;
    *link = allocation->next;
    state.freed++;
    state.in_use -= allocation->bytes;
    free(allocation->memory);
    free(allocation);
    return failed;
}

/* ---- streams ---- */

static struct task *add(plait__cuda_stream stream, size_t data_bytes) {
    struct task *task = calloc(1, sizeof *task + data_bytes);
    *stream->last = task;
    stream->last = &task->next;
    return task;
}

static unsigned next_random(unsigned *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* 0..count-1 as the seed has it. */
static void arrange(int *order, int count, unsigned seed) {
    for (int i = 0; i < count; i++) order[i] = seed == 1 ? count - 1 - i : i;
    for (int i = count - 1; seed > 1 && i > 0; i--) {
        int other = (int)(next_random(&seed) % (unsigned)(i + 1)), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

static void run_kernel(const struct task *task) {
    unsigned seed = (unsigned)setting("PLAIT_STANDIN_ORDER", 0);
    int threads[THREADS_MOST], blocks = (int)task->grid[0], *columns = malloc((size_t)blocks * sizeof *columns);
    arrange(threads, (int)task->threads, seed);
    arrange(columns, blocks, seed);
    for (unsigned z = 0; z < task->grid[2]; z++)
        for (unsigned y = 0; y < task->grid[1]; y++)
            for (int x = 0; x < blocks; x++) {
                struct plait__cuda_block block = {columns[x], (int)(seed ? task->grid[1] - 1 - y : y),
                                                  (int)(seed ? task->grid[2] - 1 - z : z), (int)task->threads, threads};
                task->kernel->run(task->data, &block);
            }
    free(columns);
}

static void run_all(plait__cuda_stream stream) {
    while (stream->first) {
        struct task *task = stream->first;
        if (task->kernel)
            run_kernel(task);
        else if (task->from)
            memcpy(task->to, task->from, task->bytes);
        else
            memset(task->to, task->byte, task->bytes);
        stream->first = task->next;
        free(task);
    }
    stream->last = &stream->first;
}

unsigned cuStreamCreate(plait__cuda_stream *stream_out, unsigned flags) {
    ALONE;
    IN_CONTEXT(stream_create);
    if (flags > PLAIT__CUDA_STREAM_NON_BLOCKING) return complain("cuStreamCreate: flags");
    struct CUstream_st *stream = calloc(1, sizeof *stream);
    stream->last = &stream->first;
    state.streams++;
    *stream_out = stream;
    return 0;
}

unsigned cuStreamDestroy_v2(plait__cuda_stream stream) {
    ALONE;
    unsigned failed = called(CALL_stream_destroy);
    if (stream->first) complain("cuStreamDestroy: something is left to do");
    run_all(stream);
    free(stream);
    state.streams--;
    return failed;
}

unsigned cuStreamSynchronize(plait__cuda_stream stream) {
    ALONE;
    unsigned failed = called(CALL_wait);
    run_all(stream);
    return failed;
}

unsigned cuMemcpyHtoDAsync_v2(plait__cuda_pointer to, const void *from, size_t bytes, plait__cuda_stream stream) {
    ALONE;
    IN_CONTEXT(upload);
    if (!find(to, bytes)) return complain("cuMemcpyHtoDAsync: outside of an allocation");
    struct task *task = add(stream, bytes);
    memcpy(task->data, from, bytes);
    task->to = (void *)(uintptr_t)to;
    task->from = task->data;
    task->bytes = bytes;
    return 0;
}

unsigned cuMemcpyDtoHAsync_v2(void *to, plait__cuda_pointer from, size_t bytes, plait__cuda_stream stream) {
    ALONE;
    IN_CONTEXT(download);
    if (!find(from, bytes)) return complain("cuMemcpyDtoHAsync: outside of an allocation");
    struct task *task = add(stream, 0);
    task->to = to;
    task->from = (const void *)(uintptr_t)from;
    task->bytes = bytes;
    return 0;
}

unsigned cuMemsetD8Async(plait__cuda_pointer to, unsigned char byte, size_t count, plait__cuda_stream stream) {
    ALONE;
    IN_CONTEXT(fill);
    if (!find(to, count)) return complain("cuMemsetD8Async: outside of an allocation");
    struct task *task = add(stream, 0);
    task->to = (void *)(uintptr_t)to;
    task->byte = byte;
    task->bytes = count;
    return 0;
}

unsigned cuLaunchKernel(plait__cuda_function function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                        unsigned block_y, unsigned block_z, unsigned shared_bytes, plait__cuda_stream stream, void **parameters,
                        void **extra) {
    ALONE;
    IN_CONTEXT(launch);
    if (grid_x < 1 || grid_x > INT32_MAX || grid_y < 1 || grid_y > 65535 || grid_z < 1 || grid_z > 65535)
        return complain("cuLaunchKernel: the grid");
    if (block_x < 1 || block_x > THREADS_MOST || block_y != 1 || block_z != 1 || shared_bytes != 0 || extra)
        return complain("cuLaunchKernel: the block");
    struct task *task = add(stream, function->bytes);
    *task = (struct task){.kernel = function, .grid = {grid_x, grid_y, grid_z}, .threads = block_x};
    memcpy(task->data, parameters[0], function->bytes);
    state.launched++;
    return 0;
}
