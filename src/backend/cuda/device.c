#include "backend/cuda/device.h"

#include "backend/backend.h"
#include "backend/cuda/kernels.h"

#include <stdio.h>
#include <string.h>

enum { CAPABILITY_LEAST = 75 }; /* of which the kernels' PTX is: Turing, 2018 */

static const struct {
    const char *name, *module;
    const char *image; /* PTX: the driver makes it into what its device runs */
} kernels[] = {
#define KERNEL(module, name) {#name, #module, plait__cuda_image_##module},
#include "backend/cuda/kernels/kernels.def"
#undef KERNEL
};

const char *plait__cuda_kernel_name(enum plait__cuda_kernel kernel) {
    return kernels[kernel].name;
}

#define CHECK(device, call, what) PLAIT__TRY(plait__cuda_check((device)->context, &(device)->driver, (call), (what)))

/* ---- memory ---- */

/* Waiting memory that is large enough, and not more than twice as large. */
static struct plait__cuda_memory *take_waiting(struct plait__cuda_device *device, size_t bytes) {
    struct plait__cuda_memory **best = NULL;
    for (struct plait__cuda_memory **link = &device->waiting; *link; link = &(*link)->next)
        if ((*link)->bytes >= bytes && (*link)->bytes / 2 <= bytes && (!best || (*link)->bytes < (*best)->bytes)) best = link;
    if (!best) return NULL;
    struct plait__cuda_memory *memory = *best;
    *best = memory->next;
    return memory;
}

enum plait_status plait__cuda_take(struct plait__cuda_device *device, size_t bytes, struct plait__cuda_memory **memory_out) {
    struct plait__cuda_memory *memory = take_waiting(device, bytes);
    if (!memory) {
        memory = plait__allocate_zero(device->context, 1, sizeof *memory);
        if (!memory) return PLAIT_MEMORY;
        memory->bytes = bytes;
        unsigned result = device->driver.allocate(&memory->pointer, bytes ? bytes : 1);
        if (result == PLAIT__CUDA_OUT_OF_MEMORY && device->waiting) {
            plait__cuda_trim(device);
            result = device->driver.allocate(&memory->pointer, bytes ? bytes : 1);
        }
        if (result != PLAIT__CUDA_SUCCESS) {
            char what[64];
            snprintf(what, sizeof what, "%zu bytes of the device's memory", bytes);
            plait__release(device->context, memory);
            return plait__cuda_check(device->context, &device->driver, result, what);
        }
    }
    memory->next = NULL;
    *memory_out = memory;
    return PLAIT_OK;
}

void plait__cuda_give(struct plait__cuda_device *device, struct plait__cuda_memory *memory) {
    if (!memory) return;
    memory->next = device->waiting;
    device->waiting = memory;
}

void plait__cuda_trim(struct plait__cuda_device *device) {
    if (device->waiting) device->driver.wait(device->stream); /* what was given to the stream may use it still */
    while (device->waiting) {
        struct plait__cuda_memory *memory = device->waiting;
        device->waiting = memory->next;
        device->driver.free(memory->pointer);
        plait__release(device->context, memory);
    }
}

/* ---- constants ---- */

static struct plait__cuda_constant *find(const struct plait__cuda_device *device, const struct plait__digest *digest) {
    for (struct plait__cuda_constant *constant = device->constants; constant; constant = constant->next)
        if (memcmp(&constant->digest, digest, sizeof *digest) == 0) return constant;
    return NULL;
}

static enum plait_status upload(struct plait__cuda_device *device, struct plait__cuda_constant *constant, const void *bytes,
                                size_t size) {
    PLAIT__TRY(plait__cuda_take(device, size, &constant->memory));
    CHECK(device, device->driver.upload(constant->memory->pointer, bytes, size, device->stream), "uploading weights");
    CHECK(device, device->driver.wait(device->stream), "uploading weights"); /* the caller's bytes may go */
    return PLAIT_OK;
}

enum plait_status plait__cuda_constant_get(struct plait__cuda_device *device, const void *bytes, size_t size,
                                           struct plait__cuda_constant **constant_out) {
    struct plait__digest digest = {{0, size}};
    plait__digest_add(&digest, bytes, size);
    struct plait__cuda_constant *constant = find(device, &digest);
    if (!constant) {
        constant = plait__allocate_zero(device->context, 1, sizeof *constant);
        if (!constant) return PLAIT_MEMORY;
        enum plait_status status = upload(device, constant, bytes, size);
        if (status != PLAIT_OK) {
            plait__cuda_give(device, constant->memory);
            plait__release(device->context, constant);
            return status;
        }
        constant->digest = digest;
        constant->next = device->constants;
        device->constants = constant;
    }
    constant->references++;
    *constant_out = constant;
    return PLAIT_OK;
}

