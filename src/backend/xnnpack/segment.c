#include "backend/xnnpack/segment.h"

#include "backend/xnnpack/families.h"

#include <math.h>
#include <string.h>

/* ---- slots ---- */

/* Makes room for one more in an array of the arena: growth by doubling wastes at most the size of the final array. */
static bool grow(struct plait__xnn_segment *segment, void *array_pointer, int count, int *capacity, size_t bytes) {
    if (count < *capacity) return true;
    int capacity_new = *capacity ? 2 * *capacity : 64;
    void *array = plait__arena_array(&segment->arena, (size_t)capacity_new, bytes);
    if (!array) return false;
    void *old;
    memcpy(&old, array_pointer, sizeof old);
    if (count) memcpy(array, old, (size_t)count * bytes);
    memcpy(array_pointer, &array, sizeof array);
    *capacity = capacity_new;
    return true;
}

static int add_slot(struct plait__xnn_segment *segment, enum plait__xnn_slot_kind kind, int value, size_t bytes) {
    if (!grow(segment, &segment->slots, segment->slot_count, &segment->slot_capacity, sizeof *segment->slots)) return -1;
    int slot = segment->slot_count++;
    segment->slots[slot] =
        (struct plait__xnn_slot){.kind = kind, .value = value, .bytes = bytes, .alias = -1, .first = -1, .last = -1};
    if (value >= 0) segment->slot_of_value[value] = slot;
    return slot;
}

/* XNNPACK may read up to XNN_EXTRA_BYTES past an operand and throw them away.  That is harmless inside one page of memory;
 * an operand that ends at the end of a page is copied to where there is room. */
static bool ends_at_page(const void *data, size_t bytes) {
    return (((uintptr_t)data + bytes) & 4095) + XNN_EXTRA_BYTES > 4096 || (((uintptr_t)data + bytes) & 4095) == 0;
}

int plait__xnn_read(struct plait__xnn_segment *segment, int value) {
    int slot = segment->slot_of_value[value];
    if (slot >= 0) return slot;
    const struct plait__value *source = &segment->graph->values[value];
    size_t bytes = plait_tensor_bytes(&source->type);
    if (!source->constant) return add_slot(segment, PLAIT__XNN_INPUT, value, bytes);
    slot = add_slot(segment, PLAIT__XNN_CONSTANT, value, bytes);
    if (slot < 0) return -1;
    segment->slots[slot].constant = source->type.data;
    if (ends_at_page(source->type.data, bytes)) {
        void *copy = plait__arena_allocate(&segment->arena, bytes + PLAIT__XNN_PADDING);
        if (!copy) return -1;
        memcpy(copy, source->type.data, bytes);
        segment->slots[slot].constant = copy;
    }
    return slot;
}

int plait__xnn_write(struct plait__xnn_segment *segment, int value) {
    int slot = segment->slot_of_value[value];
    if (slot >= 0) return slot;
    return add_slot(segment, PLAIT__XNN_INTERIOR, value, plait_tensor_bytes(&segment->graph->values[value].type));
}

int plait__xnn_scratch(struct plait__xnn_segment *segment, size_t bytes) {
    return add_slot(segment, PLAIT__XNN_INTERIOR, -1, bytes);
}

int plait__xnn_own_constant(struct plait__xnn_segment *segment, size_t bytes, void **data_out) {
    void *data = plait__arena_allocate(&segment->arena, bytes + PLAIT__XNN_PADDING);
    if (!data) return -1;
    int slot = add_slot(segment, PLAIT__XNN_CONSTANT, -1, bytes);
    if (slot < 0) return -1;
    segment->slots[slot].constant = *data_out = data;
    return slot;
}

static int root_of(const struct plait__xnn_segment *segment, int slot) {
    while (segment->slots[slot].alias >= 0) slot = segment->slots[slot].alias;
    return slot;
}

/* `inner` gives up its own memory for that of `outer`, whose life grows to cover both. */
static void join(struct plait__xnn_segment *segment, int inner, int outer) {
    struct plait__xnn_slot *a = &segment->slots[inner], *b = &segment->slots[outer];
    a->alias = outer;
    if (a->first >= 0 && (b->first < 0 || a->first < b->first)) b->first = a->first;
    if (a->last > b->last) b->last = a->last;
}

static const char *copy_kernel(const struct plait__xnn_step *step, pthreadpool_t pool) {
    (void)pool;
    memcpy(step->places[1], step->places[0], *(const size_t *)step->parameters);
    return NULL;
}

