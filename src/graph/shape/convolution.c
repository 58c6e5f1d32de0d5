/* Convolutions and pools. */
#include "graph/shape/shape.h"
#include "graph/shape/window.h"

/* Fails unless input `index`, where there and known, has one element, or one for each of `channels`. */
static enum plait_status expect_count(struct plait__call *call, int index, int64_t channels) {
    const plait_tensor *input = plait__input(call, index);
    if (!input || !plait__known_shape(input)) return PLAIT_OK;
    int64_t count = plait_tensor_elements(input);
    if (count == 1 || channels < 0 || (input->rank == 1 && count == channels)) return PLAIT_OK;
    return plait__call_fail(call, PLAIT_INVALID, "input %d: expected 1 or %lld numbers, found %lld", index, (long long)channels,
                            (long long)count);
}

/* A bias has one number for each channel. */
static enum plait_status expect_bias(struct plait__call *call, int index, int64_t channels) {
    const plait_tensor *bias = plait__input(call, index);
    PLAIT__TRY(plait__expect_rank(call, index, 1));
    if (!bias || !plait__known_shape(bias)) return PLAIT_OK;
    return plait__dim_join(call, "length of the bias", &channels, bias->dims[0]);
}

static enum plait_status read_group(struct plait__call *call, int64_t *group_out) {
    *group_out = plait__attribute_int(call->node, "group", 1);
    if (*group_out >= 1 && *group_out <= INT32_MAX) return PLAIT_OK;
    return plait__call_fail(call, PLAIT_INVALID, "group: expected 1 or more, found %lld", (long long)*group_out);
}

/* [batch, channels, space...] by weights [out channels, channels / group, kernel...] */
static enum plait_status convolve(struct plait__call *call, const plait_tensor *input, const plait_tensor *weights,
                                  enum plait_dtype dtype, int64_t *channels_out) {
    int64_t group;
    PLAIT__TRY(read_group(call, &group));
    *channels_out = plait__known_rank(weights) && weights->rank > 0 ? weights->dims[0] : -1;
    plait__set_unknown(call, 0, dtype);
    struct plait__window window;
    PLAIT__TRY(plait__window_read(call, input, weights, &window));
    if (window.rank < 0) return PLAIT_OK;
    int64_t expected = -1;
    if (plait__known_rank(weights)) PLAIT__TRY(plait__dim_multiply(call, weights->dims[1], group, &expected));
    PLAIT__TRY(plait__dim_join(call, "channels of the input", &expected, input->dims[1]));
    if (*channels_out >= 0 && *channels_out % group != 0)
        return plait__call_fail(call, PLAIT_INVALID, "%lld output channels do not make %lld groups", (long long)*channels_out,
                                (long long)group);
    int64_t dims[PLAIT_MAX_RANK] = {input->dims[0], *channels_out};
    for (int i = 0; i < window.rank; i++) dims[i + 2] = window.positions[i];
    plait__set_output(call, 0, dtype, input->rank, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_conv(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 3));
    PLAIT__TRY(plait__expect_float(call, 0));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 1));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 2));
    int64_t channels;
    PLAIT__TRY(convolve(call, plait__input(call, 0), plait__input(call, 1), plait__input(call, 0)->dtype, &channels));
    return expect_bias(call, 2, channels);
}

/* x, weights, their zero points */
enum plait_status plait__shape_conv_integer(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 4));
    int64_t channels;
    PLAIT__TRY(convolve(call, plait__input(call, 0), plait__input(call, 1), PLAIT_I32, &channels));
    PLAIT__TRY(expect_count(call, 2, 1));
    return expect_count(call, 3, channels);
}

/* x, its scale and zero point, weights, theirs, the output's, bias */
enum plait_status plait__shape_q_linear_conv(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 8, 9));
    int64_t channels;
    PLAIT__TRY(convolve(call, plait__input(call, 0), plait__input(call, 3), plait__input(call, 7)->dtype, &channels));
    for (int i = 1; i < 8; i++)
        if (i != 3) PLAIT__TRY(expect_count(call, i, i == 4 || i == 5 ? channels : 1));
    return expect_bias(call, 8, channels);
}

