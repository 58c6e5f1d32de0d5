#include "backend/cuda/segment.h"

#include "backend/cuda/families.h"

#include <math.h>
#include <string.h>

/* ---- slots ---- */

/* Room for one more in an array of the arena; growth by doubling wastes at most the size of the final array. */
static void *grow(struct plait__cuda_segment *segment, void *array, int count, int *capacity, size_t bytes) {
    if (count < *capacity) return array;
    int wanted = *capacity ? 2 * *capacity : 64;
    void *larger = plait__arena_array(&segment->arena, (size_t)wanted, bytes);
    if (!larger) return NULL;
    if (count) memcpy(larger, array, (size_t)count * bytes);
    *capacity = wanted;
    return larger;
}

static int add_slot(struct plait__cuda_segment *segment, int value, size_t bytes) {
    struct plait__cuda_slot *slots =
        grow(segment, segment->slots, segment->slot_count, &segment->slot_capacity, sizeof *segment->slots);
    if (!slots) return -1;
    segment->slots = slots;
    int slot = segment->slot_count++;
    slots[slot] = (struct plait__cuda_slot){.value = value, .bytes = bytes, .alias = -1, .last = -1};
    if (value >= 0) segment->slot_of_value[value] = slot;
    return slot;
}

int plait__cuda_own_constant(struct plait__cuda_segment *segment, const void *bytes, size_t size) {
    int slot = add_slot(segment, -1, size);
    if (slot < 0) return -1;
    enum plait_status status = plait__cuda_constant_get(segment->device, bytes, size, &segment->slots[slot].constant);
    return status == PLAIT_OK ? slot : -1;
}

int plait__cuda_read(struct plait__cuda_segment *segment, int value) {
    int slot = segment->slot_of_value[value];
    if (slot >= 0) return slot;
    const struct plait__value *source = &segment->graph->values[value];
    size_t bytes = plait_tensor_bytes(&source->type);
    if (!source->constant) return add_slot(segment, value, bytes);
    slot = plait__cuda_own_constant(segment, source->type.data, bytes);
    if (slot >= 0) segment->slot_of_value[value] = slot;
    return slot;
}

int plait__cuda_write(struct plait__cuda_segment *segment, int value) {
    int slot = segment->slot_of_value[value];
    return slot >= 0 ? slot : add_slot(segment, value, plait_tensor_bytes(&segment->graph->values[value].type));
}

int plait__cuda_scratch(struct plait__cuda_segment *segment, size_t bytes) {
    return add_slot(segment, -1, bytes);
}

int plait__cuda_fault(struct plait__cuda_segment *segment) {
    if (segment->fault < 0) {
        segment->fault = add_slot(segment, -1, sizeof(int));
        segment->may_fault = segment->node;
    }
    return segment->fault;
}

static int root_of(const struct plait__cuda_segment *segment, int slot) {
    while (segment->slots[slot].alias >= 0) slot = segment->slots[slot].alias;
    return slot;
}

enum plait_status plait__cuda_alias(struct plait__cuda_segment *segment, int read, int written) {
    if (read < 0 || written < 0) return PLAIT_MEMORY;
    segment->slots[written].alias = root_of(segment, read);
    return PLAIT_OK;
}

/* ---- steps ---- */

static const int64_t GRID_MOST[3] = {INT32_MAX, 65535, 65535};

enum plait_status plait__cuda_launch(struct plait__cuda_segment *segment, enum plait__cuda_kernel kernel, const int64_t grid[3],
                                     int threads, const void *arguments, size_t bytes, int place_count,
                                     const struct plait__cuda_place *places) {
    for (int i = 0; i < 3; i++)
        if (grid[i] > GRID_MOST[i])
            return plait__fail(segment->context, PLAIT_LIMIT, "%s '%s': expected at most %lld blocks, found %lld",
                               plait__op_name(segment->node->op), segment->node->name, (long long)GRID_MOST[i],
                               (long long)grid[i]);
    struct plait__cuda_step *steps =
        grow(segment, segment->steps, segment->step_count, &segment->step_capacity, sizeof *segment->steps);
    if (!steps) return PLAIT_MEMORY;
    segment->steps = steps;
    struct plait__cuda_step step = {.node = segment->node, .kernel = kernel, .threads = (unsigned)threads};
    for (int i = 0; i < 3; i++) step.grid[i] = (unsigned)grid[i];
    step.arguments = plait__arena_allocate(&segment->arena, bytes);
    if (!step.arguments) return PLAIT_MEMORY;
    memcpy(step.arguments, arguments, bytes);
    for (int i = 0; i < place_count; i++) {
        if (places[i].slot == PLAIT__CUDA_NOTHING) continue;
        if (places[i].slot < 0) return PLAIT_MEMORY;
        step.places[step.place_count++] = places[i];
        segment->slots[root_of(segment, places[i].slot)].last = segment->step_count;
    }
    steps[segment->step_count++] = step;
    return PLAIT_OK;
}