enum plait_status plait__xnn_alias(struct plait__xnn_segment *segment, int read, int written) {
    if (read < 0 || written < 0) return PLAIT_MEMORY;
    int from = root_of(segment, read), to = root_of(segment, written);
    if (segment->slots[to].kind == PLAIT__XNN_INTERIOR) {
        join(segment, to, from);
    } else if (segment->slots[from].kind == PLAIT__XNN_INTERIOR) {
        join(segment, from, to);
    } else {
        size_t bytes = segment->slots[to].bytes;
        if (!plait__xnn_kernel_step(segment, copy_kernel, &bytes, sizeof bytes, 2, (int[]){read, written})) return PLAIT_MEMORY;
    }
    return PLAIT_OK;
}

/* ---- steps ---- */

/* Some 20 us of work of one thread: waking others and waiting for them takes 5 us, and much longer where they must share the
 * machine. */
static const double ALONE_BYTES = 256e3, ALONE_FLOPS = 4e6;

void plait__xnn_set_work(struct plait__xnn_step *step, double flops, double weight_bytes) {
    step->alone = flops < ALONE_FLOPS && weight_bytes < ALONE_BYTES;
}

static struct plait__xnn_step *add_step(struct plait__xnn_segment *segment, int slot_count, const int *slots) {
    for (int i = 0; i < slot_count; i++)
        if (slots[i] < 0) return NULL;
    if (!grow(segment, &segment->steps, segment->step_count, &segment->step_capacity, sizeof *segment->steps)) return NULL;
    struct plait__xnn_step *step = plait__arena_allocate(&segment->arena, sizeof *step);
    if (!step) return NULL;
    step->node = segment->node;
    step->slot_count = slot_count;
    int index = segment->step_count++;
    segment->steps[index] = step;
    double bytes = 0.0;
    for (int i = 0; i < slot_count; i++) {
        step->slots[i] = slots[i];
        bytes += (double)segment->slots[slots[i]].bytes;
        struct plait__xnn_slot *root = &segment->slots[root_of(segment, slots[i])];
        if (root->first < 0) root->first = index;
        root->last = index;
    }
    step->alone = bytes < ALONE_BYTES;
    return step;
}

struct plait__xnn_step *plait__xnn_operator_step(struct plait__xnn_segment *segment, xnn_operator_t xnn,
                                                 enum xnn_status (*bind)(const struct plait__xnn_step *), int slot_count,
                                                 const int *slots) {
    struct plait__xnn_step *step = add_step(segment, slot_count, slots);
    if (!step) {
        xnn_delete_operator(xnn);
        return NULL;
    }
    step->xnn = xnn;
    step->bind = bind;
    return step;
}

struct plait__xnn_step *plait__xnn_repeat_step(struct plait__xnn_segment *segment, const struct plait__xnn_step *first) {
    struct plait__xnn_step *step = add_step(segment, first->slot_count, first->slots);
    if (!step) return NULL;
    step->xnn = first->xnn;
    step->bind = first->bind;
    step->borrowed = true;
    step->alone = first->alone;
    return step;
}

struct plait__xnn_step *plait__xnn_kernel_step(struct plait__xnn_segment *segment,
                                               const char *(*kernel)(const struct plait__xnn_step *, pthreadpool_t),
                                               const void *parameters, size_t bytes, int slot_count, const int *slots) {
    struct plait__xnn_step *step = add_step(segment, slot_count, slots);
    if (!step) return NULL;
    void *copy = plait__arena_allocate(&segment->arena, bytes);
    if (!copy) return NULL;
    memcpy(copy, parameters, bytes);
    step->kernel = kernel;
    step->parameters = copy;
    return step;
}

enum plait_status plait__xnn_check(struct plait__xnn_segment *segment, enum xnn_status status) {
    if (status == xnn_status_success) return PLAIT_OK;
    if (status == xnn_status_out_of_memory) return plait__fail(segment->context, PLAIT_MEMORY, "xnnpack: out of memory");
    return plait__fail(segment->context, PLAIT_INTERNAL, "%s '%s': XNNPACK answered %d", plait__op_name(segment->node->op),
                       segment->node->name, (int)status);
}

void plait__xnn_bounds(const struct plait__node *node, float *low_out, float *high_out) {
    *low_out = node->clamp.on ? node->clamp.low : -INFINITY;
    *high_out = node->clamp.on ? node->clamp.high : INFINITY;
}

/* ---- memory ---- */

