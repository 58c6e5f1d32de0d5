/* NonZero and Unique: how much comes out depends on the data. */
#include "graph/shape/parameters.h"
#include "graph/shape/shape.h"
#include "tensor/element.h"

#include <string.h>

static bool has_data(const plait_tensor *tensor) {
    return tensor->dtype != PLAIT_DTYPE_NONE && plait__known_shape(tensor) &&
           (plait_tensor_elements(tensor) == 0 || tensor->data);
}

enum plait_status plait__shape_non_zero(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    const plait_tensor *input = call->inputs[0];
    int64_t dims[2] = {plait__known_rank(input) ? input->rank : -1, -1};
    if (has_data(input)) {
        int64_t elements = plait_tensor_elements(input);
        dims[1] = 0;
        for (int64_t i = 0; i < elements; i++) dims[1] += plait__load_real(input, i) != 0;
    }
    plait__set_output(call, 0, PLAIT_I64, 2, dims);
    return PLAIT_OK;
}

/* ---- Unique ---- */

/* The rows that are compared: all elements at one position of the axis, or single elements without an axis. */
struct rows {
    const plait_tensor *input;
    int64_t outer, count, inner;
};

static int compare_elements(const plait_tensor *input, int64_t a, int64_t b) {
    if (plait__is_float(input->dtype)) {
        double x = plait__load_real(input, a), y = plait__load_real(input, b);
        bool x_nan = x != x, y_nan = y != y;
        if (x_nan || y_nan) return x_nan - y_nan; /* as in NumPy: all NaNs are equal, and come last */
        return (x > y) - (x < y);
    }
    int64_t x = plait__load_integer(input, a), y = plait__load_integer(input, b);
    if (plait__work_of(input->dtype) == PLAIT__WORK_NATURAL) return ((uint64_t)x > (uint64_t)y) - ((uint64_t)x < (uint64_t)y);
    return (x > y) - (x < y);
}

static int compare_rows(const struct rows *rows, int64_t a, int64_t b) {
    for (int64_t o = 0; o < rows->outer; o++)
        for (int64_t i = 0; i < rows->inner; i++) {
            int64_t start = o * rows->count * rows->inner + i;
            int order = compare_elements(rows->input, start + a * rows->inner, start + b * rows->inner);
            if (order) return order;
        }
    return 0;
}

/* Merge sort, stable: `order` and `spare` hold `count` row numbers. */
static void sort_rows(const struct rows *rows, int64_t *order, int64_t *spare, int64_t count) {
    if (count < 2) return;
    int64_t half = count / 2, a = 0, b = half;
    sort_rows(rows, order, spare, half);
    sort_rows(rows, order + half, spare, count - half);
    for (int64_t i = 0; i < count; i++) {
        bool take_a = b == count || (a < half && compare_rows(rows, order[a], order[b]) <= 0);
        spare[i] = order[take_a ? a++ : b++];
    }
    memcpy(order, spare, (size_t)count * sizeof *order);
}

static enum plait_status find_rows(struct plait__call *call, struct rows *rows) {
    const plait_tensor *input = call->inputs[0];
    *rows = (struct rows){.input = input, .outer = 1, .inner = 1};
    if (!plait__attribute(call->node, "axis")) {
        rows->count = plait_tensor_elements(input);
        return PLAIT_OK;
    }
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), input->rank, &axis));
    rows->count = input->dims[axis];
    for (int i = 0; i < axis; i++) rows->outer *= input->dims[i];
    for (int i = axis + 1; i < input->rank; i++) rows->inner *= input->dims[i];
    return PLAIT_OK;
}

/* Turns groups, numbered by value, into the order in which their first rows come. */
static void order_by_appearance(struct plait__unique *unique, int64_t rows, int64_t *order) {
    int64_t seen = 0; /* the first row of group g is unique->first[g]: walk the rows and number the groups as they appear */
    for (int64_t r = 0; r < rows; r++)
        if (unique->first[unique->inverse[r]] == r) order[unique->inverse[r]] = seen++;
    for (int64_t r = 0; r < rows; r++) unique->inverse[r] = order[unique->inverse[r]];
    memset(unique->counts, 0, (size_t)unique->count * sizeof *unique->counts);
    for (int64_t r = 0; r < rows; r++)
        if (unique->counts[unique->inverse[r]]++ == 0) unique->first[unique->inverse[r]] = r;
}

enum plait_status plait__unique_read(struct plait__call *call, struct plait__unique *unique_out) {
    memset(unique_out, 0, sizeof *unique_out);
    unique_out->count = -1;
    if (!has_data(call->inputs[0])) return PLAIT_OK;
    struct rows rows;
    PLAIT__TRY(find_rows(call, &rows));
    int64_t *order = plait__arena_array(call->scratch, (size_t)rows.count, sizeof *order);
    int64_t *spare = plait__arena_array(call->scratch, (size_t)rows.count, sizeof *spare);
    unique_out->first = plait__arena_array(call->scratch, (size_t)rows.count, sizeof *unique_out->first);
    unique_out->counts = plait__arena_array(call->scratch, (size_t)rows.count, sizeof *unique_out->counts);
    unique_out->inverse = plait__arena_array(call->scratch, (size_t)rows.count, sizeof *unique_out->inverse);
    if (!order || !spare || !unique_out->first || !unique_out->counts || !unique_out->inverse) return PLAIT_MEMORY;

    for (int64_t r = 0; r < rows.count; r++) order[r] = r;
    sort_rows(&rows, order, spare, rows.count);
    int64_t group = -1;
    for (int64_t i = 0; i < rows.count; i++) {
        if (i == 0 || compare_rows(&rows, order[i - 1], order[i]) != 0) unique_out->first[++group] = order[i];
        unique_out->inverse[order[i]] = group;
        unique_out->counts[group]++;
    }
    unique_out->count = group + 1;
    if (plait__attribute_int(call->node, "sorted", 1) == 0) order_by_appearance(unique_out, rows.count, order);
    return PLAIT_OK;
}

enum plait_status plait__shape_unique(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    const plait_tensor *input = call->inputs[0];
    struct plait__unique unique;
    PLAIT__TRY(plait__unique_read(call, &unique));
    int64_t dims[PLAIT_MAX_RANK] = {-1}, rows = -1;
    int rank = 1;
    if (plait__attribute(call->node, "axis")) {
        int axis = 0;
        rank = input->rank;
        memcpy(dims, input->dims, sizeof dims);
        if (plait__known_rank(input)) {
            PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), rank, &axis));
            rows = input->dims[axis];
        }
        dims[axis] = unique.count;
    } else {
        if (plait__known_rank(input)) PLAIT__TRY(plait__dims_product(call, input->dims, input->rank, &rows));
        dims[0] = unique.count;
    }
    plait__set_output(call, 0, input->dtype, rank, dims);
    plait__set_output(call, 1, PLAIT_I64, 1, &unique.count);
    plait__set_output(call, 2, PLAIT_I64, 1, &rows);
    plait__set_output(call, 3, PLAIT_I64, 1, &unique.count);
    return PLAIT_OK;
}
