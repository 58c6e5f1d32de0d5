/* NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss. */
#include "graph/shape/shape.h"

#include <string.h>

/* scores [N, C, d...], labels [N, d...], weights [C]; the loss is one number, or one a label.  A second output, of the
 * cross entropy, has the scores' shape. */
enum plait_status plait__shape_loss(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 3));
    PLAIT__TRY(plait__expect_float(call, 0));
    PLAIT__TRY(plait__expect_indices(call, 1));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 2));
    PLAIT__TRY(plait__expect_rank(call, 2, 1));
    const plait_tensor *scores = call->inputs[0], *labels = call->inputs[1], *weights = plait__input(call, 2);
    const char *reduction = plait__attribute_string(call->node, "reduction", "mean");
    bool each = strcmp(reduction, "none") == 0;
    if (!each && strcmp(reduction, "mean") != 0 && strcmp(reduction, "sum") != 0)
        return plait__call_fail(call, PLAIT_INVALID, "reduction: expected none, sum or mean, found '%s'", reduction);
    if (plait__known_rank(scores)) {
        if (scores->rank < 2)
            return plait__call_fail(call, PLAIT_INVALID, "rank: expected 2 or more, found %d", (int)scores->rank);
        PLAIT__TRY(plait__expect_rank(call, 1, scores->rank - 1));
        for (int i = 0; i < labels->rank; i++) {
            int64_t size = scores->dims[i == 0 ? 0 : i + 1];
            PLAIT__TRY(plait__dim_join(call, "labels", &size, labels->dims[i]));
        }
        int64_t classes = scores->dims[1];
        if (weights && plait__known_rank(weights)) PLAIT__TRY(plait__dim_join(call, "weights", &classes, weights->dims[0]));
    }
    plait__set_output(call, 0, scores->dtype, each ? labels->rank : 0, labels->dims);
    plait__set_output(call, 1, scores->dtype, scores->rank, scores->dims);
    return PLAIT_OK;
}
