/* NonMaxSuppression: boxes taken greedily by score, those that overlap a taken one too much left out. */
#include "graph/shape/parameters.h"
#include "graph/shape/shape.h"
#include "tensor/element.h"

struct suppression {
    const plait_tensor *boxes, *scores; /* [batches, boxes, 4], [batches, classes, boxes] */
    bool centred;                       /* boxes are centre x, centre y, width, height; else two corners y, x, y, x */
    int64_t most;                       /* boxes a class */
    double overlap, score;              /* thresholds */
    bool has_score;
};

struct rectangle {
    double top, left, bottom, right;
};

static struct rectangle read_box(const struct suppression *suppression, int64_t index) {
    double v[4];
    plait__load_reals(suppression->boxes, 4 * index, 1, 4, v);
    if (suppression->centred) return (struct rectangle){v[1] - v[3] / 2, v[0] - v[2] / 2, v[1] + v[3] / 2, v[0] + v[2] / 2};
    return (struct rectangle){v[0] < v[2] ? v[0] : v[2], v[1] < v[3] ? v[1] : v[3], v[0] < v[2] ? v[2] : v[0],
                              v[1] < v[3] ? v[3] : v[1]};
}

static double area(struct rectangle r) {
    return r.bottom > r.top && r.right > r.left ? (r.bottom - r.top) * (r.right - r.left) : 0;
}

/* Intersection over union. */
static double overlap(struct rectangle a, struct rectangle b) {
    struct rectangle common = {a.top > b.top ? a.top : b.top, a.left > b.left ? a.left : b.left,
                               a.bottom < b.bottom ? a.bottom : b.bottom, a.right < b.right ? a.right : b.right};
    double intersection = area(common), all = area(a) + area(b) - intersection;
    return all > 0 ? intersection / all : 0;
}

/* The best box not yet `done`, the first of equal ones; -1 when none is left. */
static int64_t best_left(const struct suppression *suppression, const double *scores, const bool *done, int64_t count) {
    int64_t best = -1;
    for (int64_t i = 0; i < count; i++)
        if (!done[i] && (!suppression->has_score || scores[i] > suppression->score) && (best < 0 || scores[i] > scores[best]))
            best = i;
    return best;
}

/* One class of one batch; appends to `selected` and returns how many. */
static int64_t select_class(const struct suppression *suppression, int64_t batch, int64_t class_index, double *scores,
                            bool *done, struct plait__selected *selected) {
    int64_t boxes = suppression->boxes->dims[1], classes = suppression->scores->dims[1], taken = 0;
    plait__load_reals(suppression->scores, (batch * classes + class_index) * boxes, 1, boxes, scores);
    for (int64_t i = 0; i < boxes; i++) done[i] = false;
    while (taken < suppression->most) {
        int64_t best = best_left(suppression, scores, done, boxes);
        if (best < 0) break;
        done[best] = true;
        struct rectangle box = read_box(suppression, batch * boxes + best);
        bool keep = true;
        for (int64_t k = 0; k < taken && keep; k++)
            keep = overlap(box, read_box(suppression, batch * boxes + selected[k].box)) <= suppression->overlap;
        if (keep) selected[taken++] = (struct plait__selected){batch, class_index, best};
    }
    return taken;
}

/* An optional input of one number, as a real; false when its data is not there yet. */
static bool read_real(const struct plait__call *call, int index, double fallback, double *value_out) {
    const plait_tensor *input = plait__input(call, index);
    *value_out = fallback;
    if (!input) return true;
    if (input->dtype == PLAIT_DTYPE_NONE || !plait__known_shape(input) || plait_tensor_elements(input) != 1 || !input->data)
        return false;
    *value_out = plait__load_real(input, 0);
    return true;
}

enum plait_status plait__suppression_read(struct plait__call *call, struct plait__selected **selected_out, int64_t *count_out) {
    const plait_tensor *boxes = call->inputs[0], *scores = call->inputs[1];
    struct suppression suppression = {.boxes = boxes,
                                      .scores = scores,
                                      .centred = plait__attribute_int(call->node, "center_point_box", 0) != 0,
                                      .has_score = plait__input(call, 4) != NULL};
    double most;
    bool known = read_real(call, 2, 0, &most) && read_real(call, 3, 0, &suppression.overlap) &&
                 read_real(call, 4, 0, &suppression.score) && plait__known_shape(boxes) && plait__known_shape(scores);
    int64_t count = known ? boxes->dims[1] : 0, classes = known ? scores->dims[1] : 0, total = 0;
    *count_out = -1;
    if (!known || ((!boxes->data || !scores->data) && count > 0)) return PLAIT_OK;

    suppression.most = most < 0 ? 0 : most < (double)count ? (int64_t)most : count;
    int64_t ceiling = 0;
    PLAIT__TRY(plait__dims_product(call, (const int64_t[]){boxes->dims[0], classes, suppression.most}, 3, &ceiling));
    struct plait__selected *selected = plait__arena_array(call->scratch, plait__arena_count(ceiling), sizeof *selected);
    double *row = plait__arena_array(call->scratch, (size_t)count, sizeof *row);
    bool *done = plait__arena_array(call->scratch, (size_t)count, sizeof *done);
    if (!selected || !row || !done) return PLAIT_MEMORY;
    for (int64_t b = 0; b < boxes->dims[0]; b++)
        for (int64_t c = 0; c < classes; c++) total += select_class(&suppression, b, c, row, done, selected + total);
    *selected_out = selected;
    *count_out = total;
    return PLAIT_OK;
}

enum plait_status plait__shape_suppression(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 5));
    PLAIT__TRY(plait__expect_float(call, 0));
    PLAIT__TRY(plait__expect_float(call, 1));
    PLAIT__TRY(plait__expect_dtype(call, 2, PLAIT_I64));
    PLAIT__TRY(plait__expect_rank(call, 0, 3));
    PLAIT__TRY(plait__expect_rank(call, 1, 3));
    const plait_tensor *boxes = call->inputs[0], *scores = call->inputs[1];
    if (plait__known_rank(boxes)) {
        int64_t corners = 4, batches = boxes->dims[0], count = boxes->dims[1];
        PLAIT__TRY(plait__dim_join(call, "last dimension of boxes", &corners, boxes->dims[2]));
        if (plait__known_rank(scores)) {
            PLAIT__TRY(plait__dim_join(call, "batches of scores", &batches, scores->dims[0]));
            PLAIT__TRY(plait__dim_join(call, "boxes of scores", &count, scores->dims[2]));
        }
    }
    struct plait__selected *selected;
    int64_t dims[2] = {-1, 3};
    PLAIT__TRY(plait__suppression_read(call, &selected, &dims[0]));
    plait__set_output(call, 0, PLAIT_I64, 2, dims);
    return PLAIT_OK;
}
