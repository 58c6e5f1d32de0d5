/* Packed weights are made once, shared by sessions and shapes, and go when nobody needs them. */
#include "backend/xnnpack/weights.h"
#include "pair.h"

static int packed_count(plait_context *context) {
    struct plait__xnn_cache *cache;
    int count = 0;
    if (plait__xnn_cache_get(context, &cache) != PLAIT_OK) return -1;
    for (const struct plait__xnn_packed *packed = cache->packed; packed; packed = packed->next) count++;
    return count;
}

/* A product, a convolution and a transposed one: weights that XNNPACK packs in three ways. */
static int build(struct pair *pair) {
    int x = pair_input(pair, DIMS(1, 3, 6, 5));
    int a = pair_node(pair, PLAIT__OP_Conv, INPUTS(x, pair_constant(pair, DIMS(8, 3, 3, 3))), 0);
    int b = pair_node(pair, PLAIT__OP_ConvTranspose, INPUTS(a, pair_constant(pair, DIMS(8, 4, 2, 2))), 0);
    int c = pair_node(pair, PLAIT__OP_GlobalAveragePool, INPUTS(b), 0);
    int d = pair_node(pair, PLAIT__OP_Flatten, INPUTS(c), 0);
    return pair_node(pair, PLAIT__OP_MatMul, INPUTS(d, pair_constant(pair, DIMS(4, 7))), 0);
}

TEST(shared_between_sessions_and_shapes) {
    for (int int8 = 0; int8 < 2; int8++) {
        struct pair pair;
        pair_begin(&pair, 13);
        pair.int8 = int8;
        int y = build(&pair);
        for (int axis = 0; axis < 4; axis++) pair.graph->values[pair.graph->inputs[0]].type.dims[axis] = axis == 1 ? 3 : -1;
        pair.graph->outputs = &y;
        pair.graph->output_count = 1;
        plait_session sessions[2];
        plait_tensor first, output, wider = pair_floats(&pair, DIMS(2, 3, 9, 11), 1.0f, 0.0f);
        for (int i = 0; i < 2; i++) pair_session(&pair, "xnnpack", &sessions[i]);
        CHECK_INT(packed_count(pair.context), 0);
        CHECK_INT(plait_session_run(&sessions[0], pair.inputs, 1, &first, 1), PLAIT_OK);
        CHECK_INT(packed_count(pair.context), 3);
        CHECK_INT(plait_session_run(&sessions[1], pair.inputs, 1, &output, 1), PLAIT_OK);
        CHECK(memcmp(first.data, output.data, plait_tensor_bytes(&first)) == 0); /* found weights are as good as packed ones */
        CHECK_INT(plait_session_run(&sessions[1], &wider, 1, &output, 1), PLAIT_OK);
        CHECK_INT(output.dims[0], 2);
        CHECK_INT(packed_count(pair.context), 3);
        pair_session_end(&sessions[0]);
        CHECK_INT(packed_count(pair.context), 3);
        pair_session_end(&sessions[1]);
        CHECK_INT(packed_count(pair.context), 0);
        plait__graph_destroy(pair.graph);
        plait_context_destroy(pair.context);
    }
}

TEST(digest_sees_every_byte) {
    unsigned char bytes[33] = {0};
    for (size_t size = 0; size <= sizeof bytes; size++) {
        struct plait__digest plain = {{0, 0}};
        plait__digest_add(&plain, bytes, size);
        for (size_t i = 0; i < size; i++) {
            struct plait__digest other = {{0, 0}};
            bytes[i] = 1;
            plait__digest_add(&other, bytes, size);
            bytes[i] = 0;
            CHECK(memcmp(&plain, &other, sizeof plain) != 0);
        }
        struct plait__digest longer = {{0, 0}};
        plait__digest_add(&longer, bytes, size + 1 <= sizeof bytes ? size + 1 : 0);
        CHECK(memcmp(&plain, &longer, sizeof plain) != 0);
    }
}

TEST_MAIN(shared_between_sessions_and_shapes, digest_sees_every_byte)
