/* Einsum: over all labels, the product of the inputs' elements is added to the output's. */
#include "graph/shape/einsum.h"
#include "backend/reference/kernel.h"

enum plait_status plait__kernel_einsum(struct plait__call *call) {
    struct plait__einsum einsum;
    PLAIT__TRY(plait__einsum_read(call, &einsum));
    plait_tensor *output = call->outputs[0];
    int64_t output_strides[PLAIT_MAX_RANK] = {0};
    plait__strides(einsum.output_rank, einsum.dims, output_strides);
    bool real = plait__is_float(output->dtype);

    const double *reals[PLAIT__EINSUM_INPUTS] = {NULL};
    const int64_t *integers[PLAIT__EINSUM_INPUTS] = {NULL};
    double *real_sums = plait__scratch(call, plait_tensor_elements(output), sizeof *real_sums);
    uint64_t *integer_sums = plait__scratch(call, plait_tensor_elements(output), sizeof *integer_sums);
    if (!real_sums || !integer_sums) return PLAIT_MEMORY;
    struct plait__walk walk;
    plait__walk_init(&walk, einsum.rank, einsum.dims);
    plait__walk_add_strides(&walk, 0, output_strides);
    for (int k = 0; k < call->input_count; k++) {
        if (real)
            reals[k] = plait__reals(call, call->inputs[k]);
        else
            integers[k] = plait__integers(call, call->inputs[k]);
        if (!reals[k] && !integers[k]) return PLAIT_MEMORY;
        plait__walk_add_strides(&walk, 0, einsum.strides[k]);
    }
    for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk)) {
        for (int64_t i = 0; i < walk.count; i++) {
            int64_t to = walk.at[0] + i * walk.step[0];
            double real_product = 1;
            uint64_t integer_product = 1; /* wraps as int64 does */
            for (int k = 0; k < call->input_count; k++) {
                int64_t from = walk.at[k + 1] + i * walk.step[k + 1];
                if (real)
                    real_product *= reals[k][from];
                else
                    integer_product *= (uint64_t)integers[k][from];
            }
            if (real)
                real_sums[to] += real_product;
            else
                integer_sums[to] += integer_product;
        }
    }
    if (real)
        plait__store_reals_all(output, real_sums);
    else
        plait__store_integers_all(output, (const int64_t *)integer_sums);
    return PLAIT_OK;
}
