/* The memory plan: greedy by size.  The largest value gets its place first, each further one the lowest place that is free
 * as long as it lives (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020, section 5). */
#include <stdlib.h>
#include <string.h>

#include "session/session.h"
#include "tensor/tensor.h"

enum { ALIGNMENT = 64 };

struct item {
    int value;
    int first, last; /* the positions in the order of nodes between which it must stay */
    size_t bytes, offset;
};

static int by_size(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes > y->bytes ? -1 : 1;
    return x->value - y->value;
}

static void extend(struct item *item, int first, int last) {
    if (item->first > first) item->first = first;
    if (item->last < last) item->last = last;
}

/* In a reference segment a value lives from node to node; the other backends use all inputs and outputs of a segment in an
 * order of their own, and keep what is inside for themselves. */
static void set_lifetimes(const struct plait__plan *plan, struct item *items) {
    int position = 0;
    for (int s = 0; s < plan->segment_count; s++) {
        const struct plait__segment_plan *segment = &plan->segments[s].plan;
        int end = position + segment->node_count - 1;
        if (plan->segments[s].backend != &plait__backend_reference) {
            for (int i = 0; i < segment->input_count; i++) extend(&items[segment->inputs[i]], position, end);
            for (int i = 0; i < segment->output_count; i++) extend(&items[segment->outputs[i]], position, end);
            position = end + 1;
            continue;
        }
        for (int n = 0; n < segment->node_count; n++, position++) {
            const struct plait__node *node = &plan->graph->nodes[segment->nodes[n]];
            for (int i = 0; i < node->input_count; i++)
                if (node->inputs[i] >= 0) extend(&items[node->inputs[i]], position, position);
            for (int i = 0; i < node->output_count; i++)
                if (node->outputs[i] >= 0) extend(&items[node->outputs[i]], position, position);
        }
    }
    for (int i = 0; i < plan->graph->output_count; i++) items[plan->graph->outputs[i]].last = position;
}

/* Only values that nodes make and whose size is known. */
static enum plait_status choose_planned(const struct plait__plan *plan, struct item *items, int *count_out) {
    const struct plait__graph *graph = plan->graph;
    for (int i = 0; i < graph->input_count; i++) items[graph->inputs[i]].first = -1;
    int count = 0;
    for (int v = 0; v < graph->value_count; v++) {
        const plait_tensor *type = &graph->values[v].type;
        bool made = items[v].first >= 0 && items[v].first != graph->node_count + 1;
        if (!made || graph->values[v].constant || type->dtype == PLAIT_DTYPE_NONE || !plait__known_shape(type)) continue;
        size_t bytes;
        PLAIT__TRY(plait__tensor_measure(plan->context, type, NULL, &bytes));
        items[count] = items[v];
        items[count++].bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    *count_out = count;
    return PLAIT_OK;
}

/* `placed` is sorted by offset. */
static size_t lowest_place(struct item *const *placed, int placed_count, const struct item *item) {
    size_t offset = 0;
    for (int i = 0; i < placed_count; i++) {
        const struct item *other = placed[i];
        if (other->last < item->first || item->last < other->first) continue;
        if (other->offset >= offset + item->bytes) break;
        if (other->offset + other->bytes > offset) offset = other->offset + other->bytes;
    }
    return offset;
}

static enum plait_status place(struct plait__plan *plan, struct item *items, int count, struct item **placed) {
    qsort(items, (size_t)count, sizeof *items, by_size);
    for (int i = 0; i < count; i++) {
        items[i].offset = lowest_place(placed, i, &items[i]);
        int at = i;
        while (at > 0 && placed[at - 1]->offset > items[i].offset) {
            placed[at] = placed[at - 1];
            at--;
        }
        placed[at] = &items[i];
        plan->offsets[items[i].value] = items[i].offset;
        size_t end = items[i].offset + items[i].bytes;
        if (end > SIZE_MAX / 2) return plait__fail(plan->context, PLAIT_LIMIT, "the values together are too large");
        if (plan->workspace_bytes < end) plan->workspace_bytes = end;
    }
    return PLAIT_OK;
}

enum plait_status plait__plan_memory(struct plait__plan *plan) {
    const struct plait__graph *graph = plan->graph;
    size_t values = (size_t)graph->value_count;
    struct item *items = plait__allocate_zero(plan->context, values, sizeof *items);
    struct item **placed = plait__allocate_zero(plan->context, values, sizeof(struct item *));
    plan->offsets = plait__allocate_zero(plan->context, values, sizeof *plan->offsets);
    enum plait_status status = items && placed && plan->offsets ? PLAIT_OK : PLAIT_MEMORY;
    if (status == PLAIT_OK) {
        for (int v = 0; v < graph->value_count; v++) {
            items[v] = (struct item){.value = v, .first = graph->node_count + 1, .last = -1};
            plan->offsets[v] = PLAIT__UNPLANNED;
        }
        int count = 0;
        set_lifetimes(plan, items);
        status = choose_planned(plan, items, &count);
        if (status == PLAIT_OK) status = place(plan, items, count, placed);
    }
    plait__release(plan->context, items);
    plait__release(plan->context, placed);
    return status;
}
