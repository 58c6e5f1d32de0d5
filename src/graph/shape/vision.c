/* Operators of vision models but Resize: GridSample, AffineGrid, RoiAlign, MaxRoiPool, CenterCropPad. */
#include "graph/shape/shape.h"

#include <string.h>

static enum plait_status expect_one_of(struct plait__call *call, const char *name, const char *text,
                                       const char *const *allowed) {
    for (int i = 0; allowed[i]; i++)
        if (strcmp(text, allowed[i]) == 0) return PLAIT_OK;
    return plait__call_fail(call, PLAIT_INVALID, "%s: '%s' is not known", name, text);
}

/* input [N, C, spatial...], grid [N, output spatial..., number of spatial dims] */
enum plait_status plait__shape_grid_sample(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_float(call, 1));
    const plait_tensor *input = call->inputs[0], *grid = call->inputs[1];
    PLAIT__TRY(expect_one_of(call, "mode", plait__attribute_string(call->node, "mode", "linear"),
                             (const char *const[]){"bilinear", "bicubic", "linear", "cubic", "nearest", NULL}));
    PLAIT__TRY(expect_one_of(call, "padding_mode", plait__attribute_string(call->node, "padding_mode", "zeros"),
                             (const char *const[]){"zeros", "border", "reflection", NULL}));
    int rank = plait__known_rank(input) ? input->rank : grid->rank;
    int64_t dims[PLAIT_MAX_RANK];
    if (rank >= 0) {
        if (rank < 3) return plait__call_fail(call, PLAIT_INVALID, "rank: expected 3 or more, found %d", rank);
        PLAIT__TRY(plait__expect_rank(call, 1, rank));
        for (int i = 0; i < rank; i++) dims[i] = -1;
        if (plait__known_rank(input)) memcpy(dims, input->dims, 2 * sizeof(*dims));
        if (plait__known_rank(grid)) {
            int64_t spatial = rank - 2;
            PLAIT__TRY(plait__dim_join(call, "batch of the grid", &dims[0], grid->dims[0]));
            PLAIT__TRY(plait__dim_join(call, "last dimension of the grid", &spatial, grid->dims[rank - 1]));
            memcpy(dims + 2, grid->dims + 1, (size_t)spatial * sizeof(*dims));
        }
    }
    plait__set_output(call, 0, input->dtype, rank, dims);
    return PLAIT_OK;
}

/* theta [N, d, d + 1], size of d + 2 numbers; output [N, spatial..., d] for d of 2 or 3 */
enum plait_status plait__shape_affine_grid(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_float(call, 0));
    PLAIT__TRY(plait__expect_rank(call, 0, 3));
    PLAIT__TRY(plait__expect_dtype(call, 1, PLAIT_I64));
    const plait_tensor *theta = call->inputs[0];
    int64_t size[5], dims[5];
    int count;
    PLAIT__TRY(plait__read_ints(call, call->inputs[1], size, 5, &count));
    plait__set_unknown(call, 0, theta->dtype);
    if (count < 0) return PLAIT_OK;
    if (count < 4) return plait__call_fail(call, PLAIT_INVALID, "size: expected 4 or 5 numbers, found %d", count);
    for (int i = 0; i < count; i++)
        if (size[i] < 0)
            return plait__call_fail(call, PLAIT_INVALID, "size[%d]: expected 0 or more, found %lld", i, (long long)size[i]);
    int64_t expected[3] = {size[0], count - 2, count - 1};
    for (int i = 0; i < 3 && plait__known_rank(theta); i++)
        PLAIT__TRY(plait__dim_join(call, "dimension of theta", &expected[i], theta->dims[i]));
    dims[0] = size[0];
    memcpy(dims + 1, size + 2, (size_t)(count - 2) * sizeof(*dims));
    dims[count - 1] = count - 2;
    plait__set_output(call, 0, theta->dtype, count, dims);
    return PLAIT_OK;
}

static enum plait_status positive_int(struct plait__call *call, const char *name, int64_t value) {
    if (value >= 1) return PLAIT_OK;
    return plait__call_fail(call, PLAIT_INVALID, "%s: expected 1 or more, found %lld", name, (long long)value);
}

