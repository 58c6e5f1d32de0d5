/* One operator run alone: shape function and reference kernel on tensors made here.
 *
 *     struct op op;
 *     op_start(&op, PLAIT__OP_Transpose, 13);
 *     op_input(&op, PLAIT_F32, 2, (int64_t[]){2, 3}, data);
 *     op_ints(&op, "perm", 2, (int64_t[]){1, 0});
 *     CHECK_INT(op_run(&op), PLAIT_OK);
 *     ... op.values[op.outputs[0]] ...
 *     op_end(&op);
 */
#ifndef PLAIT_TESTS_OP_H
#define PLAIT_TESTS_OP_H

#include <stdlib.h>

#include "backend/reference/reference.h"
#include "graph/infer.h"
#include "tensor/element.h"
#include "tensor/tensor.h"
#include "test.h"

enum { OP__MOST = 9 };

struct op {
    plait_context *context;
    struct plait__arena arena, scratch;
    struct plait__node node;
    struct plait__attribute attributes[OP__MOST];
    int inputs[OP__MOST], outputs[OP__MOST];
    plait_tensor values[2 * OP__MOST]; /* inputs first, outputs from OP__MOST on */
};

/* Memory of at most 16 MB a piece: what hostile sizes ask for is refused here, not had. */
static inline void *op__memory(void *user, size_t bytes) {
    (void)user;
    return bytes > (size_t)16 << 20 ? NULL : aligned_alloc(64, (bytes + 64) / 64 * 64);
}
static inline void op__release(void *user, void *memory) {
    (void)user;
    free(memory);
}

static inline void op_start(struct op *op, enum plait__op kind, int opset) {
    memset(op, 0, sizeof *op);
    plait_context_options options;
    plait_context_options_default(&options);
    options.allocator = (plait_allocator){op__memory, op__release, NULL};
    plait_context_create(&options, &op->context);
    plait__arena_init(&op->arena, op->context);
    plait__arena_init(&op->scratch, op->context);
    op->node = (struct plait__node){.op = kind,
                                    .name = "it",
                                    .opset = opset,
                                    .output_count = 1,
                                    .inputs = op->inputs,
                                    .outputs = op->outputs,
                                    .attributes = op->attributes};
    for (int i = 0; i < OP__MOST; i++) op->outputs[i] = OP__MOST + i;
}

static inline void op_end(struct op *op) {
    plait__arena_end(&op->arena);
    plait__arena_end(&op->scratch);
    plait_context_destroy(op->context);
}

/* `data` is only read; NULL with elements: not known yet. */
static inline void op_input(struct op *op, enum plait_dtype dtype, int rank, const int64_t *dims, const void *data) {
    int index = op->node.input_count++;
    op->inputs[index] = index;
    op->values[index] = (plait_tensor){.dtype = dtype, .rank = rank, .data = (void *)(uintptr_t)data};
    for (int i = 0; i < rank; i++) op->values[index].dims[i] = dims[i];
}

static inline void op_no_input(struct op *op) {
    op->inputs[op->node.input_count++] = -1;
}

/* A list of int64, and one number. */
static inline void op_list(struct op *op, int count, const int64_t *numbers) {
    op_input(op, PLAIT_I64, 1, (int64_t[]){count}, numbers);
}
static inline void op_scalar(struct op *op, const int64_t *number) {
    op_input(op, PLAIT_I64, 0, NULL, number);
}

/* A tensor whose element i is i + 1 (a bool: whether that is odd), of any dtype, and lasts as long as `op`. */
static inline void op_count_up(struct op *op, enum plait_dtype dtype, int rank, const int64_t *dims) {
    op_input(op, dtype, rank, dims, NULL);
    plait_tensor *tensor = &op->values[op->node.input_count - 1];
    int64_t count = plait_tensor_elements(tensor);
    tensor->data = plait__arena_allocate(&op->arena, plait_tensor_bytes(tensor));
    for (int64_t i = 0; i < count; i++) {
        int64_t value = dtype == PLAIT_BOOL ? (i + 1) % 2 : i + 1;
        plait__store_integers(tensor, i, 1, 1, &value);
    }
}

static inline struct plait__attribute *op__attribute(struct op *op, const char *name, enum plait__attribute_kind kind) {
    struct plait__attribute *attribute = &op->attributes[op->node.attribute_count++];
    attribute->name = name;
    attribute->kind = kind;
    return attribute;
}
static inline void op_int(struct op *op, const char *name, int64_t value) {
    op__attribute(op, name, PLAIT__ATTRIBUTE_INT)->i = value;
}
static inline void op_float(struct op *op, const char *name, float value) {
    op__attribute(op, name, PLAIT__ATTRIBUTE_FLOAT)->f = value;
}
static inline void op_text(struct op *op, const char *name, const char *value) {
    op__attribute(op, name, PLAIT__ATTRIBUTE_STRING)->string = value;
}
static inline void op_ints(struct op *op, const char *name, int count, const int64_t *values) {
    struct plait__attribute *attribute = op__attribute(op, name, PLAIT__ATTRIBUTE_INTS);
    attribute->count = (size_t)count;
    attribute->ints = values;
}

static inline enum plait_status op__allocate(struct plait__frame *frame, int value) {
    struct op *op = frame->user;
    frame->values[value].data = plait__arena_allocate(&op->arena, plait_tensor_bytes(&frame->values[value]));
    return frame->values[value].data ? PLAIT_OK : PLAIT_MEMORY;
}

static inline enum plait_status op_run(struct op *op) {
    struct plait__frame frame = {.context = op->context, .values = op->values, .allocate = op__allocate, .user = op};
    return plait__reference_run_node(&frame, &op->node, &op->scratch);
}

/* The shape function alone, as at load: what is not known stays so. */
static inline enum plait_status op_infer(struct op *op) {
    struct plait__value values[2 * OP__MOST];
    memset(values, 0, sizeof values);
    for (int i = 0; i < 2 * OP__MOST; i++) values[i].type = op->values[i];
    struct plait__graph graph = {.context = op->context, .values = values, .value_count = 2 * OP__MOST};
    enum plait_status status = plait__infer_node(&graph, &op->node, &op->scratch);
    for (int i = 0; i < 2 * OP__MOST; i++) op->values[i] = values[i].type;
    return status;
}

static inline plait_tensor *op_output(struct op *op, int index) {
    return &op->values[op->outputs[index]];
}

/* "float32[2,?]" of an output, in static memory. */
static inline const char *op_type(struct op *op, int index) {
    static char text[128];
    plait_tensor *output = op_output(op, index);
    if (output->rank < 0) snprintf(text, sizeof text, "%s of unknown rank", plait_dtype_name(output->dtype));
    return output->rank < 0 ? text : plait__tensor_describe(output, text, sizeof text);
}

#define CHECK_OUTPUT(op, index, type, count, expected, tolerance)                                                \
    do {                                                                                                         \
        CHECK_TEXT(op_type(op, index), type);                                                                    \
        for (int64_t op__i = 0; op__i < (count) && op__i < plait_tensor_elements(op_output(op, index)); op__i++) \
            CHECK_NEAR(plait__load_real(op_output(op, index), op__i), (double)(expected)[op__i], tolerance);     \
    } while (0)

#endif
