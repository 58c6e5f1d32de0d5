/* If, Loop and Scan run their bodies. */
#include <string.h>

#include "backend/reference/kernel.h"
#include "backend/reference/reference.h"
#include "base/buffer.h"

#define MOST_ROUNDS 10000000 /* of a Loop that a condition is to end */

/* Gives an output the type and the bytes of a result. */
static enum plait_status give(struct plait__call *call, int index, const plait_tensor *result) {
    plait_tensor *output = plait__output(call, index);
    if (!output) return PLAIT_OK;
    size_t bytes = plait_tensor_bytes(result);
    if (!output->data || plait_tensor_bytes(output) != bytes) {
        *output = *result;
        output->data = NULL;
        PLAIT__TRY(call->allocate(call, index));
    }
    if (bytes) memcpy(output->data, result->data, bytes);
    return PLAIT_OK;
}

static struct plait__graph *body_of(const struct plait__call *call, const char *name) {
    return plait__attribute(call->node, name)->graph; /* the shape function has made sure of it */
}

static void set_captures(const struct plait__call *call, const struct plait__graph *body, plait_tensor *inputs) {
    for (int i = 0; i < body->capture_count; i++)
        inputs[body->input_count - body->capture_count + i] = *call->inputs[body->capture_first + i];
}

static void release_all(plait_context *context, plait_tensor *tensors, int count) {
    for (int i = 0; i < count; i++) {
        plait__release(context, tensors[i].data);
        tensors[i].data = NULL;
    }
}

enum plait_status plait__kernel_if(struct plait__call *call) {
    const struct plait__graph *branch = body_of(call, *(const uint8_t *)call->inputs[0]->data ? "then_branch" : "else_branch");
    plait_tensor *inputs = plait__arena_array(call->scratch, (size_t)branch->input_count, sizeof *inputs);
    plait_tensor *outputs = plait__arena_array(call->scratch, (size_t)branch->output_count, sizeof *outputs);
    if (!inputs || !outputs) return PLAIT_MEMORY;
    set_captures(call, branch, inputs);
    PLAIT__TRY(plait__reference_run_graph(call->context, branch, inputs, outputs));
    enum plait_status status = PLAIT_OK;
    for (int i = 0; i < call->output_count && status == PLAIT_OK; i++) status = give(call, i, &outputs[i]);
    release_all(call->context, outputs, branch->output_count);
    return status;
}

/* ---- rounds ---- */

/* The state of Loop and Scan.  The body's inputs are [before..., carried..., scanned..., captures...], its outputs
 * [condition of Loop, carried..., stacked...]. */
struct rounds {
    struct plait__call *call;
    const struct plait__graph *body;
    plait_tensor *inputs, *outputs;
    int carried_count, carried_input, carried_output; /* where the carried values begin */
    int stacked_count;
    plait_tensor *slices;         /* of the stacked outputs: the type all rounds agree on */
    struct plait__buffer *stacks; /* and the bytes of the rounds so far */
    bool started;
};

static enum plait_status rounds_begin(struct rounds *rounds, const plait_tensor *const *initial) {
    struct plait__call *call = rounds->call;
    struct plait__arena *scratch = call->scratch;
    const struct plait__graph *body = rounds->body;
    rounds->inputs = plait__arena_array(scratch, (size_t)body->input_count, sizeof *rounds->inputs);
    rounds->outputs = plait__arena_array(scratch, (size_t)body->output_count, sizeof *rounds->outputs);
    rounds->slices = plait__arena_array(scratch, (size_t)rounds->stacked_count, sizeof *rounds->slices);
    rounds->stacks = plait__arena_array(scratch, (size_t)rounds->stacked_count, sizeof *rounds->stacks);
    if (!rounds->inputs || !rounds->outputs || !rounds->slices || !rounds->stacks) return PLAIT_MEMORY;
    for (int i = 0; i < rounds->stacked_count; i++) plait__buffer_init(&rounds->stacks[i], call->context, SIZE_MAX / 4);
    set_captures(call, body, rounds->inputs);
    for (int i = 0; i < rounds->carried_count; i++) rounds->inputs[rounds->carried_input + i] = *initial[i];
    return PLAIT_OK;
}

static enum plait_status stack(struct rounds *rounds, int index, const plait_tensor *slice) {
    if (!rounds->started) {
        rounds->slices[index] = *slice;
    } else if (slice->dtype != rounds->slices[index].dtype || slice->rank != rounds->slices[index].rank ||
               plait_tensor_bytes(slice) != plait_tensor_bytes(&rounds->slices[index])) {
        return plait__call_fail(rounds->call, PLAIT_INVALID, "output %d of the body has another shape than in the first round",
                                rounds->carried_output + rounds->carried_count + index);
    }
    return plait__buffer_append(&rounds->stacks[index], slice->data, plait_tensor_bytes(slice));
}