/* A step that may work in place does, when nobody needs what it reads afterwards and nobody has used what it writes. */
static void join_in_place(struct plait__xnn_segment *segment) {
    for (int i = 0; i < segment->step_count; i++) {
        const struct plait__xnn_step *step = segment->steps[i];
        if (!step->in_place) continue;
        int from = root_of(segment, step->slots[0]), to = root_of(segment, step->slots[1]);
        const struct plait__xnn_slot *read = &segment->slots[from], *written = &segment->slots[to];
        if (from != to && read->kind == PLAIT__XNN_INTERIOR && read->last == i && written->first == i &&
            read->bytes == written->bytes)
            join(segment, from, to);
    }
}

static size_t rounded(size_t bytes) {
    return (bytes + PLAIT__XNN_PADDING + 63) & ~(size_t)63;
}

/* Gives interior slots their offsets: the largest first, each at the lowest place free during its life. */
static enum plait_status plan_memory(struct plait__xnn_segment *segment) {
    int count = 0;
    int *order = plait__arena_array(&segment->arena, (size_t)segment->slot_count + 1, sizeof *order);
    if (!order) return PLAIT_MEMORY;
    for (int slot = 0; slot < segment->slot_count; slot++) {
        const struct plait__xnn_slot *s = &segment->slots[slot];
        if (s->kind != PLAIT__XNN_INTERIOR || s->alias >= 0 || s->first < 0) continue;
        int at = count++;
        for (; at > 0 && segment->slots[order[at - 1]].bytes < s->bytes; at--) order[at] = order[at - 1];
        order[at] = slot;
    }
    segment->memory = 0;
    for (int i = 0; i < count; i++) {
        struct plait__xnn_slot *slot = &segment->slots[order[i]];
        for (bool moved = true; moved;) {
            moved = false;
            for (int j = 0; j < i; j++) {
                const struct plait__xnn_slot *other = &segment->slots[order[j]];
                bool together = other->first <= slot->last && slot->first <= other->last;
                bool overlap =
                    other->offset < slot->offset + rounded(slot->bytes) && slot->offset < other->offset + rounded(other->bytes);
                if (!together || !overlap) continue;
                slot->offset = other->offset + rounded(other->bytes);
                moved = true;
            }
        }
        size_t end = slot->offset + rounded(slot->bytes);
        if (end > SIZE_MAX / 2)
            return plait__fail(segment->arena.context, PLAIT_LIMIT, "the values of a segment together are too large");
        if (segment->memory < end) segment->memory = end;
    }
    return PLAIT_OK;
}

/* ---- life ---- */

static enum plait_status define(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const struct plait__xnn_family *family = plait__xnn_family(node->op);
    segment->node = node;
    PLAIT__TRY(family->define(segment, node));
    if (node->clamp.on && !family->clamps) return plait__xnn_clamp(segment, node, node->outputs[0]);
    return PLAIT_OK;
}

static enum plait_status build(struct plait__xnn_segment *segment, const struct plait__segment_plan *plan) {
    struct plait__arena *arena = &segment->arena;
    segment->slot_of_value = plait__arena_array(arena, (size_t)plan->graph->value_count + 1, sizeof(int));
    segment->inputs = plait__arena_array(arena, (size_t)plan->input_count + 1, sizeof(int));
    segment->outputs = plait__arena_array(arena, (size_t)plan->output_count + 1, sizeof(int));
    segment->copies = plait__arena_array(arena, (size_t)plan->input_count + 1, sizeof(void *));
    if (!segment->slot_of_value || !segment->inputs || !segment->outputs || !segment->copies) return PLAIT_MEMORY;
    for (int i = 0; i < plan->graph->value_count; i++) segment->slot_of_value[i] = -1;
    segment->input_count = plan->input_count;
    segment->output_count = plan->output_count;
    for (int i = 0; i < plan->input_count; i++) segment->inputs[i] = plan->inputs[i];
    for (int i = 0; i < plan->output_count; i++) {
        int value = segment->outputs[i] = plan->outputs[i];
        if (add_slot(segment, PLAIT__XNN_OUTPUT, value, plait_tensor_bytes(&plan->graph->values[value].type)) < 0)
            return PLAIT_MEMORY;
    }
    for (int i = 0; i < plan->node_count; i++) PLAIT__TRY(define(segment, &plan->graph->nodes[plan->nodes[i]]));
    join_in_place(segment);
    return plan_memory(segment);
}