/* input [N, C, H, W], rois [R, 4], batch indices [R]; output [R, C, output_height, output_width] */
enum plait_status plait__shape_roi_align(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 3, 3));
    PLAIT__TRY(plait__expect_float(call, 0));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 1));
    PLAIT__TRY(plait__expect_dtype(call, 2, PLAIT_I64));
    const int ranks[] = {4, 2, 1};
    for (int i = 0; i < 3; i++) PLAIT__TRY(plait__expect_rank(call, i, ranks[i]));
    PLAIT__TRY(expect_one_of(call, "mode", plait__attribute_string(call->node, "mode", "avg"),
                             (const char *const[]){"avg", "max", NULL}));
    PLAIT__TRY(expect_one_of(call, "coordinate_transformation_mode",
                             plait__attribute_string(call->node, "coordinate_transformation_mode", "half_pixel"),
                             (const char *const[]){"half_pixel", "output_half_pixel", NULL}));
    int64_t ratio = plait__attribute_int(call->node, "sampling_ratio", 0);
    if (ratio < 0 || ratio > INT32_MAX)
        return plait__call_fail(call, PLAIT_INVALID, "sampling_ratio: expected 0 or more, found %lld", (long long)ratio);
    const plait_tensor *input = call->inputs[0], *rois = call->inputs[1], *batches = call->inputs[2];
    int64_t dims[4] = {-1, -1, plait__attribute_int(call->node, "output_height", 1),
                       plait__attribute_int(call->node, "output_width", 1)};
    PLAIT__TRY(positive_int(call, "output_height", dims[2]));
    PLAIT__TRY(positive_int(call, "output_width", dims[3]));
    if (plait__known_rank(input)) dims[1] = input->dims[1];
    if (plait__known_rank(rois)) {
        int64_t corners = 4;
        dims[0] = rois->dims[0];
        PLAIT__TRY(plait__dim_join(call, "last dimension of rois", &corners, rois->dims[1]));
    }
    if (plait__known_rank(batches)) PLAIT__TRY(plait__dim_join(call, "batch_indices", &dims[0], batches->dims[0]));
    plait__set_output(call, 0, input->dtype, 4, dims);
    return PLAIT_OK;
}

/* input [N, C, H, W], rois [R, 5]; output [R, C, pooled_shape...] */
enum plait_status plait__shape_max_roi_pool(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_float(call, 0));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 1));
    PLAIT__TRY(plait__expect_rank(call, 0, 4));
    PLAIT__TRY(plait__expect_rank(call, 1, 2));
    const plait_tensor *input = call->inputs[0], *rois = call->inputs[1];
    int count;
    const int64_t *pooled = plait__attribute_ints(call->node, "pooled_shape", &count);
    if (count != 2) return plait__call_fail(call, PLAIT_INVALID, "pooled_shape: expected 2 numbers, found %d", count);
    PLAIT__TRY(positive_int(call, "pooled_shape", pooled[0]));
    PLAIT__TRY(positive_int(call, "pooled_shape", pooled[1]));
    int64_t dims[4] = {-1, -1, pooled[0], pooled[1]}, corners = 5;
    if (plait__known_rank(input)) dims[1] = input->dims[1];
    if (plait__known_rank(rois)) {
        dims[0] = rois->dims[0];
        PLAIT__TRY(plait__dim_join(call, "last dimension of rois", &corners, rois->dims[1]));
    }
    plait__set_output(call, 0, input->dtype, 4, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_center_crop_pad(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    const plait_tensor *input = call->inputs[0];
    int64_t sizes[PLAIT_MAX_RANK], dims[PLAIT_MAX_RANK];
    int count, axis_count;
    const int64_t *axes = plait__attribute_ints(call->node, "axes", &axis_count);
    PLAIT__TRY(plait__read_ints(call, call->inputs[1], sizes, PLAIT_MAX_RANK, &count));
    memcpy(dims, input->dims, sizeof dims);
    if (plait__known_rank(input)) {
        if (!axes) axis_count = input->rank;
        if (count >= 0 && count != axis_count)
            return plait__call_fail(call, PLAIT_INVALID, "shape: expected %d numbers, found %d", axis_count, count);
        for (int i = 0; i < axis_count; i++) {
            int axis;
            PLAIT__TRY(plait__axis(call, axes ? axes[i] : i, input->rank, &axis));
            if (count >= 0 && sizes[i] < 0)
                return plait__call_fail(call, PLAIT_INVALID, "shape[%d]: expected 0 or more, found %lld", i,
                                        (long long)sizes[i]);
            dims[axis] = count >= 0 ? sizes[i] : -1;
        }
    }
    plait__set_output(call, 0, input->dtype, input->rank, dims);
    return PLAIT_OK;
}
