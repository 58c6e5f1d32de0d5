/* LSTM on xnnpack against reference. */
#include "pair.h"

/* Every output, forwards and backwards, with and without biases and initial states. */
TEST(lstm) {
    static const char *const directions[] = {"forward", "reverse", "bidirectional"};
    static const int64_t shapes[][4] = {{1, 1, 1, 1}, {7, 3, 5, 13}, {11, 2, 33, 16}}; /* steps, batch, inputs, hidden */
    for (int i = 0; i < 3; i++)
        for (int d = 0; d < 3; d++)
            for (int given = 0; given < 3; given++) { /* nothing but weights; biases; states too */
                struct pair pair;
                pair_begin_threads(&pair, 14, 1 + d % 2);
                const int64_t *s = shapes[i], both = d == 2 ? 2 : 1;
                int x = pair_input(&pair, DIMS(s[0], s[1], s[2]));
                int w = pair_constant(&pair, DIMS(both, 4 * s[3], s[2])), r = pair_constant(&pair, DIMS(both, 4 * s[3], s[3]));
                int b = given ? pair_constant(&pair, DIMS(both, 8 * s[3])) : -1;
                int h = given == 2 ? pair_input(&pair, DIMS(both, s[1], s[3])) : -1;
                int c = given == 2 ? pair_constant(&pair, DIMS(both, s[1], s[3])) : -1;
                int y = pair_node(&pair, PLAIT__OP_LSTM, 7, (const int[]){x, w, r, b, -1, h, c}, 3);
                pair_string(&pair, "direction", directions[d]);
                pair_int(&pair, "hidden_size", s[3]);
                /* Gates of up to 100 are sums of as many floats; their error of 1e-5 goes through functions no steeper than
                 * one, a few steps long. */
                pair_check(&pair, y + (i + given) % 3, 5e-5);
            }
}

TEST_MAIN(lstm)
