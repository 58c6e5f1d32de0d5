#include "backend/cuda/driver.h"

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

enum plait_status plait__cuda_check(plait_context *context, const struct plait__cuda_driver *driver, unsigned result,
                                    const char *what) {
    if (result == PLAIT__CUDA_SUCCESS) return PLAIT_OK;
    const char *text = NULL;
    if (driver->error_text(result, &text) != PLAIT__CUDA_SUCCESS || !text) text = "unknown error";
    enum plait_status status = result == PLAIT__CUDA_OUT_OF_MEMORY ? PLAIT_MEMORY : PLAIT_IO;
    return plait__fail(context, status, "cuda: %s: %s (%u)", what, text, result);
}
