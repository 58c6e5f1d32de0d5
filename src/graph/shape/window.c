#include "graph/shape/window.h"

#include "graph/shape/shape.h"

#include <string.h>

/* No size, stride, dilation or padding may be larger, so that two of them multiplied fit 63 bits with room to add. */
static const int64_t ceiling = INT64_C(1) << 30, most_taps = INT64_C(1) << 24;

enum padding { PADDING_GIVEN, PADDING_NONE, PADDING_SAME_UPPER, PADDING_SAME_LOWER };

/* `expected` ints of the attribute, each in least..ceiling; all `fallback` when it is absent. */
static enum plait_status read_ints(struct plait__call *call, const char *name, int expected, int64_t least, int64_t fallback,
                                   int64_t *out) {
    int count;
    const int64_t *ints = plait__attribute_ints(call->node, name, &count);
    if (ints && count != expected)
        return plait__call_fail(call, PLAIT_INVALID, "%s: expected %d numbers, found %d", name, expected, count);
    for (int i = 0; i < expected; i++) {
        out[i] = ints ? ints[i] : fallback;
        if (out[i] < least || out[i] > ceiling)
            return plait__call_fail(call, PLAIT_INVALID, "%s: expected %lld..%lld, found %lld", name, (long long)least,
                                    (long long)ceiling, (long long)out[i]);
    }
    return PLAIT_OK;
}

static enum plait_status read_padding(struct plait__call *call, enum padding *padding_out) {
    static const char *const names[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    const char *name = plait__attribute_string(call->node, "auto_pad", "NOTSET");
    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0) {
            *padding_out = (enum padding)i;
            return PLAIT_OK;
        }
    return plait__call_fail(call, PLAIT_INVALID, "auto_pad: expected NOTSET, VALID, SAME_UPPER or SAME_LOWER, found \"%s\"",
                            name);
}

/* All but padding and sizes; the rank is -1 when the input's is not known. */
static enum plait_status read_common(struct plait__call *call, const plait_tensor *input, const plait_tensor *weights,
                                     enum padding *padding_out, struct plait__window *window) {
    memset(window, 0, sizeof *window);
    PLAIT__TRY(read_padding(call, padding_out));
    window->rank = -1;
    if (!plait__known_rank(input)) return PLAIT_OK;
    int rank = input->rank - 2;
    if (rank < 1)
        return plait__call_fail(call, PLAIT_INVALID, "expected an input of rank 3 or more, found %d", (int)input->rank);
    for (int i = 0; i < rank; i++)
        if (input->dims[i + 2] > ceiling)
            return plait__call_fail(call, PLAIT_LIMIT, "dimension %d: expected at most %lld, found %lld", i + 2,
                                    (long long)ceiling, (long long)input->dims[i + 2]);
    window->rank = rank;
    PLAIT__TRY(read_ints(call, "strides", rank, 1, 1, window->stride));
    PLAIT__TRY(read_ints(call, "dilations", rank, 1, 1, window->dilation));
    int64_t pads[2 * PLAIT__WINDOW_DIMS] = {0};
    if (*padding_out == PADDING_GIVEN) PLAIT__TRY(read_ints(call, "pads", 2 * rank, 0, 0, pads));
    memcpy(window->before, pads, (size_t)rank * sizeof *pads);
    memcpy(window->after, pads + rank, (size_t)rank * sizeof *pads);

    bool given = plait__attribute(call->node, "kernel_shape") != NULL;
    if (!given && !weights) return plait__call_fail(call, PLAIT_INVALID, "kernel_shape is missing");
    PLAIT__TRY(read_ints(call, "kernel_shape", rank, 1, 1, window->kernel));
    if (!weights) return PLAIT_OK;
    if (plait__known_rank(weights) && weights->rank != input->rank)
        return plait__call_fail(call, PLAIT_INVALID, "rank of the weights: expected %d, found %d", (int)input->rank,
                                (int)weights->rank);
    for (int i = 0; i < rank; i++) {
        int64_t size = plait__known_rank(weights) ? weights->dims[i + 2] : -1;
        if (size == 0 || size > ceiling || (given && size >= 0 && size != window->kernel[i]))
            return plait__call_fail(call, PLAIT_INVALID, "kernel_shape: %lld, but the weights have %lld",
                                    (long long)window->kernel[i], (long long)size);
        window->kernel[i] = size;
    }
    return PLAIT_OK;
}

/* Elements a window covers from its first tap to its last. */
static int64_t reach(const struct plait__window *window, int i) {
    return (window->kernel[i] - 1) * window->dilation[i] + 1;
}

