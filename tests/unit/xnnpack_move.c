/* Operators that only move numbers: xnnpack's results are those of reference to the bit. */
#include "pair.h"

TEST(transpose) {
    static const int64_t permutations[][4] = {{0, 1, 2, 3}, {0, 2, 3, 1}, {0, 3, 1, 2},
                                              {3, 2, 1, 0}, {1, 0, 2, 3}, {0, 2, 1, 3}};
    static const int64_t shapes[][4] = {{2, 3, 5, 7}, {1, 16, 16, 17}, {1, 1, 5, 1}, {3, 1, 1, 33}};
    for (size_t p = 0; p < 6; p++)
        for (size_t s = 0; s < 4; s++) {
            struct pair pair;
            pair_begin_threads(&pair, 13, 1 + (int)(p % 2));
            int x = pair_input(&pair, 4, shapes[s]);
            int y = pair_node(&pair, PLAIT__OP_Transpose, INPUTS(x), 0);
            pair_ints(&pair, "perm", 4, permutations[p]);
            pair_check(&pair, y, 0.0);
        }
}

TEST(reshape_between_inputs_and_outputs) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input(&pair, DIMS(2, 3, 4)), shape = pair_integers(&pair, DIMS(4, -1)),
        back = pair_integers(&pair, DIMS(3, 2, 4));
    int y = pair_node(&pair, PLAIT__OP_Reshape, INPUTS(x, shape), 0);
    int z = pair_node(&pair, PLAIT__OP_Neg, INPUTS(y), 0); /* must not overwrite the input through its alias */
    int w = pair_node(&pair, PLAIT__OP_Add, INPUTS(z, y), 0);
    int u = pair_node(&pair, PLAIT__OP_Sub, INPUTS(w, y), 0);
    pair_check(&pair, pair_node(&pair, PLAIT__OP_Reshape, INPUTS(u, back), 0), 1e-6); /* one rounding of w - y */
}

TEST(reshape_alone) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input(&pair, DIMS(2, 3, 4)), shape = pair_integers(&pair, DIMS(24));
    pair_check(&pair, pair_node(&pair, PLAIT__OP_Reshape, INPUTS(x, shape), 0), 0.0);
}

TEST(concat) {
    for (int axis = -3; axis < 3; axis++) {
        struct pair pair;
        pair_begin_threads(&pair, 13, 2);
        int64_t dims[3][3] = {{3, 4, 5}, {3, 4, 5}, {3, 4, 5}};
        int inputs[3];
        for (int i = 0; i < 3; i++) {
            dims[i][(axis + 3) % 3] = 1 + 6 * i;
            inputs[i] = pair_input(&pair, 3, dims[i]);
        }
        int y = pair_node(&pair, PLAIT__OP_Concat, 3, inputs, 0);
        pair_int(&pair, "axis", axis);
        pair_check(&pair, y, 0.0);
    }
}

TEST(split) {
    for (int part = 0; part < 3; part++)
        for (int axis = 0; axis < 3; axis++) {
            struct pair pair;
            pair_begin(&pair, 13);
            int x = pair_input(&pair, DIMS(11, 11, 11)), parts = pair_integers(&pair, DIMS(1, 7, 3));
            int y = pair_node(&pair, PLAIT__OP_Split, INPUTS(x, parts), 3);
            pair_int(&pair, "axis", axis);
            pair_check(&pair, pair_node(&pair, PLAIT__OP_Neg, INPUTS(y + part), 0), 0.0);
        }
}

