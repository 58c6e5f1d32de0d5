/* Whole tensors in a work type. */
#include "backend/reference/kernel.h"

const double *plait__reals(struct plait__call *call, const plait_tensor *tensor) {
    if (tensor->dtype == PLAIT_F64 && tensor->data) return tensor->data;
    int64_t count = plait_tensor_elements(tensor);
    double *values = plait__scratch(call, count, sizeof *values);
    if (values) plait__load_reals(tensor, 0, 1, count, values);
    return values;
}

const int64_t *plait__integers(struct plait__call *call, const plait_tensor *tensor) {
    if ((tensor->dtype == PLAIT_I64 || tensor->dtype == PLAIT_U64) && tensor->data) return tensor->data;
    int64_t count = plait_tensor_elements(tensor);
    int64_t *values = plait__scratch(call, count, sizeof *values);
    if (values) plait__load_integers(tensor, 0, 1, count, values);
    return values;
}

void plait__store_reals_all(plait_tensor *tensor, const double *in) {
    plait__store_reals(tensor, 0, 1, plait_tensor_elements(tensor), in);
}

void plait__store_integers_all(plait_tensor *tensor, const int64_t *in) {
    plait__store_integers(tensor, 0, 1, plait_tensor_elements(tensor), in);
}
