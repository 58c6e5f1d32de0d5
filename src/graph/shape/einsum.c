#include "graph/shape/einsum.h"
#include "graph/shape/shape.h"

#include <string.h>

/* Labels are the letters, and the dims that an ellipsis stands for, counted from its last one. */
enum { ELLIPSIS = 128, LABELS = ELLIPSIS + PLAIT_MAX_RANK };

struct term {
    int rank;
    int labels[PLAIT_MAX_RANK];
};

static enum plait_status malformed(struct plait__call *call) {
    return plait__call_fail(call, PLAIT_INVALID, "the equation \"%s\" does not fit the inputs",
                            plait__attribute_string(call->node, "equation", ""));
}

/* Reads a term of the equation up to its comma, arrow or end.  An ellipsis stands for all dims that `rank` has and the
 * letters have not; without a rank (the output) it stands for `ellipsis_rank` dims. */
static enum plait_status read_term(struct plait__call *call, const char **text, int rank, int ellipsis_rank,
                                   struct term *term) {
    int letters = 0;
    for (const char *c = *text; *c && *c != ',' && *c != '-'; c++) letters += *c != '.' && *c != ' ';
    if (rank >= 0) ellipsis_rank = rank - letters;
    if (ellipsis_rank < 0 || letters + ellipsis_rank > PLAIT_MAX_RANK) return malformed(call);
    term->rank = 0;
    const char *c = *text;
    bool ellipsis = false;
    while (*c && *c != ',' && *c != '-') {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        if (letter && term->rank < PLAIT_MAX_RANK) {
            term->labels[term->rank++] = *c++;
        } else if (!ellipsis && strncmp(c, "...", 3) == 0) {
            ellipsis = true;
            c += 3;
            for (int i = ellipsis_rank - 1; i >= 0; i--) term->labels[term->rank++] = ELLIPSIS + i;
        } else if (*c == ' ') {
            c++;
        } else {
            return malformed(call);
        }
    }
    *text = c;
    return rank < 0 || term->rank == rank ? PLAIT_OK : malformed(call);
}

/* Without an arrow, the output has the dims of the ellipses, then every letter that comes once, in alphabetical order. */
static void output_by_default(const struct term *terms, int count, int ellipsis_rank, struct term *output) {
    int uses[LABELS] = {0};
    for (int k = 0; k < count; k++)
        for (int i = 0; i < terms[k].rank; i++) uses[terms[k].labels[i]]++;
    output->rank = 0;
    for (int i = ellipsis_rank - 1; i >= 0; i--) output->labels[output->rank++] = ELLIPSIS + i;
    for (int label = 0; label < ELLIPSIS; label++)
        if (uses[label] == 1 && output->rank < PLAIT_MAX_RANK) output->labels[output->rank++] = label;
}

/* Gives the labels of `term` that have no place yet the next places. */
static enum plait_status place_labels(struct plait__call *call, const struct term *term, int *places, int *rank) {
    for (int i = 0; i < term->rank; i++) {
        if (places[term->labels[i]] >= 0) continue;
        if (*rank == PLAIT_MAX_RANK)
            return plait__call_fail(call, PLAIT_UNSUPPORTED, "the equation has more than %d labels", PLAIT_MAX_RANK);
        places[term->labels[i]] = (*rank)++;
    }
    return PLAIT_OK;
}

/* The sizes of the labels in an input, and its strides along them.  A size of 1 is broadcast. */
static enum plait_status place_input(struct plait__call *call, const struct term *term, const plait_tensor *input,
                                     const int *places, int64_t *dims, int64_t *strides) {
    int64_t stride = 1;
    for (int i = term->rank - 1; i >= 0; i--) {
        int place = places[term->labels[i]];
        int64_t size = input->dims[i];
        if (size != 1) {
            strides[place] += stride;
            if (dims[place] == 1) dims[place] = size;
            PLAIT__TRY(plait__dim_join(call, "size of a label", &dims[place], size));
        }
        PLAIT__TRY(plait__dim_multiply(call, stride, size, &stride));
    }
    return PLAIT_OK;
}

enum plait_status plait__einsum_read(struct plait__call *call, struct plait__einsum *einsum_out) {
    const char *text = plait__attribute_string(call->node, "equation", "");
    struct term terms[PLAIT__EINSUM_INPUTS], output;
    int ellipsis_rank = 0;
    *einsum_out = (struct plait__einsum){.rank = -1};
    for (int k = 0; k < call->input_count; k++)
        if (!plait__known_rank(call->inputs[k])) return PLAIT_OK;
    for (int k = 0; k < call->input_count; k++) {
        if (k > 0 && *text++ != ',') return malformed(call);
        PLAIT__TRY(read_term(call, &text, call->inputs[k]->rank, 0, &terms[k]));
        for (int i = 0; i < terms[k].rank; i++)
            if (terms[k].labels[i] >= ellipsis_rank + ELLIPSIS) ellipsis_rank = terms[k].labels[i] - ELLIPSIS + 1;
    }
    if (strncmp(text, "->", 2) == 0) {
        text += 2;
        PLAIT__TRY(read_term(call, &text, -1, ellipsis_rank, &output));
    } else {
        output_by_default(terms, call->input_count, ellipsis_rank, &output);
    }
    if (*text) return malformed(call);

    int places[LABELS], rank = 0;
    for (int i = 0; i < LABELS; i++) places[i] = -1;
    PLAIT__TRY(place_labels(call, &output, places, &rank));
    if (rank != output.rank) return malformed(call); /* a label twice in the output */
    for (int k = 0; k < call->input_count; k++) PLAIT__TRY(place_labels(call, &terms[k], places, &rank));
    bool used[PLAIT_MAX_RANK] = {false};
    for (int i = 0; i < rank; i++) einsum_out->dims[i] = 1;
    for (int k = 0; k < call->input_count; k++) {
        PLAIT__TRY(place_input(call, &terms[k], call->inputs[k], places, einsum_out->dims, einsum_out->strides[k]));
        for (int i = 0; i < terms[k].rank; i++) used[places[terms[k].labels[i]]] = true;
    }
    for (int i = 0; i < output.rank; i++)
        if (!used[i]) return malformed(call); /* a label in the output alone */
    einsum_out->rank = rank;
    einsum_out->output_rank = output.rank;
    return PLAIT_OK;
}

enum plait_status plait__shape_einsum(struct plait__call *call) {
    if (call->input_count > PLAIT__EINSUM_INPUTS)
        return plait__call_fail(call, PLAIT_UNSUPPORTED, "%d inputs, more than %d", call->input_count, PLAIT__EINSUM_INPUTS);
    PLAIT__TRY(plait__expect_inputs(call, call->input_count > 0 ? call->input_count : 1, PLAIT__EINSUM_INPUTS));
    struct plait__einsum einsum;
    PLAIT__TRY(plait__einsum_read(call, &einsum));
    plait__set_output(call, 0, plait__input(call, 0)->dtype, einsum.rank < 0 ? -1 : einsum.output_rank, einsum.dims);
    return PLAIT_OK;
}
