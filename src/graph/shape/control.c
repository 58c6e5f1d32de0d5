/* If, Loop and Scan: what their bodies make, given what goes in. */
#include "graph/infer.h"

static enum plait_status body_of(struct plait__call *call, const char *name, int formal_count, struct plait__graph **body_out) {
    const struct plait__attribute *attribute = plait__attribute(call->node, name);
    if (!attribute || attribute->kind != PLAIT__ATTRIBUTE_GRAPH)
        return plait__call_fail(call, PLAIT_INVALID, "the graph '%s' is missing", name);
    struct plait__graph *body = attribute->graph;
    if (body->input_count - body->capture_count != formal_count)
        return plait__call_fail(call, PLAIT_INVALID, "the graph '%s' has %d inputs, expected %d", name,
                                body->input_count - body->capture_count, formal_count);
    *body_out = body;
    return PLAIT_OK;
}

/* A body's input is given the type of a tensor, not its data, which may be another at the next run. */
static void set_type(struct plait__graph *body, int input, const plait_tensor *type) {
    plait_tensor *own = &body->values[body->inputs[input]].type;
    *own = type ? *type : (plait_tensor){.rank = -1};
    own->data = NULL;
}

static enum plait_status infer_body(struct plait__call *call, struct plait__graph *body) {
    for (int i = 0; i < body->capture_count; i++)
        set_type(body, body->input_count - body->capture_count + i, call->inputs[body->capture_first + i]);
    enum plait_status status = plait__infer_graph(body);
    return status == PLAIT_OK ? PLAIT_OK : plait__fail_in(call->context, status, "in %s", call->node->name);
}

static const plait_tensor *body_output(const struct plait__graph *body, int index) {
    return &body->values[body->outputs[index]].type;
}

static bool same_dims(const plait_tensor *a, const plait_tensor *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dims[i] != b->dims[i]) return false;
    return true;
}

/* ---- If ---- */

static void merge(plait_tensor *into, const plait_tensor *other) {
    if (into->dtype != other->dtype) into->dtype = PLAIT_DTYPE_NONE;
    if (into->rank != other->rank) into->rank = -1;
    for (int i = 0; i < into->rank; i++)
        if (into->dims[i] != other->dims[i]) into->dims[i] = -1;
}

enum plait_status plait__shape_if(struct plait__call *call) {
    static const char *const names[] = {"else_branch", "then_branch"};
    const plait_tensor *condition = plait__input(call, 0);
    if (!condition) return plait__call_fail(call, PLAIT_INVALID, "the condition is missing");
    if (plait__known_shape(condition) && (plait_tensor_elements(condition) != 1 || condition->dtype != PLAIT_BOOL))
        return plait__call_fail(call, PLAIT_INVALID, "the condition is not one bool");
    bool first = true;
    for (int b = 0; b < 2; b++) {
        struct plait__graph *branch;
        PLAIT__TRY(body_of(call, names[b], 0, &branch));
        if (branch->output_count != call->output_count)
            return plait__call_fail(call, PLAIT_INVALID, "%s has %d outputs, expected %d", names[b], branch->output_count,
                                    call->output_count);
        if (condition->data && *(const uint8_t *)condition->data != b) continue; /* will not run */
        PLAIT__TRY(infer_body(call, branch));
        for (int i = 0; i < call->output_count; i++) {
            const plait_tensor *type = body_output(branch, i);
            if (first)
                plait__set_output(call, i, type->dtype, type->rank, type->dims);
            else if (call->outputs[i])
                merge(call->outputs[i], type);
        }
        first = false;
    }
    return PLAIT_OK;
}

/* ---- Loop and Scan ---- */

/* What is carried from one round to the next starts with the type of its initial value.  If the body, given that, makes the
 * same type again, every round does; else the shape is only known in the end. */
static void set_carried(struct plait__call *call, const struct plait__graph *body, int first_input, int first_output,
                        int count) {
    for (int i = 0; i < count; i++) {
        const plait_tensor *initial = call->inputs[first_input + i], *made = body_output(body, first_output + i);
        bool stable = initial && made->dtype == initial->dtype && same_dims(initial, made);
        plait__set_output(call, i, initial ? initial->dtype : made->dtype, stable ? made->rank : -1, made->dims);
    }
}

/* [.., rounds, ..] with what a round makes around it. */
static void set_stacked(struct plait__call *call, int output, const plait_tensor *made, int64_t rounds, int64_t axis) {
    int64_t dims[PLAIT_MAX_RANK];
    int rank = made->rank < 0 || made->rank >= PLAIT_MAX_RANK ? -1 : made->rank + 1;
    if (axis < 0) axis += rank;
    for (int i = 0, k = 0; i < rank; i++) dims[i] = i == axis ? rounds : made->dims[k++];
    plait__set_output(call, output, made->dtype, rank, dims);
}

