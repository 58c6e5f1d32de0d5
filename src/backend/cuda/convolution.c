/* Windows over pictures of one and two dimensions: convolutions, transposed ones, pools. */
#include "backend/cuda/families.h"
#include "graph/shape/window.h"

enum { GRID_MOST = 65535 };

/* One dimension is two, the first of which has one element. */
static bool window_of(const struct plait__window *given, bool transposed, struct plait__cuda_window *window) {
    struct plait__window w = *given;
    if (w.rank == 1) {
        w = (struct plait__window){.rank = 2, .kernel = {1}, .stride = {1}, .dilation = {1}, .covered = {1}, .positions = {1}};
        w.kernel[1] = given->kernel[0];
        w.stride[1] = given->stride[0];
        w.dilation[1] = given->dilation[0];
        w.before[1] = given->before[0];
        w.after[1] = given->after[0];
        w.covered[1] = given->covered[0];
        w.positions[1] = given->positions[0];
    }
    if (w.rank != 2) return false;
    const int64_t *in = transposed ? w.positions : w.covered, *out = transposed ? w.covered : w.positions;
    for (int i = 0; i < 2; i++) { /* places in a picture, and past it, are ints */
        int64_t across = w.stride[i] * w.positions[i] + w.dilation[i] * w.kernel[i] + w.before[i] + w.after[i];
        if (w.stride[i] > INT16_MAX || w.dilation[i] > INT16_MAX || across > INT32_MAX / 2) return false;
    }
    *window = (struct plait__cuda_window){.height = (int)in[0],
                                          .width = (int)in[1],
                                          .out_height = (int)out[0],
                                          .out_width = (int)out[1],
                                          .kernel_height = (int)w.kernel[0],
                                          .kernel_width = (int)w.kernel[1],
                                          .stride_y = (int)w.stride[0],
                                          .stride_x = (int)w.stride[1],
                                          .dilation_y = (int)w.dilation[0],
                                          .dilation_x = (int)w.dilation[1],
                                          .top = (int)w.before[0],
                                          .left = (int)w.before[1]};
    return true;
}

static bool all_f32(const struct plait__call *call) {
    for (int i = 0; i < call->input_count; i++)
        if (call->inputs[i] && call->inputs[i]->dtype != PLAIT_F32) return false;
    return plait__cuda_is_f32(call->outputs[0]);
}

/* ---- Conv ---- */

static bool read_convolution(struct plait__call *call, struct plait__cuda_convolve *c) {
    struct plait__window window;
    const plait_tensor *weights = call->inputs[1];
    if (plait__window_read(call, call->inputs[0], weights, &window) != PLAIT_OK) return false;
    *c = (struct plait__cuda_convolve){.groups = (int)plait__attribute_int(call->node, "group", 1)};
    if (!window_of(&window, false, &c->window)) return false;
    c->in_channels = (int)weights->dims[1];
    c->out_channels = (int)weights->dims[0] / c->groups;
    plait__cuda_bounds(call->node, &c->low, &c->high);
    return call->inputs[0]->dims[0] * c->groups <= GRID_MOST && (c->out_channels + TILE - 1) / TILE <= GRID_MOST;
}

bool plait__cuda_supports_convolution(const struct plait__graph *graph, struct plait__call *call) {
    struct plait__cuda_convolve c;
    (void)graph;
    return all_f32(call) && read_convolution(call, &c);
}

static bool is_pointwise(const struct plait__cuda_convolve *c) {
    const struct plait__cuda_window *w = &c->window;
    return c->groups == 1 && w->kernel_height * w->kernel_width == 1 && w->stride_y == 1 && w->stride_x == 1 &&
           w->height == w->out_height && w->width == w->out_width && w->top == 0 && w->left == 0;
}

/* Pixels one by one: the weights times the picture. */
static enum plait_status pointwise(struct plait__cuda_segment *segment, const struct plait__node *node,
                                   const struct plait__cuda_convolve *c, int64_t batch) {
    int pixels = c->window.height * c->window.width;
    struct plait__cuda_multiply m = {.rows = c->out_channels,
                                     .columns = pixels,
                                     .depth = c->in_channels,
                                     .a_row = c->in_channels,
                                     .a_depth = 1,
                                     .b_depth = pixels,
                                     .b_column = 1,
                                     .bias_row = 1,
                                     .alpha = 1.0f,
                                     .beta = 1.0f,
                                     .low = c->low,
                                     .high = c->high,
                                     .batch_rank = 1,
                                     .batch_dims = {(int)batch},
                                     .b_batch = {c->in_channels * pixels}};
    return plait__cuda_multiply(segment, &m, batch, PLAIT__CUDA_PLACE(multiply, a, plait__cuda_read(segment, node->inputs[1])),
                                PLAIT__CUDA_PLACE(multiply, b, plait__cuda_read(segment, node->inputs[0])),
                                PLAIT__CUDA_PLACE(multiply, bias, plait__cuda_read_optional(segment, node, 2)),
                                PLAIT__CUDA_PLACE(multiply, out, plait__cuda_write(segment, node->outputs[0])));
}

static enum plait_status depthwise(struct plait__cuda_segment *segment, const struct plait__node *node,
                                   const struct plait__cuda_convolve *c) {
    struct plait__cuda_convolve_depthwise a = {.count =
                                                   (int)plait_tensor_elements(plait__cuda_output_type(segment->graph, node, 0)),
                                               .channels = c->groups * c->out_channels,
                                               .multiplier = c->out_channels,
                                               .low = c->low,
                                               .high = c->high,
                                               .window = c->window};
    const struct plait__cuda_place places[] = {
        PLAIT__CUDA_PLACE(convolve_depthwise, x, plait__cuda_read(segment, node->inputs[0])),
        PLAIT__CUDA_PLACE(convolve_depthwise, weights, plait__cuda_read(segment, node->inputs[1])),
        PLAIT__CUDA_PLACE(convolve_depthwise, bias, plait__cuda_read_optional(segment, node, 2)),
        PLAIT__CUDA_PLACE(convolve_depthwise, y, plait__cuda_write(segment, node->outputs[0]))};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_convolve_depthwise, a.count, &a, sizeof a, 4, places);
}

