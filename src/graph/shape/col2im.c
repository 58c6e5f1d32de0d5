/* Col2Im: columns of block elements added up to the image that they were cut from. */
#include "graph/shape/parameters.h"
#include "graph/shape/shape.h"

static const int64_t most = INT32_MAX; /* of every size here, so that sums and products of two stay inside 64 bits */

/* One of the attributes: `count` numbers from `least` on, or `fallback` for all of them. */
static enum plait_status read_list(struct plait__call *call, const char *name, int count, int64_t least, int64_t fallback,
                                   int64_t *out) {
    int given;
    const int64_t *list = plait__attribute_ints(call->node, name, &given);
    if (list && given != count)
        return plait__call_fail(call, PLAIT_INVALID, "%s: expected %d numbers, found %d", name, count, given);
    for (int i = 0; i < count; i++) {
        out[i] = list ? list[i] : fallback;
        if (out[i] < least || out[i] > most)
            return plait__call_fail(call, PLAIT_INVALID, "%s[%d]: expected %lld..%lld, found %lld", name, i, (long long)least,
                                    (long long)most, (long long)out[i]);
    }
    return PLAIT_OK;
}

/* One of the inputs: the number of spatial dims and a size for each. */
static enum plait_status read_sizes(struct plait__call *call, int index, int64_t *out, int *count_out) {
    PLAIT__TRY(plait__read_ints(call, call->inputs[index], out, PLAIT_MAX_RANK - 2, count_out));
    for (int i = 0; i < *count_out; i++)
        if (out[i] < 1 || out[i] > most)
            return plait__call_fail(call, PLAIT_INVALID, "input %d: expected 1..%lld, found %lld", index, (long long)most,
                                    (long long)out[i]);
    return PLAIT_OK;
}

enum plait_status plait__blocks_read(struct plait__call *call, struct plait__blocks *blocks_out) {
    int dims, block_dims;
    int64_t pads[2 * PLAIT_MAX_RANK];
    PLAIT__TRY(read_sizes(call, 1, blocks_out->image, &dims));
    PLAIT__TRY(read_sizes(call, 2, blocks_out->block, &block_dims));
    blocks_out->dims = dims;
    blocks_out->known = dims >= 0 && block_dims >= 0;
    if (!blocks_out->known) return PLAIT_OK;
    if (dims != block_dims)
        return plait__call_fail(call, PLAIT_INVALID, "block_shape: expected %d numbers, found %d", dims, block_dims);
    PLAIT__TRY(read_list(call, "dilations", dims, 1, 1, blocks_out->dilation));
    PLAIT__TRY(read_list(call, "strides", dims, 1, 1, blocks_out->stride));
    PLAIT__TRY(read_list(call, "pads", 2 * dims, 0, 0, pads));
    for (int d = 0; d < dims; d++) {
        int64_t reach = blocks_out->dilation[d] * (blocks_out->block[d] - 1) + 1; /* of one block */
        int64_t room = blocks_out->image[d] + pads[d] + pads[dims + d] - reach;
        blocks_out->pad[d] = pads[d];
        blocks_out->count[d] = room < 0 ? 0 : room / blocks_out->stride[d] + 1;
    }
    return PLAIT_OK;
}

/* input [N, C * elements of a block, blocks]; output [N, C, image...] */
enum plait_status plait__shape_col2im(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 3, 3));
    PLAIT__TRY(plait__expect_rank(call, 0, 3));
    const plait_tensor *input = call->inputs[0];
    struct plait__blocks blocks;
    PLAIT__TRY(plait__blocks_read(call, &blocks));
    plait__set_unknown(call, 0, input->dtype);
    if (!blocks.known) return PLAIT_OK;
    int64_t dims[PLAIT_MAX_RANK] = {-1, -1}, elements, count;
    PLAIT__TRY(plait__dims_product(call, blocks.block, blocks.dims, &elements));
    PLAIT__TRY(plait__dims_product(call, blocks.count, blocks.dims, &count));
    if (plait__known_rank(input)) {
        dims[0] = input->dims[0];
        dims[1] = input->dims[1] < 0 ? -1 : input->dims[1] / elements;
        if (dims[1] >= 0 && input->dims[1] % elements != 0)
            return plait__call_fail(call, PLAIT_INVALID, "dimension 1: %lld does not divide by the %lld elements of a block",
                                    (long long)input->dims[1], (long long)elements);
        PLAIT__TRY(plait__dim_join(call, "blocks", &count, input->dims[2]));
    }
    for (int d = 0; d < blocks.dims; d++) dims[2 + d] = blocks.image[d];
    plait__set_output(call, 0, input->dtype, 2 + blocks.dims, dims);
    return PLAIT_OK;
}
