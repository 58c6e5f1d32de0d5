/* An ONNX file from a stranger: read, checked, folded, and where its inputs are small, run. */
#include "fuzz.h"
#include "plait.h"
#include "tensor/tensor.h"

enum { INPUTS_MOST = 8, ELEMENTS_MOST = 4096 };

static const int64_t dynamic_dimension = 3;

/* Inputs of zeros; false when there are too many or they are too large to be worth a run. */
static bool make_inputs(plait_context *context, const plait_session *session, size_t count, plait_tensor *inputs) {
    for (size_t i = 0; i < count; i++) {
        plait_session_input_type(session, i, &inputs[i]);
        for (int axis = 0; axis < inputs[i].rank; axis++)
            if (inputs[i].dims[axis] < 0) inputs[i].dims[axis] = dynamic_dimension;
        int64_t elements = plait_tensor_elements(&inputs[i]);
        if (elements < 0 || elements > ELEMENTS_MOST) return false;
        inputs[i].data = plait__allocate_zero(context, (size_t)elements, plait_dtype_bytes(inputs[i].dtype));
        if (!inputs[i].data) return false;
    }
    return true;
}

static void run(plait_context *context, plait_session *session) {
    size_t inputs = plait_session_input_count(session), outputs = plait_session_output_count(session);
    if (inputs > INPUTS_MOST || outputs > INPUTS_MOST) return;
    plait_tensor given[INPUTS_MOST] = {0}, got[INPUTS_MOST] = {0};
    if (make_inputs(context, session, inputs, given)) (void)plait_session_run(session, given, inputs, got, outputs);
    for (size_t i = 0; i < inputs; i++) plait__release(context, given[i].data);
}

static void try_backend(const char *backend, const uint8_t *bytes, size_t size) {
    struct fuzz fuzz;
    plait_context *context = fuzz_context(&fuzz);
    plait_session_options options;
    plait_session_options_default(&options);
    options.backend = backend;
    plait_session *session = NULL;
    if (plait_session_create(context, bytes, size, NULL, &options, &session) == PLAIT_OK) run(context, session);
    plait_session_destroy(session);
    fuzz_end(&fuzz, context);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    try_backend("reference", bytes, size);
    try_backend("xnnpack", bytes, size);
    return 0;
}