enum plait_status plait__cuda_launch_elements(struct plait__cuda_segment *segment, enum plait__cuda_kernel kernel,
                                              int64_t count, const void *arguments, size_t bytes, int place_count,
                                              const struct plait__cuda_place *places) {
    const int64_t grid[] = {(count + THREADS_MOST - 1) / THREADS_MOST, 1, 1};
    return plait__cuda_launch(segment, kernel, grid, THREADS_MOST, arguments, bytes, place_count, places);
}

int plait__cuda_threads_for(int64_t width) {
    int threads = 32;
    while (threads < THREADS_MOST && threads < width) threads *= 2;
    return threads;
}

void plait__cuda_bounds(const struct plait__node *node, float *low_out, float *high_out) {
    *low_out = node->clamp.on ? node->clamp.low : -INFINITY;
    *high_out = node->clamp.on ? node->clamp.high : INFINITY;
}

enum plait_status plait__cuda_call_of(const struct plait__graph *graph, const struct plait__node *node,
                                      struct plait__arena *arena, struct plait__call *call_out) {
    const plait_tensor **inputs = plait__arena_array(arena, (size_t)node->input_count + 1, sizeof *inputs);
    plait_tensor **outputs = plait__arena_array(arena, (size_t)node->output_count + 1, sizeof *outputs);
    if (!inputs || !outputs) return PLAIT_MEMORY;
    for (int i = 0; i < node->input_count; i++) inputs[i] = plait__cuda_input_type(graph, node, i);
    for (int i = 0; i < node->output_count; i++)
        if (node->outputs[i] >= 0) outputs[i] = &graph->values[node->outputs[i]].type;
    *call_out = (struct plait__call){.context = graph->context,
                                     .node = node,
                                     .input_count = node->input_count,
                                     .output_count = node->output_count,
                                     .inputs = inputs,
                                     .outputs = outputs,
                                     .scratch = arena};
    return PLAIT_OK;
}

/* ---- life ---- */

static enum plait_status add_kernels(struct plait__cuda_segment *segment) {
    plait__cuda_function function;
    for (int i = 0; i < segment->step_count; i++)
        PLAIT__TRY(plait__cuda_kernel_get(segment->device, segment->steps[i].kernel, &function));
    return PLAIT_OK;
}

static enum plait_status build(struct plait__cuda_segment *segment, const struct plait__segment_plan *plan) {
    struct plait__arena *arena = &segment->arena;
    segment->slot_of_value = plait__arena_array(arena, (size_t)plan->graph->value_count + 1, sizeof(int));
    segment->inputs = plait__arena_array(arena, (size_t)plan->input_count + 1, sizeof(int));
    segment->outputs = plait__arena_array(arena, (size_t)plan->output_count + 1, sizeof(int));
    if (!segment->slot_of_value || !segment->inputs || !segment->outputs) return PLAIT_MEMORY;
    for (int i = 0; i < plan->graph->value_count; i++) segment->slot_of_value[i] = -1;
    segment->input_count = plan->input_count;
    segment->output_count = plan->output_count;
    for (int i = 0; i < plan->input_count; i++) {
        if (plait__cuda_read(segment, segment->inputs[i] = plan->inputs[i]) < 0) return PLAIT_MEMORY;
    }
    for (int i = 0; i < plan->node_count; i++) {
        segment->node = &plan->graph->nodes[plan->nodes[i]];
        PLAIT__TRY(plait__cuda_family(segment->node->op)->define(segment, segment->node));
    }
    for (int i = 0; i < plan->output_count; i++) {
        int slot = plait__cuda_write(segment, segment->outputs[i] = plan->outputs[i]);
        if (slot < 0) return PLAIT_MEMORY;
        segment->slots[root_of(segment, slot)].wanted = true;
    }
    return add_kernels(segment);
}

enum plait_status plait__cuda_segment_create(plait_context *context, const struct plait__segment_plan *plan,
                                             void **segment_out) {
    struct plait__cuda_device *device;
    PLAIT__TRY(plait__cuda_device_get(context, &device));
    struct plait__cuda_segment *segment = plait__allocate_zero(context, 1, sizeof *segment);
    if (!segment) return PLAIT_MEMORY;
    segment->context = context;
    segment->device = device;
    segment->graph = plan->graph;
    segment->fault = -1;
    plait__arena_init(&segment->arena, context);
    enum plait_status status = build(segment, plan);
    if (status != PLAIT_OK) {
        plait__cuda_segment_destroy(segment);
        return status;
    }
    *segment_out = segment;
    return PLAIT_OK;
}

void plait__cuda_segment_destroy(void *opaque) {
    struct plait__cuda_segment *segment = opaque;
    if (!segment) return;
    plait__cuda_device_use(segment->device);
    for (int i = 0; i < segment->slot_count; i++)
        if (segment->slots[i].constant) plait__cuda_constant_release(segment->device, segment->slots[i].constant);
    plait__cuda_trim(segment->device); /* what was of its sizes */
    plait__arena_end(&segment->arena);
    plait__release(segment->context, segment);
}

/* ---- run ---- */

#define CHECK(segment, call, what) PLAIT__TRY(plait__cuda_check((segment)->context, &(segment)->device->driver, (call), (what)))