/* [batch, channels, space...] by weights [channels, out channels / group, kernel...] */
enum plait_status plait__shape_conv_transpose(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 3));
    PLAIT__TRY(plait__expect_float(call, 0));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 1));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 2));
    const plait_tensor *input = plait__input(call, 0), *weights = plait__input(call, 1);
    plait__set_unknown(call, 0, input->dtype);
    int64_t group, channels = -1;
    PLAIT__TRY(read_group(call, &group));
    struct plait__window window;
    PLAIT__TRY(plait__window_read_transposed(call, weights, &window));
    if (window.rank < 0) return PLAIT_OK;
    if (plait__known_rank(weights)) {
        int64_t expected = input->dims[1];
        PLAIT__TRY(plait__dim_join(call, "channels of the weights", &expected, weights->dims[0]));
        PLAIT__TRY(plait__dim_multiply(call, weights->dims[1], group, &channels));
    }
    if (input->dims[1] >= 0 && input->dims[1] % group != 0)
        return plait__call_fail(call, PLAIT_INVALID, "%lld channels do not make %lld groups", (long long)input->dims[1],
                                (long long)group);
    int64_t dims[PLAIT_MAX_RANK] = {input->dims[0], channels};
    for (int i = 0; i < window.rank; i++) dims[i + 2] = window.covered[i];
    plait__set_output(call, 0, input->dtype, input->rank, dims);
    return expect_bias(call, 2, channels);
}

/* MaxPool, AveragePool, LpPool; MaxPool also says where it found the greatest. */
enum plait_status plait__shape_pool(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    const plait_tensor *input = plait__input(call, 0);
    plait__set_unknown(call, 0, input->dtype);
    plait__set_unknown(call, 1, PLAIT_I64);
    struct plait__window window;
    PLAIT__TRY(plait__window_read(call, input, NULL, &window));
    if (window.rank < 0) return PLAIT_OK;
    int64_t dims[PLAIT_MAX_RANK] = {input->dims[0], input->dims[1]};
    for (int i = 0; i < window.rank; i++) dims[i + 2] = window.positions[i];
    plait__set_output(call, 0, input->dtype, input->rank, dims);
    plait__set_output(call, 1, PLAIT_I64, input->rank, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_global_pool(struct plait__call *call) {
    PLAIT__TRY(plait__shape_same_float(call));
    const plait_tensor *input = plait__input(call, 0);
    if (!plait__known_rank(input)) return PLAIT_OK;
    if (input->rank < 2)
        return plait__call_fail(call, PLAIT_INVALID, "expected an input of rank 2 or more, found %d", (int)input->rank);
    int64_t dims[PLAIT_MAX_RANK];
    for (int i = 0; i < input->rank; i++) dims[i] = i < 2 ? input->dims[i] : 1;
    plait__set_output(call, 0, input->dtype, input->rank, dims);
    return PLAIT_OK;
}

/* What a MaxPool with these attributes has made this input of, or the shape given. */
enum plait_status plait__shape_max_unpool(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 3));
    PLAIT__TRY(plait__expect_dtype(call, 1, PLAIT_I64));
    const plait_tensor *input = plait__input(call, 0), *indices = plait__input(call, 1), *shape = plait__input(call, 2);
    plait__set_unknown(call, 0, input->dtype);
    if (!plait__known_rank(input)) return PLAIT_OK;
    if (plait__known_shape(input) && plait__known_shape(indices) &&
        plait_tensor_elements(input) != plait_tensor_elements(indices))
        return plait__call_fail(call, PLAIT_INVALID, "indices: expected %lld, found %lld",
                                (long long)plait_tensor_elements(input), (long long)plait_tensor_elements(indices));
    struct plait__window window;
    PLAIT__TRY(plait__window_read_transposed(call, NULL, &window));
    int64_t dims[PLAIT_MAX_RANK] = {input->dims[0], input->dims[1]};
    int count = -1;
    if (shape) {
        PLAIT__TRY(plait__read_ints(call, shape, dims, PLAIT_MAX_RANK, &count));
        if (count >= 0 && count != input->rank)
            return plait__call_fail(call, PLAIT_INVALID, "output_shape: expected %d numbers, found %d", (int)input->rank,
                                    count);
        if (count < 0) {
            for (int i = 0; i < input->rank; i++) dims[i] = -1;
        } else {
            for (int i = 0; i < count; i++) {
                int64_t least = i < 2 ? input->dims[i] : window.covered[i - 2];
                if (dims[i] < 0 || (i < 2 ? least >= 0 && dims[i] != least : dims[i] < least))
                    return plait__call_fail(call, PLAIT_INVALID, "output_shape: expected %lld or more, found %lld",
                                            (long long)least, (long long)dims[i]);
            }
        }
    } else {
        for (int i = 0; i < window.rank; i++) dims[i + 2] = window.covered[i];
    }
    plait__set_output(call, 0, input->dtype, input->rank, dims);
    return PLAIT_OK;
}
