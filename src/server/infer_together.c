/* One run of a network for several requests: their samples lie behind each other along the first dimension, which holds
 * independent ones (struct plait__card).  So many go together as make a power of two, because every new size costs the session
 * a plan. */
#include <string.h>

#include "server/infer.h"
#include "tensor/tensor.h"

static bool goes_with(const struct plait__infer *a, const struct plait__infer *b) {
    for (size_t i = 0; i < a->input_count; i++) {
        const plait_tensor *x = &a->inputs[i], *y = &b->inputs[i];
        if (x->dtype != y->dtype || x->rank != y->rank || x->rank < 1 || x->dims[0] != a->inputs[0].dims[0] ||
            memcmp(x->dims, y->dims, (size_t)x->rank * sizeof *x->dims) != 0)
            return false;
    }
    return true;
}

/* The inputs of all as one; in the first one's arena. */
static enum plait_status join(struct plait__infer *const *group, int count, plait_tensor *inputs) {
    for (size_t i = 0; i < group[0]->input_count; i++) {
        const size_t bytes = plait_tensor_bytes(&group[0]->inputs[i]);
        inputs[i] = group[0]->inputs[i];
        inputs[i].dims[0] *= count;
        char *to = inputs[i].data = plait__arena_array(&group[0]->exchange->arena, (size_t)count, bytes + 64);
        if (!to) return PLAIT_MEMORY;
        for (int k = 0; k < count; k++) memcpy(to + (size_t)k * bytes, group[k]->inputs[i].data, bytes);
    }
    return PLAIT_OK;
}

/* Each one's share of the outputs; false: the network did not keep the samples apart after all. */
static bool divide(struct plait__infer *const *group, int count, const plait_tensor *outputs) {
    const int64_t samples = group[0]->inputs[0].dims[0];
    for (size_t i = 0; i < group[0]->output_count; i++)
        if (outputs[i].rank < 1 || outputs[i].dims[0] != samples * count) return false;
    for (int k = 0; k < count; k++)
        for (size_t i = 0; i < group[k]->output_count; i++) {
            plait_tensor *own = &group[k]->outputs[i];
            *own = outputs[i];
            own->dims[0] = samples;
            own->data = (char *)outputs[i].data + (size_t)k * plait_tensor_bytes(own);
        }
    return true;
}

static void run(struct plait__infer *const *group, int count, struct plait__replica *replica) {
    struct plait__exchange *first = group[0]->exchange;
    struct plait__server *server = first->server;
    plait_tensor *inputs = plait__arena_array(&first->arena, group[0]->input_count + 1, sizeof *inputs);
    plait_tensor *outputs = plait__arena_array(&first->arena, group[0]->output_count + 1, sizeof *outputs);
    const uint64_t start = plait__server_now(server);
    enum plait_status status = inputs && outputs ? join(group, count, inputs) : PLAIT_MEMORY;
    if (status == PLAIT_OK)
        status = plait_session_run(group[0]->session, inputs, group[0]->input_count, outputs, group[0]->output_count);
    if (status != PLAIT_OK || !divide(group, count, outputs)) { /* whose fault it is shows by itself */
        for (int k = 0; k < count; k++) plait__infer_alone(group[k], replica);
        return;
    }
    for (int k = 0; k < count; k++) {
        struct plait__exchange *exchange = group[k]->exchange;
        const int span =
            plait__span_begin(&exchange->trace, "run", exchange->span, exchange->start_unix_us + start - exchange->start_us);
        plait__span_number(&exchange->trace, span, "plait.batch", count);
        plait__span_end(&exchange->trace, span, plait__exchange_unix_now(exchange), false);
        plait__infer_answer(group[k], NULL);
        plait__count(server->measure.inferences, PLAIT__LABELS(exchange->parts[0], "OK"), 1);
    }
    plait__observe(server->measure.batch_sizes, PLAIT__LABELS(first->parts[0]), count);
}

/* Those that go with the first, so many as are a power of two; they come to the front. */
static int gather(struct plait__infer **infers, int count) {
    int alike = 1, size = 1;
    for (int i = 1; i < count; i++) {
        if (!goes_with(infers[0], infers[i])) continue;
        struct plait__infer *other = infers[alike];
        infers[alike++] = infers[i];
        infers[i] = other;
    }
    while (2 * size <= alike) size *= 2;
    return size;
}

void plait__infer_together(struct plait__exchange *const *exchanges, int count, struct plait__replica *replica) {
    struct plait__infer *infers[PLAIT__TOGETHER_MOST], *read[PLAIT__TOGETHER_MOST];
    int left = 0;
    for (int i = 0; i < count; i++) {
        struct plait__infer *infer = infers[i] = exchanges[i]->job;
        infer->session = plait__replica_session(replica, exchanges[i]->card);
        infer->package = infer->session ? NULL : replica->model;
        const enum plait_status status = plait__infer_read(infer);
        if (status == PLAIT_OK) {
            read[left++] = infer;
            continue;
        }
        if (plait__infer_again(infer)) continue;
        plait__answer_error(infer->exchange, status == PLAIT_MEMORY ? 503 : 400, "%s", plait_context_error(infer->context));
        plait__count(infer->exchange->server->measure.inferences, PLAIT__LABELS(infer->exchange->parts[0], "failed"), 1);
    }
    for (int at = 0, size; at < left; at += size) {
        size = gather(read + at, left - at);
        if (size == 1)
            plait__infer_alone(read[at], replica);
        else
            run(read + at, size, replica);
    }
    for (int i = 0; i < count; i++)
        if (infers[i]->root.item) plait__json_end(&infers[i]->root);
}
