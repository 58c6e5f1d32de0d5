/* Attention (Vaswani et al., "Attention is all you need", 2017): softmax(q k' scale + mask) v. */
#include "backend/reference/product.h"

#include <math.h>

/* One query after another: its scores over the keys, made into shares of the values. */
enum plait_status plait__kernel_attention(struct plait__call *call) {
    const plait_tensor *q_tensor = call->inputs[0], *k_tensor = call->inputs[1], *v_tensor = call->inputs[2];
    const plait_tensor *mask = plait__input(call, 3);
    int rank = q_tensor->rank;
    int64_t queries = q_tensor->dims[rank - 2], keys = k_tensor->dims[rank - 2];
    int64_t width = q_tensor->dims[rank - 1], value_width = v_tensor->dims[rank - 1];
    double scale = plait__attribute_float(call->node, "scale", 1);
    const double *q = plait__reals(call, q_tensor), *k = plait__reals(call, k_tensor), *v = plait__reals(call, v_tensor);
    double *y = plait__scratch(call, plait_tensor_elements(call->outputs[0]), sizeof *y);
    double *scores = plait__scratch(call, keys, sizeof *scores), *masked = plait__scratch(call, keys, sizeof *masked);
    if (!q || !k || !v || !y || !scores || !masked) return PLAIT_MEMORY;

    /* Rows of scores, in order, beside the rows of the mask. */
    struct plait__walk walk;
    plait__walk_init(&walk, rank - 1, q_tensor->dims);
    int64_t mask_step = 0;
    plait_tensor mask_rows = {.rank = 0};
    if (mask && mask->rank > 0) {
        mask_rows = *mask;
        mask_rows.rank--;
        mask_step = mask->dims[mask->rank - 1] == 1 ? 0 : 1;
    }
    plait__walk_add(&walk, &mask_rows);
    int64_t row = 0, mask_width = mask_step ? keys : 1;
    for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk)) {
        for (int64_t i = 0; i < walk.count; i++, row++) {
            const double *block_k = k + row / queries * keys * width, *block_v = v + row / queries * keys * value_width;
            if (mask) plait__load_reals(mask, (walk.at[0] + i * walk.step[0]) * mask_width, mask_step, keys, masked);
            double top = -INFINITY, sum = 0;
            for (int64_t key = 0; key < keys; key++) {
                scores[key] = plait__dot(q + row * width, block_k + key * width, width) * scale + masked[key];
                if (!(scores[key] <= top)) top = scores[key];
            }
            for (int64_t key = 0; key < keys; key++) sum += scores[key] = exp(scores[key] - top);
            for (int64_t key = 0; key < keys; key++)
                plait__add_scaled(y + row * value_width, scores[key] / sum, block_v + key * value_width, value_width);
        }
    }
    plait__store_reals_all(call->outputs[0], y);
    return PLAIT_OK;
}