TEST(slice) {
    static const int64_t cases[][4] = {{0, 5, 1, 0},           {2, 9, 1, 1},  {-3, INT64_MAX, 1, 2}, {1, 10, 3, 0},
                                       {-1, INT64_MIN, -1, 1}, {9, 2, -2, 2}, {0, 100, 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair pair;
        pair_begin_threads(&pair, 13, 1 + (int)(i % 2));
        int x = pair_input(&pair, DIMS(11, 13, 17));
        int start = pair_integers(&pair, 1, &cases[i][0]), end = pair_integers(&pair, 1, &cases[i][1]);
        int step = pair_integers(&pair, 1, &cases[i][2]), axis = pair_integers(&pair, 1, &cases[i][3]);
        pair_check(&pair, pair_node(&pair, PLAIT__OP_Slice, INPUTS(x, start, end, axis, step), 0), 0.0);
    }
}

TEST(slice_of_integers) {
    struct pair pair;
    pair_begin(&pair, 13);
    plait_tensor numbers = pair_tensor(&pair, PLAIT_I64, DIMS(5, 7));
    for (int i = 0; i < 35; i++) ((int64_t *)numbers.data)[i] = i * i;
    int x = pair_input_of(&pair, numbers), start = pair_integers(&pair, DIMS(1, 2)), end = pair_integers(&pair, DIMS(4, 6));
    pair_check(&pair, pair_node(&pair, PLAIT__OP_Slice, INPUTS(x, start, end), 0), 0.0);
}

TEST(pad) {
    static const char *const modes[] = {"constant", "edge", "reflect"};
    for (int mode = 0; mode < 3; mode++)
        for (int i = 0; i < 2; i++) {
            struct pair pair;
            pair_begin(&pair, 13);
            int x = pair_input(&pair, DIMS(2, 5, 7, 3));
            int pads =
                i ? pair_integers(&pair, DIMS(0, 0, 2, 1, 0, 0, 1, 2)) : pair_integers(&pair, DIMS(1, 2, 3, 0, 0, 1, 4, 2));
            int value = pair_constant_of(&pair, pair_floats(&pair, 0, NULL, 0.0f, 1.5f));
            int y = pair_node(&pair, PLAIT__OP_Pad, INPUTS(x, pads, value), 0);
            if (mode) pair.graph->nodes[0].input_count = 2;
            pair_string(&pair, "mode", modes[mode]);
            pair_check(&pair, y, 0.0);
        }
}

TEST(expand) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input(&pair, DIMS(3, 1, 5)), shape = pair_integers(&pair, DIMS(2, 1, 4, 5));
    pair_check(&pair, pair_node(&pair, PLAIT__OP_Expand, INPUTS(x, shape), 0), 0.0);
}

TEST(gather) {
    for (int axis = 0; axis < 3; axis++) {
        struct pair pair;
        pair_begin(&pair, 13);
        plait_tensor picked = pair_tensor(&pair, PLAIT_I64, DIMS(2, 3));
        for (int i = 0; i < 6; i++) ((int64_t *)picked.data)[i] = i - 3;
        int x = pair_input(&pair, DIMS(3, 5, 7)), indices = pair_input_of(&pair, picked);
        int y = pair_node(&pair, PLAIT__OP_Gather, INPUTS(x, indices), 0);
        pair_int(&pair, "axis", axis);
        pair_check(&pair, y, 0.0);
    }
}

TEST(depth_to_space) {
    static const char *const modes[] = {"DCR", "CRD"};
    for (int mode = 0; mode < 2; mode++) {
        struct pair pair;
        pair_begin(&pair, 13);
        int x = pair_input(&pair, DIMS(2, 12, 3, 5));
        int y = pair_node(&pair, PLAIT__OP_DepthToSpace, INPUTS(x), 0);
        pair_int(&pair, "blocksize", 2);
        pair_string(&pair, "mode", modes[mode]);
        pair_check(&pair, y, 0.0);
    }
}

TEST(space_to_depth) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input(&pair, DIMS(2, 3, 6, 9));
    int y = pair_node(&pair, PLAIT__OP_SpaceToDepth, INPUTS(x), 0);
    pair_int(&pair, "blocksize", 3);
    pair_check(&pair, y, 0.0);
}

TEST(outside_indices_fail) {
    struct pair pair;
    pair_begin(&pair, 13);
    plait_tensor picked = pair_tensor(&pair, PLAIT_I64, DIMS(1));
    *(int64_t *)picked.data = 5;
    int x = pair_input(&pair, DIMS(5, 7)), indices = pair_input_of(&pair, picked);
    int y = pair_node(&pair, PLAIT__OP_Gather, INPUTS(x, indices), 0);
    pair.graph->outputs = &y;
    pair.graph->output_count = 1;
    plait_session session;
    plait_tensor output;
    pair_session(&pair, PAIR_BACKEND, &session);
    CHECK_INT(plait__simplify(pair.graph), PLAIT_OK);
    CHECK_INT(plait_session_run(&session, pair.inputs, 2, &output, 1), PLAIT_INVALID);
    pair_session_end(&session);
    plait__graph_destroy(pair.graph);
    plait_context_destroy(pair.context);
}

TEST_MAIN(transpose, reshape_between_inputs_and_outputs, reshape_alone, concat, split, slice, slice_of_integers, pad, expand,
          gather, depth_to_space, space_to_depth, outside_indices_fail)