enum plait_status plait__xnn_segment_create(plait_context *context, const struct plait__segment_plan *plan,
                                            void **segment_out) {
    struct plait__xnn_cache *cache;
    PLAIT__TRY(plait__xnn_cache_get(context, &cache));
    struct plait__xnn_segment *segment = plait__allocate_zero(context, 1, sizeof *segment);
    if (!segment) return PLAIT_MEMORY;
    segment->context = context;
    segment->graph = plan->graph;
    segment->int8 = plan->options && plan->options->int8;
    segment->cache = cache;
    plait__arena_init(&segment->arena, context);
    enum plait_status status = build(segment, plan);
    if (status != PLAIT_OK) {
        plait__xnn_segment_destroy(segment);
        return status;
    }
    *segment_out = segment;
    return PLAIT_OK;
}

void plait__xnn_segment_destroy(void *opaque) {
    struct plait__xnn_segment *segment = opaque;
    if (!segment) return;
    for (int i = 0; i < segment->step_count; i++)
        if (segment->steps[i]->xnn && !segment->steps[i]->borrowed) xnn_delete_operator(segment->steps[i]->xnn);
    for (int i = 0; i < segment->packed_count; i++) plait__xnn_packed_release(segment->cache, segment->packed[i]);
    plait__arena_end(&segment->arena);
    plait__release(segment->context, segment);
}

size_t plait__xnn_segment_scratch(const void *segment) {
    return ((const struct plait__xnn_segment *)segment)->memory;
}

/* ---- run ---- */

static void *place_of(const struct plait__xnn_segment *segment, const struct plait__frame *frame, int slot) {
    const struct plait__xnn_slot *root = &segment->slots[root_of(segment, slot)];
    switch (root->kind) {
    case PLAIT__XNN_CONSTANT:
        return root->constant;
    case PLAIT__XNN_INTERIOR:
        return (char *)frame->scratch + root->offset;
    case PLAIT__XNN_INPUT:
        return root->constant ? root->constant : frame->values[root->value].data;
    default:
        return frame->values[root->value].data;
    }
}

/* The caller's arrays may end anywhere: see ends_at_page().  The copy is kept for the next run. */
static enum plait_status protect_inputs(struct plait__xnn_segment *segment, const struct plait__frame *frame) {
    for (int i = 0; i < segment->input_count; i++) {
        int index = segment->slot_of_value[segment->inputs[i]];
        if (index < 0) continue;
        struct plait__xnn_slot *slot = &segment->slots[index];
        const void *data = frame->values[slot->value].data;
        slot->constant = NULL;
        if (!ends_at_page(data, slot->bytes)) continue;
        if (!segment->copies[i]) segment->copies[i] = plait__arena_allocate(&segment->arena, slot->bytes + PLAIT__XNN_PADDING);
        if (!segment->copies[i]) return PLAIT_MEMORY;
        memcpy(segment->copies[i], data, slot->bytes);
        slot->constant = segment->copies[i];
    }
    return PLAIT_OK;
}

static enum plait_status run_step(struct plait__xnn_segment *segment, struct plait__xnn_step *step) {
    pthreadpool_t pool = step->alone ? NULL : plait__xnn_pool(segment);
    if (step->kernel) {
        const char *fault = step->kernel(step, pool);
        if (!fault) return PLAIT_OK;
        return plait__fail(segment->context, PLAIT_INVALID, "%s '%s': %s", plait__op_name(step->node->op), step->node->name,
                           fault);
    }
    segment->node = step->node;
    PLAIT__XNN_TRY(segment, step->bind(step));
    return plait__xnn_check(segment, xnn_run_operator(step->xnn, pool));
}

enum plait_status plait__xnn_segment_run(void *opaque, struct plait__frame *frame) {
    struct plait__xnn_segment *segment = opaque;
    PLAIT__TRY(plait__frame_make(frame, segment->graph, segment->outputs, segment->output_count));
    PLAIT__TRY(protect_inputs(segment, frame));
    uint64_t before = frame->node_done ? plait__now_us(segment->context) : 0;
    for (int i = 0; i < segment->step_count; i++) {
        struct plait__xnn_step *step = segment->steps[i];
        if (plait__cancelled(segment->context))
            return plait__fail(segment->context, PLAIT_CANCELLED, "cancelled by the caller");
        for (int slot = 0; slot < step->slot_count; slot++)
            step->places[slot] = (char *)place_of(segment, frame, step->slots[slot]) + step->offsets[slot];
        PLAIT__TRY(run_step(segment, step));
        if (!frame->node_done) continue;
        uint64_t now = plait__now_us(segment->context);
        frame->node_done(frame, step->node->op, now - before);
        before = now;
    }
    return PLAIT_OK;
}