static enum plait_status place_of(struct plait__cuda_segment *segment, int index, plait__cuda_pointer *pointer_out) {
    struct plait__cuda_slot *slot = &segment->slots[root_of(segment, index)];
    if (!slot->constant && !slot->memory) PLAIT__TRY(plait__cuda_take(segment->device, slot->bytes, &slot->memory));
    *pointer_out = slot->constant ? slot->constant->memory->pointer : slot->memory->pointer;
    return PLAIT_OK;
}

static enum plait_status begin_run(struct plait__cuda_segment *segment, struct plait__frame *frame) {
    struct plait__cuda_device *device = segment->device;
    plait__cuda_pointer place;
    for (int i = 0; i < segment->input_count; i++) {
        int value = segment->inputs[i], slot = segment->slot_of_value[value];
        PLAIT__TRY(place_of(segment, slot, &place));
        CHECK(segment, device->driver.upload(place, frame->values[value].data, segment->slots[slot].bytes, device->stream),
              "uploading an input");
    }
    if (segment->fault < 0) return PLAIT_OK;
    PLAIT__TRY(place_of(segment, segment->fault, &place));
    CHECK(segment, device->driver.fill(place, 0, sizeof(int), device->stream), "clearing memory");
    return PLAIT_OK;
}

static enum plait_status run_step(struct plait__cuda_segment *segment, int index) {
    struct plait__cuda_device *device = segment->device;
    struct plait__cuda_step *step = &segment->steps[index];
    plait__cuda_function function;
    for (int i = 0; i < step->place_count; i++) {
        plait__cuda_pointer place;
        PLAIT__TRY(place_of(segment, step->places[i].slot, &place));
        place += step->places[i].offset;
        memcpy((char *)step->arguments + step->places[i].member, &place, sizeof place);
    }
    PLAIT__TRY(plait__cuda_kernel_get(device, step->kernel, &function));
    unsigned result = device->driver.launch(function, step->grid[0], step->grid[1], step->grid[2], step->threads, 1, 1, 0,
                                            device->stream, (void *[]){step->arguments}, NULL);
    CHECK(segment, result, plait__cuda_kernel_name(step->kernel));
    for (int i = 0; i < step->place_count; i++) {
        struct plait__cuda_slot *slot = &segment->slots[root_of(segment, step->places[i].slot)];
        if (slot->last > index || slot->wanted || slot - segment->slots == segment->fault) continue;
        plait__cuda_give(device, slot->memory);
        slot->memory = NULL;
    }
    return PLAIT_OK;
}

static enum plait_status run_steps(struct plait__cuda_segment *segment, struct plait__frame *frame) {
    uint64_t before = frame->node_done ? plait__now_us(segment->context) : 0;
    for (int i = 0; i < segment->step_count; i++) {
        if (plait__cancelled(segment->context))
            return plait__fail(segment->context, PLAIT_CANCELLED, "cancelled by the caller");
        PLAIT__TRY(run_step(segment, i));
        if (!frame->node_done) continue;
        CHECK(segment, segment->device->driver.wait(segment->device->stream),
              plait__cuda_kernel_name(segment->steps[i].kernel));
        uint64_t now = plait__now_us(segment->context);
        frame->node_done(frame, segment->steps[i].node->op, now - before);
        before = now;
    }
    return PLAIT_OK;
}

static enum plait_status end_run(struct plait__cuda_segment *segment, struct plait__frame *frame) {
    struct plait__cuda_device *device = segment->device;
    plait__cuda_pointer place;
    int fault = 0;
    for (int i = 0; i < segment->output_count; i++) {
        int value = segment->outputs[i], slot = segment->slot_of_value[value];
        PLAIT__TRY(place_of(segment, slot, &place));
        CHECK(segment, device->driver.download(frame->values[value].data, place, segment->slots[slot].bytes, device->stream),
              "downloading an output");
    }
    if (segment->fault >= 0) {
        PLAIT__TRY(place_of(segment, segment->fault, &place));
        CHECK(segment, device->driver.download(&fault, place, sizeof fault, device->stream), "downloading an output");
    }
    CHECK(segment, device->driver.wait(device->stream), "running kernels");
    if (!fault) return PLAIT_OK;
    return plait__fail(segment->context, PLAIT_INVALID, "%s '%s': an index is out of bounds",
                       plait__op_name(segment->may_fault->op), segment->may_fault->name);
}

enum plait_status plait__cuda_segment_run(void *opaque, struct plait__frame *frame) {
    struct plait__cuda_segment *segment = opaque;
    PLAIT__TRY(plait__frame_make(frame, segment->graph, segment->outputs, segment->output_count));
    PLAIT__TRY(plait__cuda_device_use(segment->device));
    enum plait_status status = begin_run(segment, frame);
    if (status == PLAIT_OK) status = run_steps(segment, frame);
    if (status == PLAIT_OK) status = end_run(segment, frame);
    if (status != PLAIT_OK) segment->device->driver.wait(segment->device->stream); /* nothing uses the frame any more */
    for (int i = 0; i < segment->slot_count; i++) {
        plait__cuda_give(segment->device, segment->slots[i].memory);
        segment->slots[i].memory = NULL;
    }
    return status;
}