/* Splits padding so that an odd one comes after, or before. */
static void split_padding(struct plait__window *window, int i, int64_t total, bool more_before) {
    if (total < 0) total = 0;
    window->before[i] = more_before ? total - total / 2 : total / 2;
    window->after[i] = total - window->before[i];
}

/* How many positions there are along spatial dim `i`, and the padding where it is worked out. */
static enum plait_status place(struct plait__call *call, struct plait__window *window, int i, enum padding padding, bool up) {
    int64_t size = window->covered[i], stride = window->stride[i];
    window->positions[i] = -1;
    if (size < 0) return PLAIT_OK;
    if (padding == PADDING_SAME_UPPER || padding == PADDING_SAME_LOWER) {
        window->positions[i] = (size + stride - 1) / stride;
        if (window->kernel[i] < 0) return PLAIT_OK;
        split_padding(window, i, (window->positions[i] - 1) * stride + reach(window, i) - size, padding == PADDING_SAME_LOWER);
        return PLAIT_OK;
    }
    if (window->kernel[i] < 0) return PLAIT_OK;
    int64_t room = size + window->before[i] + window->after[i] - reach(window, i);
    if (room < 0)
        return plait__call_fail(call, PLAIT_INVALID, "dimension %d: a window of %lld is larger than %lld with its padding",
                                i + 2, (long long)reach(window, i), (long long)size);
    window->positions[i] = room / stride + 1;
    /* Rounded up, the last window must still begin on the input or its padding before. */
    if (up && room % stride != 0 && window->positions[i] * stride < size + window->before[i]) window->positions[i]++;
    return PLAIT_OK;
}

static enum plait_status expect_at_most(struct plait__call *call, int64_t most, const char *what, const int64_t *sizes,
                                        int rank) {
    int64_t product;
    PLAIT__TRY(plait__dims_product(call, sizes, rank, &product));
    if (product <= most) return PLAIT_OK;
    return plait__call_fail(call, PLAIT_LIMIT, "%s: expected at most %lld elements, found %lld", what, (long long)most,
                            (long long)product);
}

/* Whoever works with a window lists its taps, and counts elements and positions in 63 bits. */
static enum plait_status expect_moderate(struct plait__call *call, const struct plait__window *window) {
    PLAIT__TRY(expect_at_most(call, most_taps, "kernel", window->kernel, window->rank));
    PLAIT__TRY(expect_at_most(call, ceiling, "space", window->covered, window->rank));
    return expect_at_most(call, ceiling, "positions", window->positions, window->rank);
}

enum plait_status plait__window_read(struct plait__call *call, const plait_tensor *input, const plait_tensor *weights,
                                     struct plait__window *window_out) {
    enum padding padding;
    PLAIT__TRY(read_common(call, input, weights, &padding, window_out));
    bool up = plait__attribute_int(call->node, "ceil_mode", 0) != 0;
    for (int i = 0; i < window_out->rank; i++) {
        window_out->covered[i] = input->dims[i + 2];
        PLAIT__TRY(place(call, window_out, i, padding, up));
    }
    return expect_moderate(call, window_out);
}

enum plait_status plait__window_read_transposed(struct plait__call *call, const plait_tensor *weights,
                                                struct plait__window *window_out) {
    const plait_tensor *input = plait__input(call, 0);
    struct plait__window *window = window_out;
    enum padding padding;
    PLAIT__TRY(read_common(call, input, weights, &padding, window));
    if (window->rank < 0) return PLAIT_OK;
    int64_t more[PLAIT__WINDOW_DIMS], shape[PLAIT__WINDOW_DIMS];
    PLAIT__TRY(read_ints(call, "output_padding", window->rank, 0, 0, more));
    PLAIT__TRY(read_ints(call, "output_shape", window->rank, 0, 0, shape));
    bool shape_given = plait__attribute(call->node, "output_shape") != NULL;
    for (int i = 0; i < window->rank; i++) {
        int64_t size = input->dims[i + 2], stride = window->stride[i];
        window->positions[i] = size;
        window->covered[i] = shape_given ? shape[i] : -1;
        if (size < 0 || window->kernel[i] < 0) continue;
        int64_t whole = (size - 1) * stride + more[i] + reach(window, i); /* without padding */
        bool same = padding == PADDING_SAME_UPPER || padding == PADDING_SAME_LOWER;
        if (shape_given || same) {
            window->covered[i] = shape_given ? shape[i] : size * stride;
            split_padding(window, i, whole - window->covered[i], padding != PADDING_SAME_UPPER);
        } else {
            window->covered[i] = whole - window->before[i] - window->after[i];
        }
        if (window->covered[i] < 0)
            return plait__call_fail(call, PLAIT_INVALID, "dimension %d: the padding takes away more than the %lld there are",
                                    i + 2, (long long)whole);
    }
    return expect_moderate(call, window);
}