enum plait_status plait__shape_loop(struct plait__call *call) {
    const struct plait__attribute *attribute = plait__attribute(call->node, "body");
    int captures = attribute && attribute->kind == PLAIT__ATTRIBUTE_GRAPH ? attribute->graph->capture_count : 0;
    int carried = call->input_count - captures - 2;
    struct plait__graph *body;
    if (carried < 0) return plait__call_fail(call, PLAIT_INVALID, "expected at least 2 inputs, found %d", carried + 2);
    PLAIT__TRY(body_of(call, "body", carried + 2, &body));
    if (body->output_count < carried + 1 || body->output_count != call->output_count + 1)
        return plait__call_fail(call, PLAIT_INVALID, "a body of %d outputs for %d carried values and %d outputs",
                                body->output_count, carried, call->output_count);
    for (int i = 0; i < 2; i++)
        if (call->inputs[i] && plait__known_shape(call->inputs[i]) &&
            (plait_tensor_elements(call->inputs[i]) != 1 || call->inputs[i]->dtype != (i ? PLAIT_BOOL : PLAIT_I64)))
            return plait__call_fail(call, PLAIT_INVALID, "input %d is not one %s", i, i ? "bool" : "int64");
    set_type(body, 0, &(plait_tensor){.dtype = PLAIT_I64});
    set_type(body, 1, &(plait_tensor){.dtype = PLAIT_BOOL});
    for (int i = 0; i < carried; i++) {
        if (!call->inputs[2 + i]) return plait__call_fail(call, PLAIT_INVALID, "the initial value %d is missing", i);
        set_type(body, 2 + i, call->inputs[2 + i]);
    }
    PLAIT__TRY(infer_body(call, body));
    set_carried(call, body, 2, 1, carried);
    for (int i = carried; i < call->output_count; i++) set_stacked(call, i, body_output(body, i + 1), -1, 0);
    return PLAIT_OK;
}

/* The entry of a list of axes or directions; `fallback` when the list is not there. */
static enum plait_status listed(struct plait__call *call, const char *name, int index, int count, int64_t *entry_out) {
    int found;
    const int64_t *list = plait__attribute_ints(call->node, name, &found);
    *entry_out = list && index < found ? list[index] : 0;
    if (list && found != count)
        return plait__call_fail(call, PLAIT_INVALID, "%s has %d entries, expected %d", name, found, count);
    return PLAIT_OK;
}

enum plait_status plait__shape_scan(struct plait__call *call) {
    const struct plait__attribute *attribute = plait__attribute(call->node, "body");
    int captures = attribute && attribute->kind == PLAIT__ATTRIBUTE_GRAPH ? attribute->graph->capture_count : 0;
    int64_t scanned = plait__attribute_int(call->node, "num_scan_inputs", 0);
    int formal = call->input_count - captures;
    struct plait__graph *body;
    if (call->node->opset < 9) return plait__call_fail(call, PLAIT_UNSUPPORTED, "the form of before opset 9");
    if (scanned < 1 || scanned > formal)
        return plait__call_fail(call, PLAIT_INVALID, "num_scan_inputs is %lld of %d inputs", (long long)scanned, formal);
    PLAIT__TRY(body_of(call, "body", formal, &body));
    int states = formal - (int)scanned, stacked = call->output_count - states;
    if (stacked < 0 || body->output_count != call->output_count)
        return plait__call_fail(call, PLAIT_INVALID, "a body of %d outputs for %d states and %d outputs", body->output_count,
                                states, call->output_count);
    int64_t rounds = -1;
    for (int i = 0; i < formal; i++) {
        if (!call->inputs[i]) return plait__call_fail(call, PLAIT_INVALID, "input %d is missing", i);
        plait_tensor type = *call->inputs[i];
        int64_t entry;
        int axis;
        if (i >= states && type.rank >= 0) {
            PLAIT__TRY(listed(call, "scan_input_axes", i - states, (int)scanned, &entry));
            PLAIT__TRY(plait__axis(call, entry, type.rank, &axis));
            if (rounds >= 0 && type.dims[axis] >= 0 && rounds != type.dims[axis])
                return plait__call_fail(call, PLAIT_INVALID, "scans of %lld and of %lld rounds", (long long)rounds,
                                        (long long)type.dims[axis]);
            if (type.dims[axis] >= 0) rounds = type.dims[axis];
            for (int d = axis; d + 1 < type.rank; d++) type.dims[d] = type.dims[d + 1];
            type.rank--;
        }
        set_type(body, i, &type);
    }
    PLAIT__TRY(infer_body(call, body));
    set_carried(call, body, 0, 0, states);
    for (int i = 0; i < stacked; i++) {
        const plait_tensor *made = body_output(body, states + i);
        int64_t entry;
        int axis = 0;
        PLAIT__TRY(listed(call, "scan_output_axes", i, stacked, &entry));
        if (made->rank >= 0) PLAIT__TRY(plait__axis(call, entry, made->rank + 1, &axis));
        set_stacked(call, states + i, made, rounds, axis);
    }
    return PLAIT_OK;
}
