#include "backend/cuda/driver.h"

#include "base/device.h"
#include "base/symbols.h"

enum plait_status plait__cuda_driver_open(plait_context *context, struct plait__cuda_driver *driver_out) {
    struct plait__cuda_driver driver;
#define SYMBOL(member, function, parameters) {#function, (void **)&driver.member},
    const struct plait__symbol symbols[] = {PLAIT__CUDA_DRIVER_MAP(SYMBOL)};
#undef SYMBOL
    const char *missing = plait__symbols_open("libcuda.so.1", symbols, sizeof symbols / sizeof *symbols);
    if (missing) return plait__fail(context, PLAIT_UNSUPPORTED, "cuda: there is no NVIDIA driver here: %s", missing);
    *driver_out = driver;
    return PLAIT_OK;
}

/* After these, says NVIDIA's manual, the process must end before CUDA can be used again. */
static bool is_end(unsigned result) {
    switch (result) {
    case 226: /* contained */
    case 700: /* illegal address */
    case 702: /* launch timed out */
    case 714: /* hardware stack error */
    case 715: /* illegal instruction */
    case 716: /* misaligned address */
    case 717: /* invalid address space */
    case 718: /* invalid program counter */
    case 719: /* launch failed */
    case 721: /* tensor memory leak */
    case 810: /* the client of the multi-process service was ended */
    case 911: /* external device */
        return true;
    default:
        return false;
    }
}

enum plait_status plait__cuda_check(plait_context *context, const struct plait__cuda_driver *driver, unsigned result,
                                    const char *what) {
    if (result == PLAIT__CUDA_SUCCESS) return PLAIT_OK;
    if (is_end(result)) plait__device_lose();
    const char *text = NULL;
    if (driver->error_text(result, &text) != PLAIT__CUDA_SUCCESS || !text) text = "unknown error";
    enum plait_status status = result == PLAIT__CUDA_OUT_OF_MEMORY ? PLAIT_MEMORY : PLAIT_IO;
    return plait__fail(context, status, "cuda: %s: %s (%u)", what, text, result);
}
