/* Slice: attributes up to version 9, inputs from 10 on. */
#include "graph/shape/parameters.h"
#include "graph/shape/shape.h"

struct lists {
    int64_t starts[PLAIT_MAX_RANK], ends[PLAIT_MAX_RANK], axes[PLAIT_MAX_RANK], steps[PLAIT_MAX_RANK];
    int start_count, end_count, axis_count, step_count; /* -1: not known */
    bool axes_given, steps_given;
};

static enum plait_status read_lists(struct plait__call *call, struct lists *lists) {
    bool are_inputs = call->node->opset >= 10, starts_given, ends_given;
    PLAIT__TRY(plait__expect_inputs(call, are_inputs ? 3 : 1, are_inputs ? 5 : 1));
    PLAIT__TRY(plait__read_input_or_attribute(call, 1, "starts", are_inputs, lists->starts, PLAIT_MAX_RANK, &lists->start_count,
                                              &starts_given));
    PLAIT__TRY(plait__read_input_or_attribute(call, 2, "ends", are_inputs, lists->ends, PLAIT_MAX_RANK, &lists->end_count,
                                              &ends_given));
    if (!starts_given || !ends_given) return plait__call_fail(call, PLAIT_INVALID, "expected starts and ends, found none");
    PLAIT__TRY(plait__read_input_or_attribute(call, 3, "axes", are_inputs, lists->axes, PLAIT_MAX_RANK, &lists->axis_count,
                                              &lists->axes_given));
    lists->steps_given = false;
    if (are_inputs)
        PLAIT__TRY(plait__read_input_or_attribute(call, 4, "steps", true, lists->steps, PLAIT_MAX_RANK, &lists->step_count,
                                                  &lists->steps_given));
    return PLAIT_OK;
}

/* Counts that are known must agree; the number of sliced axes, or -1 when nothing tells it. */
static enum plait_status agree(struct plait__call *call, const struct lists *lists, int *count_out) {
    int counts[] = {lists->start_count, lists->end_count, lists->axes_given ? lists->axis_count : -1,
                    lists->steps_given ? lists->step_count : -1};
    int count = -1;
    for (int i = 0; i < 4; i++) {
        if (counts[i] < 0) continue;
        if (count >= 0 && count != counts[i])
            return plait__call_fail(call, PLAIT_INVALID,
                                    "starts, ends, axes and steps: expected lists of one length, found %d and %d", count,
                                    counts[i]);
        count = counts[i];
    }
    for (int i = 1; i < 3 && count < 0; i++) { /* the lists' own shapes may tell */
        const plait_tensor *list = plait__input(call, i);
        if (list && list->rank == 1 && list->dims[0] >= 0 && list->dims[0] <= PLAIT_MAX_RANK) count = (int)list->dims[0];
    }
    *count_out = count;
    return PLAIT_OK;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high) {
    return value < low ? low : value > high ? high : value;
}

/* NumPy's rule: negative positions count from the end, and everything is clamped to what is there. */
static void resolve(int64_t size, int64_t start, int64_t end, int64_t step, int axis, struct plait__slicing *slice) {
    if (step < -INT64_MAX) step = -INT64_MAX; /* so that it can be negated; no dim is long enough to tell */
    if (start < 0) start += size;
    if (end < 0) end += size;
    start = step > 0 ? clamp(start, 0, size) : clamp(start, -1, size - 1);
    end = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
    int64_t span = step > 0 ? end - start : start - end, stride = step > 0 ? step : -step;
    slice->count[axis] = span > 0 ? (span - 1) / stride + 1 : 0;
    slice->start[axis] = slice->count[axis] > 0 ? start : 0;
    slice->step[axis] = step;
}

enum plait_status plait__slice_read(struct plait__call *call, struct plait__slicing *slice_out) {
    struct lists lists;
    int count;
    PLAIT__TRY(read_lists(call, &lists));
    PLAIT__TRY(agree(call, &lists, &count));
    const plait_tensor *input = call->inputs[0];
    bool axes_known = count >= 0 && (!lists.axes_given || lists.axis_count >= 0);
    bool steps_known = !lists.steps_given || lists.step_count >= 0;
    for (int d = 0; d < input->rank; d++) {
        slice_out->start[d] = 0;
        slice_out->step[d] = 1;
        slice_out->count[d] = axes_known ? input->dims[d] : -1;
    }
    if (!axes_known || input->rank < 0) return PLAIT_OK;

    bool named[PLAIT_MAX_RANK] = {false};
    for (int i = 0; i < count; i++) {
        int axis;
        PLAIT__TRY(plait__axis(call, lists.axes_given ? lists.axes[i] : i, input->rank, &axis));
        if (named[axis]) return plait__call_fail(call, PLAIT_INVALID, "axes: %d is named twice", axis);
        named[axis] = true;
        int64_t step = lists.steps_given && steps_known ? lists.steps[i] : 1;
        if (step == 0) return plait__call_fail(call, PLAIT_INVALID, "steps[%d]: expected a number other than 0", i);
        if (steps_known && lists.start_count >= 0 && lists.end_count >= 0 && input->dims[axis] >= 0)
            resolve(input->dims[axis], lists.starts[i], lists.ends[i], step, axis, slice_out);
        else
            slice_out->count[axis] = -1;
    }
    return PLAIT_OK;
}

enum plait_status plait__shape_slice(struct plait__call *call) {
    struct plait__slicing slice;
    PLAIT__TRY(plait__slice_read(call, &slice));
    const plait_tensor *input = call->inputs[0];
    plait__set_output(call, 0, input->dtype, input->rank, slice.count);
    return PLAIT_OK;
}
