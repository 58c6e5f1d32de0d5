/* Col2Im: every element of every block is added where it was cut from. */
#include "backend/reference/kernel.h"
#include "graph/shape/parameters.h"

/* Where element `element` of block `block` stands in the image, as a row-major index; -1 in the padding. */
static int64_t place(const struct plait__blocks *blocks, int64_t element, int64_t block) {
    int64_t index = 0, stride = 1;
    for (int d = blocks->dims - 1; d >= 0; d--) {
        int64_t position =
            block % blocks->count[d] * blocks->stride[d] + element % blocks->block[d] * blocks->dilation[d] - blocks->pad[d];
        if (position < 0 || position >= blocks->image[d]) return -1;
        index += position * stride;
        stride *= blocks->image[d];
        block /= blocks->count[d];
        element /= blocks->block[d];
    }
    return index;
}

enum plait_status plait__kernel_col2im(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    struct plait__blocks blocks;
    PLAIT__TRY(plait__blocks_read(call, &blocks));
    int64_t planes = output->dims[0] * output->dims[1], count = input->dims[2], image = 1, elements = 1;
    for (int d = 0; d < blocks.dims; d++) {
        image *= blocks.image[d];
        elements *= blocks.block[d];
    }
    double *sums = plait__scratch(call, image, sizeof *sums);
    if (!sums) return PLAIT_MEMORY;
    for (int64_t p = 0; p < planes; p++) {
        for (int64_t i = 0; i < image; i++) sums[i] = 0;
        for (int64_t e = 0; e < elements; e++)
            for (int64_t b = 0; b < count; b++) {
                int64_t to = place(&blocks, e, b);
                if (to >= 0) sums[to] += plait__load_real(input, (p * elements + e) * count + b);
            }
        plait__store_reals(output, p * image, 1, image, sums);
    }
    return PLAIT_OK;
}
