/* NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss. */
#include "backend/reference/kernel.h"

#include <math.h>
#include <string.h>

/* The logarithm of the softmax over the `split->axis` numbers that stand `split->inner` apart; the largest is taken out
 * first, so that exp cannot overflow. */
static void log_softmax(double *line, const struct plait__split *split) {
    double largest = -INFINITY, sum = 0;
    for (int64_t c = 0; c < split->axis; c++) largest = fmax(largest, line[c * split->inner]);
    for (int64_t c = 0; c < split->axis; c++) sum += exp(line[c * split->inner] - largest);
    for (int64_t c = 0; c < split->axis; c++) line[c * split->inner] -= largest + log(sum);
}

/* The scores [N, C, d...] as log-probabilities, in scratch memory; NULL with a recorded error. */
static const double *log_probabilities(struct plait__call *call, const struct plait__split *split) {
    const plait_tensor *scores = call->inputs[0];
    if (call->node->op == PLAIT__OP_NegativeLogLikelihoodLoss) return plait__reals(call, scores); /* they are that already */
    int64_t count = plait_tensor_elements(scores);
    double *values = plait__scratch(call, count, sizeof *values);
    if (!values) return NULL;
    plait__load_reals(scores, 0, 1, count, values);
    for (int64_t n = 0; n < split->outer; n++)
        for (int64_t i = 0; i < split->inner; i++) log_softmax(values + n * split->axis * split->inner + i, split);
    return values;
}

enum plait_status plait__kernel_loss(struct plait__call *call) {
    const plait_tensor *labels = call->inputs[1], *weights = plait__input(call, 2);
    const char *reduction = plait__attribute_string(call->node, "reduction", "mean");
    bool each = strcmp(reduction, "none") == 0, mean = strcmp(reduction, "mean") == 0;
    bool ignores = plait__attribute(call->node, "ignore_index") != NULL;
    int64_t ignored = plait__attribute_int(call->node, "ignore_index", 0);
    struct plait__split split = plait__split_at(call->inputs[0], 1);
    const double *values = log_probabilities(call, &split);
    if (!values) return PLAIT_MEMORY;
    double sum = 0, weight_sum = 0;
    for (int64_t n = 0; n < split.outer; n++)
        for (int64_t i = 0; i < split.inner; i++) {
            int64_t label = plait__load_integer(labels, n * split.inner + i);
            bool counts = !ignores || label != ignored;
            if (counts && (label < 0 || label >= split.axis))
                return plait__call_fail(call, PLAIT_INVALID, "label: expected 0..%lld, found %lld", (long long)split.axis - 1,
                                        (long long)label);
            double weight = !counts ? 0 : weights ? plait__load_real(weights, label) : 1;
            double loss = counts ? -weight * values[(n * split.axis + label) * split.inner + i] : 0;
            if (each && plait__output(call, 0)) plait__store_reals(call->outputs[0], n * split.inner + i, 1, 1, &loss);
            sum += loss;
            weight_sum += weight;
        }
    if (mean) sum /= weight_sum;
    if (!each && plait__output(call, 0)) plait__store_reals(call->outputs[0], 0, 1, 1, &sum);
    if (plait__output(call, 1)) plait__store_reals_all(call->outputs[1], values);
    return PLAIT_OK;
}