enum plait_status plait__cuda_define_convolution(struct plait__cuda_segment *segment, const struct plait__node *node) {
    struct plait__call call;
    struct plait__cuda_convolve c;
    PLAIT__TRY(plait__cuda_call_of(segment->graph, node, &segment->arena, &call));
    read_convolution(&call, &c);
    int64_t batch = call.inputs[0]->dims[0];
    if (is_pointwise(&c)) return pointwise(segment, node, &c, batch);
    if (c.in_channels == 1 && c.groups > 1) return depthwise(segment, node, &c);
    int64_t grid[3];
    c.wide = plait__cuda_tiles(c.out_channels, (int64_t)c.window.out_height * c.window.out_width, batch * c.groups, grid);
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(convolve, x, plait__cuda_read(segment, node->inputs[0])),
                                               PLAIT__CUDA_PLACE(convolve, weights, plait__cuda_read(segment, node->inputs[1])),
                                               PLAIT__CUDA_PLACE(convolve, bias, plait__cuda_read_optional(segment, node, 2)),
                                               PLAIT__CUDA_PLACE(convolve, y, plait__cuda_write(segment, node->outputs[0]))};
    return plait__cuda_launch(segment, PLAIT__CUDA_KERNEL_convolve, grid, PLAIT__CUDA_TILE_THREADS, &c, sizeof c, 4, places);
}

/* ---- ConvTranspose ---- */

static bool read_transposed(struct plait__call *call, struct plait__cuda_convolve_transposed *c) {
    struct plait__window window;
    const plait_tensor *weights = call->inputs[1];
    if (plait__window_read_transposed(call, weights, &window) != PLAIT_OK) return false;
    *c = (struct plait__cuda_convolve_transposed){.groups = (int)plait__attribute_int(call->node, "group", 1)};
    if (!window_of(&window, true, &c->window)) return false;
    c->count = (int)plait_tensor_elements(call->outputs[0]);
    c->in_channels = (int)weights->dims[0] / c->groups;
    c->out_channels = (int)weights->dims[1];
    plait__cuda_bounds(call->node, &c->low, &c->high);
    return true;
}

bool plait__cuda_supports_convolution_transposed(const struct plait__graph *graph, struct plait__call *call) {
    struct plait__cuda_convolve_transposed c;
    (void)graph;
    return all_f32(call) && read_transposed(call, &c);
}

enum plait_status plait__cuda_define_convolution_transposed(struct plait__cuda_segment *segment,
                                                            const struct plait__node *node) {
    struct plait__call call;
    struct plait__cuda_convolve_transposed c;
    PLAIT__TRY(plait__cuda_call_of(segment->graph, node, &segment->arena, &call));
    read_transposed(&call, &c);
    const struct plait__cuda_place places[] = {
        PLAIT__CUDA_PLACE(convolve_transposed, x, plait__cuda_read(segment, node->inputs[0])),
        PLAIT__CUDA_PLACE(convolve_transposed, weights, plait__cuda_read(segment, node->inputs[1])),
        PLAIT__CUDA_PLACE(convolve_transposed, bias, plait__cuda_read_optional(segment, node, 2)),
        PLAIT__CUDA_PLACE(convolve_transposed, y, plait__cuda_write(segment, node->outputs[0]))};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_convolve_transposed, c.count, &c, sizeof c, 4, places);
}

/* ---- pools ---- */

static bool read_pool(struct plait__call *call, struct plait__cuda_pool *p) {
    struct plait__window window;
    if (plait__window_read(call, call->inputs[0], NULL, &window) != PLAIT_OK) return false;
    *p = (struct plait__cuda_pool){.count = (int)plait_tensor_elements(call->outputs[0])};
    if (!window_of(&window, false, &p->window)) return false;
    p->bottom = window.rank == 2 ? (int)window.after[0] : 0;
    p->right = (int)window.after[window.rank - 1];
    bool padded = plait__attribute_int(call->node, "count_include_pad", 0);
    p->function = call->node->op == PLAIT__OP_MaxPool ? PLAIT__CUDA_POOL_MAX
                  : padded                            ? PLAIT__CUDA_POOL_MEAN_PADDED
                                                      : PLAIT__CUDA_POOL_MEAN;
    plait__cuda_bounds(call->node, &p->low, &p->high);
    return true;
}

bool plait__cuda_supports_pool(const struct plait__graph *graph, struct plait__call *call) {
    struct plait__cuda_pool p;
    (void)graph;
    return all_f32(call) && !plait__output(call, 1) && read_pool(call, &p);
}

enum plait_status plait__cuda_define_pool(struct plait__cuda_segment *segment, const struct plait__node *node) {
    struct plait__call call;
    struct plait__cuda_pool p;
    PLAIT__TRY(plait__cuda_call_of(segment->graph, node, &segment->arena, &call));
    read_pool(&call, &p);
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(pool, x, plait__cuda_read(segment, node->inputs[0])),
                                               PLAIT__CUDA_PLACE(pool, y, plait__cuda_write(segment, node->outputs[0]))};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_pool, p.count, &p, sizeof p, 2, places);
}
