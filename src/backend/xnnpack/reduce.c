/* Sums and means along axes, and the pools over a whole picture. */
#include "backend/xnnpack/families.h"

static enum xnn_status bind_reduction(const struct plait__xnn_step *step) {
    /* The workspace is for other types; given one, XNNPACK would convert from it with a function that f32 does not have. */
    return xnn_setup_reduce_nd(step->xnn, NULL, step->places[0], step->places[1]);
}

static enum plait_status reduce(struct plait__xnn_segment *segment, const struct plait__node *node,
                                enum xnn_reduce_operator type, const int64_t *axes, int axis_count) {
    const plait_tensor *data = plait__xnn_input_type(segment->graph, node, 0);
    int read = plait__xnn_read(segment, node->inputs[0]), written = plait__xnn_write(segment, node->outputs[0]);
    if (axis_count == 0) return plait__xnn_alias(segment, read, written);
    size_t shape[PLAIT__XNN_RANK], workspace, alignment;
    plait__xnn_shape(data, data->rank, shape);
    xnn_operator_t xnn = NULL;
    PLAIT__XNN_TRY(segment, xnn_create_reduce_nd(type, xnn_datatype_fp32, NULL, NULL, 0, &xnn));
    if (!plait__xnn_operator_step(segment, xnn, bind_reduction, 2, (int[]){read, written})) return PLAIT_MEMORY;
    return plait__xnn_check(segment, xnn_reshape_reduce_nd(xnn, (size_t)axis_count, axes, (size_t)data->rank, shape, &workspace,
                                                           &alignment, plait__xnn_pool(segment)));
}

/* The axes are an attribute in older opsets and an input since 13 (sum) and 18 (mean); none means all of them. */
bool plait__xnn_reduced_axes(const struct plait__graph *graph, const struct plait__node *node, int64_t axes[PLAIT__XNN_RANK],
                             int *count_out) {
    int rank = plait__xnn_input_type(graph, node, 0)->rank, count = 0;
    const int64_t *given = plait__attribute_ints(node, "axes", &count);
    if (plait__xnn_input_type(graph, node, 1)) {
        const plait_tensor *input = plait__xnn_constant(graph, node, 1);
        if (!input || input->dtype != PLAIT_I64) return false;
        given = input->data;
        count = (int)plait_tensor_elements(input);
    }
    if (count > rank) return false;
    for (int i = 0; i < count; i++) {
        axes[i] = given[i] < 0 ? given[i] + rank : given[i];
        if (axes[i] < 0 || axes[i] >= rank) return false;
        for (int k = 0; k < i; k++)
            if (axes[k] == axes[i]) return false;
    }
    if (count == 0 && plait__attribute_int(node, "noop_with_empty_axes", 0) == 0)
        for (; count < rank; count++) axes[count] = count;
    *count_out = count;
    return true;
}

bool plait__xnn_supports_reduce(const struct plait__graph *graph, const struct plait__node *node) {
    int64_t axes[PLAIT__XNN_RANK];
    int count;
    const plait_tensor *data = plait__xnn_input_type(graph, node, 0);
    return data->dtype == PLAIT_F32 && data->rank > 0 && plait__xnn_reduced_axes(graph, node, axes, &count) &&
           (count > 0 || !node->clamp.on); /* nothing reduced is the input itself, which must not be clamped */
}

enum plait_status plait__xnn_define_reduce(struct plait__xnn_segment *segment, const struct plait__node *node) {
    int64_t axes[PLAIT__XNN_RANK];
    int count;
    if (!plait__xnn_reduced_axes(segment->graph, node, axes, &count))
        return plait__xnn_check(segment, xnn_status_invalid_parameter);
    return reduce(segment, node, node->op == PLAIT__OP_ReduceMean ? xnn_reduce_mean : xnn_reduce_sum, axes, count);
}

bool plait__xnn_supports_global_pool(const struct plait__graph *graph, const struct plait__node *node) {
    const plait_tensor *data = plait__xnn_input_type(graph, node, 0);
    return data->dtype == PLAIT_F32 && data->rank > 2;
}

enum plait_status plait__xnn_define_global_pool(struct plait__xnn_segment *segment, const struct plait__node *node) {
    int64_t axes[PLAIT__XNN_RANK];
    int rank = plait__xnn_input_type(segment->graph, node, 0)->rank;
    for (int i = 0; i < rank - 2; i++) axes[i] = i + (node->layout == PLAIT__LAYOUT_CHANNELS_LAST ? 1 : 2);
    return reduce(segment, node, xnn_reduce_mean, axes, rank - 2);
}
