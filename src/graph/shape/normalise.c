/* Operators that bring numbers to a mean and a spread. */
#include "graph/shape/reduce.h"
#include "graph/shape/shape.h"

/* Fails unless input `index`, where there and known, is a list of `count` numbers. */
static enum plait_status expect_list(struct plait__call *call, int index, int64_t count) {
    const plait_tensor *input = plait__input(call, index);
    PLAIT__TRY(plait__expect_rank(call, index, 1));
    if (!input || !plait__known_rank(input)) return PLAIT_OK;
    return plait__dim_join(call, "length of a parameter", &count, input->dims[0]);
}

static enum plait_status expect_rank_from(struct plait__call *call, int least) {
    const plait_tensor *input = plait__input(call, 0);
    if (!plait__known_rank(input) || input->rank >= least) return PLAIT_OK;
    return plait__call_fail(call, PLAIT_INVALID, "expected an input of rank %d or more, found %d", least, (int)input->rank);
}

static int64_t channels_of(const plait_tensor *input) {
    return plait__known_rank(input) ? input->dims[1] : -1;
}

/* input, scale, bias; the output, and the mean and inverse deviation of each row */
enum plait_status plait__shape_layer_normalization(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 3));
    PLAIT__TRY(plait__expect_float(call, 0));
    const plait_tensor *input = plait__input(call, 0);
    enum plait_dtype stash = (enum plait_dtype)plait__attribute_int(call->node, "stash_type", PLAIT_F32);
    if (plait_dtype_bytes(stash) == 0) return plait__call_fail(call, PLAIT_UNSUPPORTED, "stash_type: data type %d", (int)stash);
    plait__set_output(call, 0, input->dtype, input->rank, input->dims);
    for (int i = 1; i < 3; i++) plait__set_unknown(call, i, stash);
    if (!plait__known_rank(input)) return PLAIT_OK;
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", -1), input->rank, &axis));
    int64_t dims[PLAIT_MAX_RANK], inner;
    for (int i = 0; i < input->rank; i++) dims[i] = i < axis ? input->dims[i] : 1;
    for (int i = 1; i < 3; i++) plait__set_output(call, i, stash, input->rank, dims);
    PLAIT__TRY(plait__dims_product(call, input->dims + axis, input->rank - axis, &inner));
    for (int i = 1; i < 3; i++) {
        const plait_tensor *parameter = plait__input(call, i);
        int64_t expected = inner;
        if (parameter && plait__known_shape(parameter))
            PLAIT__TRY(plait__dim_join(call, "elements of scale and bias", &expected, plait_tensor_elements(parameter)));
    }
    return PLAIT_OK;
}

/* input, scale, bias, mean, variance */
enum plait_status plait__shape_batch_normalization(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 5, 5));
    PLAIT__TRY(plait__expect_float(call, 0));
    PLAIT__TRY(expect_rank_from(call, 2));
    if (plait__attribute_int(call->node, "spatial", 1) == 0)
        return plait__call_fail(call, PLAIT_UNSUPPORTED, "statistics for every element (spatial = 0)");
    const plait_tensor *input = plait__input(call, 0);
    int64_t channels = channels_of(input);
    for (int i = 1; i < 5; i++) {
        PLAIT__TRY(expect_list(call, i, channels));
        const plait_tensor *list = plait__input(call, i);
        if (channels < 0 && plait__known_rank(list)) channels = list->dims[0];
    }
    plait__set_output(call, 0, input->dtype, input->rank, input->dims);
    for (int i = 1; i < call->output_count; i++)
        plait__set_output(call, i, plait__input(call, i % 2 == 1 ? 3 : 4)->dtype, 1, &channels);
    return PLAIT_OK;
}

/* input, scale, bias; the output is like the input */
static enum plait_status like_input(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 3, 3));
    PLAIT__TRY(plait__expect_float(call, 0));
    PLAIT__TRY(expect_rank_from(call, 2));
    const plait_tensor *input = plait__input(call, 0);
    plait__set_output(call, 0, input->dtype, input->rank, input->dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_instance_normalization(struct plait__call *call) {
    PLAIT__TRY(like_input(call));
    for (int i = 1; i < 3; i++) PLAIT__TRY(expect_list(call, i, channels_of(plait__input(call, 0))));
    return PLAIT_OK;
}

/* The lists have one number a group before version 21, then one a channel. */
enum plait_status plait__shape_group_normalization(struct plait__call *call) {
    PLAIT__TRY(like_input(call));
    int64_t groups = plait__attribute_int(call->node, "num_groups", 0), channels = channels_of(plait__input(call, 0));
    if (groups < 1 || (channels >= 0 && channels % groups != 0))
        return plait__call_fail(call, PLAIT_INVALID, "num_groups: %lld channels do not make %lld groups", (long long)channels,
                                (long long)groups);
    for (int i = 1; i < 3; i++) PLAIT__TRY(expect_list(call, i, call->node->opset < 21 ? groups : channels));
    return PLAIT_OK;
}

enum plait_status plait__mean_variance_axes(struct plait__call *call, struct plait__reduce *reduce_out) {
    static const int64_t by_default[] = {0, 2, 3};
    int count, rank = plait__input(call, 0)->rank;
    const int64_t *axes = plait__attribute_ints(call->node, "axes", &count);
    if (!axes) {
        axes = by_default;
        count = 3;
    }
    *reduce_out = (struct plait__reduce){.known = true, .keep = true};
    for (int i = 0; i < count; i++) {
        int axis;
        PLAIT__TRY(plait__axis(call, axes[i], rank, &axis));
        reduce_out->folded[axis] = true;
    }
    return PLAIT_OK;
}

enum plait_status plait__shape_mean_variance_normalization(struct plait__call *call) {
    PLAIT__TRY(plait__shape_same_float(call));
    struct plait__reduce ignored;
    return plait__known_rank(plait__input(call, 0)) ? plait__mean_variance_axes(call, &ignored) : PLAIT_OK;
}

enum plait_status plait__shape_lp_normalization(struct plait__call *call) {
    PLAIT__TRY(plait__shape_same_float(call));
    int64_t order = plait__attribute_int(call->node, "p", 2);
    if (order != 1 && order != 2)
        return plait__call_fail(call, PLAIT_INVALID, "p: expected 1 or 2, found %lld", (long long)order);
    const plait_tensor *input = plait__input(call, 0);
    int ignored;
    if (!plait__known_rank(input)) return PLAIT_OK;
    return plait__axis(call, plait__attribute_int(call->node, "axis", -1), input->rank, &ignored);
}

enum plait_status plait__shape_lrn(struct plait__call *call) {
    PLAIT__TRY(plait__shape_same_float(call));
    PLAIT__TRY(expect_rank_from(call, 2));
    int64_t size = plait__attribute_int(call->node, "size", 0);
    if (size >= 1) return PLAIT_OK;
    return plait__call_fail(call, PLAIT_INVALID, "size: expected 1 or more, found %lld", (long long)size);
}