/* Runs the body once.  The values carried into this round are released, unless they are the initial ones. */
static enum plait_status one_round(struct rounds *rounds) {
    plait_context *context = rounds->call->context;
    PLAIT__TRY(plait__reference_run_graph(context, rounds->body, rounds->inputs, rounds->outputs));
    enum plait_status status = PLAIT_OK;
    plait_tensor *carried = rounds->outputs + rounds->carried_output, *stacked = carried + rounds->carried_count;
    for (int i = 0; i < rounds->stacked_count && status == PLAIT_OK; i++) status = stack(rounds, i, &stacked[i]);
    release_all(context, stacked, rounds->stacked_count);
    if (rounds->started) release_all(context, rounds->inputs + rounds->carried_input, rounds->carried_count);
    memcpy(rounds->inputs + rounds->carried_input, carried, (size_t)rounds->carried_count * sizeof *carried);
    rounds->started = true;
    if (status != PLAIT_OK) release_all(context, rounds->outputs, rounds->carried_output);
    return status;
}

static enum plait_status give_carried(struct rounds *rounds) {
    for (int i = 0; i < rounds->carried_count; i++)
        PLAIT__TRY(give(rounds->call, i, &rounds->inputs[rounds->carried_input + i]));
    return PLAIT_OK;
}

/* The slices of all rounds along `axis`: in memory they come along the first. */
static enum plait_status give_stacked(struct rounds *rounds, int index, int64_t count, int axis, bool reversed) {
    struct plait__call *call = rounds->call;
    plait_tensor *output = plait__output(call, rounds->carried_count + index);
    const plait_tensor *slice = &rounds->slices[index];
    if (!output) return PLAIT_OK;
    if (rounds->started) {
        plait_tensor type = {.dtype = slice->dtype, .rank = slice->rank + 1};
        if (type.rank > PLAIT_MAX_RANK)
            return plait__call_fail(call, PLAIT_UNSUPPORTED, "an output of rank %d", (int)type.rank);
        for (int i = 0, k = 0; i < type.rank; i++) type.dims[i] = i == axis ? count : slice->dims[k++];
        *output = type;
    } else { /* no round has told: what the body declares, of no rounds */
        if (output->rank < 1) output->rank = 1;
        for (int i = 0; i < output->rank; i++)
            if (output->dims[i] < 0 || i == axis) output->dims[i] = 0;
    }
    PLAIT__TRY(call->allocate(call, rounds->carried_count + index));
    if (!rounds->started) return PLAIT_OK;
    size_t inner = plait_dtype_bytes(slice->dtype), outer = 1;
    for (int i = axis; i < slice->rank; i++) inner *= (size_t)slice->dims[i];
    for (int i = 0; i < axis; i++) outer *= (size_t)slice->dims[i];
    const char *from = rounds->stacks[index].data;
    for (int64_t t = 0; inner && t < count; t++)
        for (size_t o = 0; o < outer; o++, from += inner)
            memcpy((char *)output->data + (o * (size_t)count + (size_t)(reversed ? count - 1 - t : t)) * inner, from, inner);
    return PLAIT_OK;
}

static void rounds_end(struct rounds *rounds) {
    if (rounds->started) release_all(rounds->call->context, rounds->inputs + rounds->carried_input, rounds->carried_count);
    for (int i = 0; rounds->stacks && i < rounds->stacked_count; i++) plait__buffer_end(&rounds->stacks[i]);
}

/* ---- Loop ---- */

static enum plait_status run_loop(struct rounds *rounds, int64_t most, bool condition) {
    struct plait__call *call = rounds->call;
    int64_t round = 0;
    uint8_t go_on = condition;
    PLAIT__TRY(rounds_begin(rounds, call->inputs + 2));
    rounds->inputs[0] = (plait_tensor){.dtype = PLAIT_I64, .data = &round};
    rounds->inputs[1] = (plait_tensor){.dtype = PLAIT_BOOL, .data = &go_on};
    for (; round < most && go_on; round++) {
        if (round == MOST_ROUNDS) return plait__call_fail(call, PLAIT_LIMIT, "more than %d rounds", MOST_ROUNDS);
        PLAIT__TRY(one_round(rounds));
        bool is_flag = rounds->outputs[0].dtype == PLAIT_BOOL && plait_tensor_elements(&rounds->outputs[0]) == 1;
        if (is_flag) go_on = *(const uint8_t *)rounds->outputs[0].data;
        plait__release(call->context, rounds->outputs[0].data);
        if (!is_flag) return plait__call_fail(call, PLAIT_INVALID, "the body's condition is not one bool");
    }
    PLAIT__TRY(give_carried(rounds));
    for (int i = 0; i < rounds->stacked_count; i++) PLAIT__TRY(give_stacked(rounds, i, round, 0, false));
    return PLAIT_OK;
}