void plait__cuda_constant_release(struct plait__cuda_device *device, struct plait__cuda_constant *constant) {
    if (--constant->references > 0) return;
    for (struct plait__cuda_constant **link = &device->constants; *link; link = &(*link)->next) {
        if (*link != constant) continue;
        *link = constant->next;
        break;
    }
    plait__cuda_give(device, constant->memory);
    plait__release(device->context, constant);
}

/* ---- kernels ---- */

enum plait_status plait__cuda_kernel_get(struct plait__cuda_device *device, enum plait__cuda_kernel kernel,
                                         plait__cuda_function *function_out) {
    int first = (int)kernel;
    while (first > 0 && kernels[first - 1].image == kernels[kernel].image) first--;
    plait__cuda_module *module = &device->modules[first];
    if (!*module) CHECK(device, device->driver.module_load(module, kernels[kernel].image), kernels[kernel].module);
    if (!device->kernels[kernel])
        CHECK(device, device->driver.function(&device->kernels[kernel], *module, kernels[kernel].name), kernels[kernel].name);
    *function_out = device->kernels[kernel];
    return PLAIT_OK;
}

/* ---- life ---- */

static void device_destroy(void *state) {
    struct plait__cuda_device *device = state;
    const struct plait__cuda_driver *driver = &device->driver;
    if (device->current) {
        driver->make_current(device->current);
        if (device->stream) driver->wait(device->stream);
        while (device->constants) {
            device->constants->references = 1;
            plait__cuda_constant_release(device, device->constants);
        }
        plait__cuda_trim(device);
        for (int i = 0; i < PLAIT__CUDA_KERNEL_COUNT; i++)
            if (device->modules[i]) driver->module_unload(device->modules[i]);
        if (device->stream) driver->stream_destroy(device->stream);
        driver->make_current(NULL);
        driver->release(device->number);
    }
    plait__release(device->context, device);
}

/* The first device: CUDA_VISIBLE_DEVICES says which that is. */
static enum plait_status choose(struct plait__cuda_device *device) {
    plait_context *context = device->context;
    const struct plait__cuda_driver *driver = &device->driver;
    int count = 0, major = 0, minor = 0;
    unsigned result = driver->init(0);
    if (result == PLAIT__CUDA_SUCCESS) result = driver->device_count(&count);
    if (result == PLAIT__CUDA_NO_DEVICE || (result == PLAIT__CUDA_SUCCESS && count < 1))
        return plait__fail(context, PLAIT_UNSUPPORTED, "cuda: the NVIDIA driver finds no device");
    if (result != PLAIT__CUDA_SUCCESS) {
        plait__cuda_check(context, driver, result, "the NVIDIA driver does not begin");
        return PLAIT_UNSUPPORTED;
    }
    CHECK(device, driver->device(&device->number, 0), "the first device");
    CHECK(device, driver->attribute(&major, PLAIT__CUDA_CAPABILITY_MAJOR, device->number), "the device's capability");
    CHECK(device, driver->attribute(&minor, PLAIT__CUDA_CAPABILITY_MINOR, device->number), "the device's capability");
    if (major * 10 + minor < CAPABILITY_LEAST)
        return plait__fail(context, PLAIT_UNSUPPORTED, "cuda: compute capability: expected %d.%d or more, found %d.%d",
                           CAPABILITY_LEAST / 10, CAPABILITY_LEAST % 10, major, minor);
    return PLAIT_OK;
}

static enum plait_status begin(struct plait__cuda_device *device) {
    const struct plait__cuda_driver *driver = &device->driver;
    PLAIT__TRY(choose(device));
    CHECK(device, driver->retain(&device->current, device->number), "the device's context");
    PLAIT__TRY(plait__cuda_device_use(device));
    CHECK(device, driver->stream_create(&device->stream, PLAIT__CUDA_STREAM_NON_BLOCKING), "a stream");
    return PLAIT_OK;
}

enum plait_status plait__cuda_device_use(struct plait__cuda_device *device) {
    return plait__cuda_check(device->context, &device->driver, device->driver.make_current(device->current),
                             "the device's context");
}

enum plait_status plait__cuda_device_get(plait_context *context, struct plait__cuda_device **device_out) {
    struct plait__cuda_device *device = plait__cache_find(context, &plait__backend_cuda);
    if (!device) {
        device = plait__allocate_zero(context, 1, sizeof *device);
        if (!device) return PLAIT_MEMORY;
        device->context = context;
        enum plait_status status = plait__cuda_driver_open(context, &device->driver);
        if (status == PLAIT_OK) status = begin(device);
        if (status == PLAIT_OK) status = plait__cache_add(context, &plait__backend_cuda, device, device_destroy);
        if (status != PLAIT_OK) {
            device_destroy(device);
            return status;
        }
    }
    PLAIT__TRY(plait__cuda_device_use(device));
    *device_out = device;
    return PLAIT_OK;
}