enum plait_status plait__kernel_loop(struct plait__call *call) {
    const plait_tensor *most = plait__input(call, 0), *condition = plait__input(call, 1);
    struct rounds rounds = {.call = call, .body = body_of(call, "body"), .carried_input = 2, .carried_output = 1};
    rounds.carried_count = rounds.body->input_count - rounds.body->capture_count - 2;
    rounds.stacked_count = rounds.body->output_count - 1 - rounds.carried_count;
    enum plait_status status = run_loop(&rounds, most ? *(const int64_t *)most->data : INT64_MAX,
                                        condition ? *(const uint8_t *)condition->data != 0 : true);
    rounds_end(&rounds);
    return status;
}

/* ---- Scan ---- */

static int64_t listed(const struct plait__call *call, const char *name, int index) {
    int count;
    const int64_t *list = plait__attribute_ints(call->node, name, &count);
    return index < count ? list[index] : 0;
}

/* One position along an axis of a scanned input. */
struct scanned {
    const plait_tensor *tensor;
    int axis;
    bool reversed;
    plait_tensor slice;
};

static void take_slice(struct scanned *scanned, int64_t rounds, int64_t round) {
    size_t inner = plait_dtype_bytes(scanned->tensor->dtype), outer = 1;
    for (int i = scanned->axis + 1; i < scanned->tensor->rank; i++) inner *= (size_t)scanned->tensor->dims[i];
    for (int i = 0; i < scanned->axis; i++) outer *= (size_t)scanned->tensor->dims[i];
    size_t at = (size_t)(scanned->reversed ? rounds - 1 - round : round);
    for (size_t o = 0; inner && o < outer; o++)
        memcpy((char *)scanned->slice.data + o * inner, (const char *)scanned->tensor->data + (o * (size_t)rounds + at) * inner,
               inner);
}

static enum plait_status set_scanned(struct plait__call *call, int states, int count, struct scanned *scanned,
                                     int64_t *rounds_out) {
    for (int i = 0; i < count; i++) {
        const plait_tensor *tensor = scanned[i].tensor = call->inputs[states + i];
        int64_t axis = listed(call, "scan_input_axes", i);
        scanned[i].axis = (int)(axis < 0 ? axis + tensor->rank : axis);
        scanned[i].reversed = listed(call, "scan_input_directions", i) == 1;
        scanned[i].slice = (plait_tensor){.dtype = tensor->dtype, .rank = tensor->rank - 1};
        for (int d = 0, k = 0; d < tensor->rank; d++)
            if (d != scanned[i].axis) scanned[i].slice.dims[k++] = tensor->dims[d];
        *rounds_out = tensor->dims[scanned[i].axis];
        scanned[i].slice.data = plait__arena_allocate(call->scratch, plait_tensor_bytes(&scanned[i].slice));
        if (!scanned[i].slice.data) return PLAIT_MEMORY;
    }
    return PLAIT_OK;
}

static enum plait_status run_scan(struct rounds *rounds, int scanned_count) {
    struct plait__call *call = rounds->call;
    struct scanned *scanned = plait__arena_array(call->scratch, (size_t)scanned_count, sizeof *scanned);
    int64_t count = 0;
    if (!scanned) return PLAIT_MEMORY;
    PLAIT__TRY(rounds_begin(rounds, call->inputs));
    PLAIT__TRY(set_scanned(call, rounds->carried_count, scanned_count, scanned, &count));
    for (int64_t round = 0; round < count; round++) {
        for (int i = 0; i < scanned_count; i++) {
            take_slice(&scanned[i], count, round);
            rounds->inputs[rounds->carried_count + i] = scanned[i].slice;
        }
        PLAIT__TRY(one_round(rounds));
    }
    PLAIT__TRY(give_carried(rounds));
    for (int i = 0; i < rounds->stacked_count; i++) {
        int64_t axis = listed(call, "scan_output_axes", i);
        if (axis < 0) axis += rounds->slices[i].rank + 1;
        PLAIT__TRY(give_stacked(rounds, i, count, (int)axis, listed(call, "scan_output_directions", i) == 1));
    }
    return PLAIT_OK;
}

enum plait_status plait__kernel_scan(struct plait__call *call) {
    struct rounds rounds = {.call = call, .body = body_of(call, "body")};
    int scanned = (int)plait__attribute_int(call->node, "num_scan_inputs", 0);
    rounds.carried_count = rounds.body->input_count - rounds.body->capture_count - scanned;
    rounds.stacked_count = rounds.body->output_count - rounds.carried_count;
    enum plait_status status = run_scan(&rounds, scanned);
    rounds_end(&rounds);
    return status;
}
