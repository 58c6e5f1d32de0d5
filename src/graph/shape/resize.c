/* Resize and Upsample, read to one description: where scales and sizes come from changed with almost every version. */
#include "graph/shape/parameters.h"
#include "graph/shape/shape.h"

#include <math.h>
#include <string.h>

static enum plait_status read_choice(struct plait__call *call, const char *attribute, const char *const *names, int count,
                                     int fallback, int *choice_out) {
    const char *text = plait__attribute_string(call->node, attribute, names[fallback]);
    for (int i = 0; i < count; i++)
        if (strcmp(text, names[i]) == 0) {
            *choice_out = i;
            return PLAIT_OK;
        }
    return plait__call_fail(call, PLAIT_INVALID, "%s: '%s' is not known", attribute, text);
}

static enum plait_status read_modes(struct plait__call *call, struct plait__resize *resize) {
    static const char *const modes[] = {"nearest", "linear", "cubic"};
    static const char *const coordinates[] = {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
                                              "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"};
    static const char *const nearests[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
    bool old = call->node->op == PLAIT__OP_Upsample || call->node->opset < 11; /* before the choices existed */
    int mode, coordinate, nearest;
    if (call->node->op == PLAIT__OP_Upsample && strcmp(plait__attribute_string(call->node, "mode", ""), "bilinear") == 0)
        mode = PLAIT__RESIZE_LINEAR; /* the name of the first versions */
    else
        PLAIT__TRY(read_choice(call, "mode", modes, 3, PLAIT__RESIZE_NEAREST, &mode));
    PLAIT__TRY(read_choice(call, "coordinate_transformation_mode", coordinates, 7,
                           old ? PLAIT__RESIZE_ASYMMETRIC : PLAIT__RESIZE_HALF_PIXEL, &coordinate));
    PLAIT__TRY(read_choice(call, "nearest_mode", nearests, 4, old ? PLAIT__NEAREST_FLOOR : PLAIT__NEAREST_ROUND_PREFER_FLOOR,
                           &nearest));
    resize->mode = (enum plait__resize_mode)mode;
    resize->coordinate = (enum plait__resize_coordinate)coordinate;
    resize->nearest = (enum plait__resize_nearest)nearest;
    resize->exclude_outside = plait__attribute_int(call->node, "exclude_outside", 0) != 0;
    resize->antialias = plait__attribute_int(call->node, "antialias", 0) != 0;
    resize->cubic_a = plait__attribute_float(call->node, "cubic_coeff_a", -0.75f);
    resize->extrapolation = plait__attribute_float(call->node, "extrapolation_value", 0.0f);
    return PLAIT_OK;
}

/* Where the numbers of this version stand. */
struct sources {
    const plait_tensor *roi, *scales, *sizes; /* NULL when not given */
    plait_tensor from_attribute;              /* scales of Upsample 7 */
};

static bool is_empty(const plait_tensor *tensor) {
    return tensor && plait__known_shape(tensor) && tensor->rank == 1 && tensor->dims[0] == 0;
}

static enum plait_status find_sources(struct plait__call *call, struct sources *sources) {
    memset(sources, 0, sizeof(*sources));
    int opset = call->node->opset;
    if (call->node->op == PLAIT__OP_Upsample && opset < 9) {
        PLAIT__TRY(plait__expect_inputs(call, 1, 1));
        const struct plait__attribute *scales = plait__attribute(call->node, "scales");
        if (!scales || scales->kind != PLAIT__ATTRIBUTE_FLOATS || scales->count > PLAIT_MAX_RANK)
            return plait__call_fail(call, PLAIT_INVALID, "scales: expected a number a dimension");
        sources->from_attribute = (plait_tensor){
            .dtype = PLAIT_F32, .rank = 1, .dims = {(int64_t)scales->count}, .data = (void *)scales->floats}; /* only read */
        sources->scales = &sources->from_attribute;
    } else if (call->node->op == PLAIT__OP_Upsample || opset < 11) {
        PLAIT__TRY(plait__expect_inputs(call, 2, 2));
        sources->scales = call->inputs[1];
    } else {
        PLAIT__TRY(plait__expect_inputs(call, 1, 4));
        sources->roi = plait__input(call, 1);
        sources->scales = plait__input(call, 2);
        sources->sizes = plait__input(call, 3);
    }
    if (is_empty(sources->roi)) sources->roi = NULL;
    if (is_empty(sources->scales)) sources->scales = NULL; /* version 11 had to give an empty one beside sizes */
    if (is_empty(sources->sizes)) sources->sizes = NULL;
    if (!sources->scales == !sources->sizes)
        return plait__call_fail(call, PLAIT_INVALID, "expected either scales or sizes, found %s",
                                sources->scales ? "both" : "neither");
    return PLAIT_OK;
}

/* Reads a list of f32 (roi also as f16 or f64 in theory; models have f32) of exactly `count` numbers. */
static enum plait_status read_floats(struct plait__call *call, const char *name, const plait_tensor *tensor, int count,
                                     double *out, bool *known_out) {
    *known_out = false;
    if (tensor->dtype == PLAIT_DTYPE_NONE || !plait__known_shape(tensor)) return PLAIT_OK;
    if (tensor->dtype != PLAIT_F32 && tensor->dtype != PLAIT_F64)
        return plait__call_fail(call, PLAIT_UNSUPPORTED, "%s: expected float32 or float64, found %s", name,
                                plait_dtype_name(tensor->dtype));
    if (tensor->rank != 1 || tensor->dims[0] != count)
        return plait__call_fail(call, PLAIT_INVALID, "%s: expected a list of %d numbers", name, count);
    if (count > 0 && !tensor->data) return PLAIT_OK;
    for (int i = 0; i < count; i++)
        out[i] = tensor->dtype == PLAIT_F32 ? ((const float *)tensor->data)[i] : ((const double *)tensor->data)[i];
    *known_out = true;
    return PLAIT_OK;
}

/* The dims that the lists speak of, all by default. */
static enum plait_status read_axes(struct plait__call *call, int rank, int *axes_out, int *count_out) {
    int count;
    const int64_t *axes = plait__attribute_ints(call->node, "axes", &count);
    *count_out = axes ? count : rank;
    if (count > rank) return plait__call_fail(call, PLAIT_INVALID, "axes: expected at most %d, found %d", rank, count);
    bool named[PLAIT_MAX_RANK] = {false};
    for (int i = 0; i < *count_out; i++) {
        PLAIT__TRY(plait__axis(call, axes ? axes[i] : i, rank, &axes_out[i]));
        if (named[axes_out[i]]) return plait__call_fail(call, PLAIT_INVALID, "axes: %d is named twice", axes_out[i]);
        named[axes_out[i]] = true;
    }
    return PLAIT_OK;
}

static enum plait_status apply_scales(struct plait__call *call, struct plait__resize *resize, const int *axes, int count,
                                      const double *scales) {
    const plait_tensor *input = call->inputs[0];
    for (int i = 0; i < count; i++) {
        int d = axes[i];
        double scale = scales[i];
        if (!(scale > 0) || isinf(scale))
            return plait__call_fail(call, PLAIT_INVALID, "scales[%d]: expected a positive number, found %g", i, scale);
        resize->scale[d] = scale;
        if (input->dims[d] < 0) {
            resize->dims[d] = -1;
            continue;
        }
        bool crops = resize->coordinate == PLAIT__RESIZE_TF_CROP_AND_RESIZE;
        double part = crops ? resize->roi_end[d] - resize->roi_start[d] : 1.0;
        double size = floor((double)(float)((double)input->dims[d] * part * scale)); /* 10 times 0.7f is 7, not a bit less */
        resize->length[d] = (double)input->dims[d] * scale;
        if (size > 9e15) return plait__call_fail(call, PLAIT_LIMIT, "scales[%d]: a size of %g is too large", i, size);
        resize->dims[d] = size > 0 ? (int64_t)size : 0;
    }
    return PLAIT_OK;
}

/* With a policy other than stretch, one scale for all axes: the smallest that fills, or the largest that fits. */
static double common_scale(const plait_tensor *input, const int *axes, int count, const int64_t *sizes, bool largest) {
    double common = 0;
    for (int i = 0; i < count; i++) {
        double scale = (double)sizes[i] / (double)input->dims[axes[i]];
        if (i == 0 || (largest ? scale > common : scale < common)) common = scale;
    }
    return common;
}

static enum plait_status apply_sizes(struct plait__call *call, struct plait__resize *resize, const int *axes, int count,
                                     const int64_t *sizes) {
    static const char *const policies[] = {"stretch", "not_larger", "not_smaller"};
    const plait_tensor *input = call->inputs[0];
    int policy;
    PLAIT__TRY(read_choice(call, "keep_aspect_ratio_policy", policies, 3, 0, &policy));
    bool known = true;
    for (int i = 0; i < count; i++) {
        if (sizes[i] < 0)
            return plait__call_fail(call, PLAIT_INVALID, "sizes[%d]: expected 0 or more, found %lld", i, (long long)sizes[i]);
        if (input->dims[axes[i]] == 0 && sizes[i] > 0)
            return plait__call_fail(call, PLAIT_INVALID, "sizes[%d]: an empty dimension cannot become %lld", i,
                                    (long long)sizes[i]);
        known = known && input->dims[axes[i]] >= 0;
    }
    double common = policy && known ? common_scale(input, axes, count, sizes, policy == 2) : 0;
    for (int i = 0; i < count; i++) {
        int d = axes[i];
        resize->dims[d] = policy == 0 ? sizes[i] : !known ? -1 : (int64_t)(common * (double)input->dims[d] + 0.5);
        resize->length[d] = (double)resize->dims[d];
        if (input->dims[d] <= 0) continue;
        resize->scale[d] = policy == 0 ? (double)sizes[i] / (double)input->dims[d] : common;
    }
    return PLAIT_OK;
}

static enum plait_status read_roi(struct plait__call *call, struct plait__resize *resize, const plait_tensor *roi,
                                  const int *axes, int count, bool *known_out) {
    double corners[2 * PLAIT_MAX_RANK];
    *known_out = true;
    if (resize->coordinate != PLAIT__RESIZE_TF_CROP_AND_RESIZE) return PLAIT_OK; /* others ignore it */
    if (!roi) return plait__call_fail(call, PLAIT_INVALID, "roi: tf_crop_and_resize needs it");
    PLAIT__TRY(read_floats(call, "roi", roi, 2 * count, corners, known_out));
    for (int i = 0; i < count && *known_out; i++) {
        resize->roi_start[axes[i]] = corners[i];
        resize->roi_end[axes[i]] = corners[count + i];
        if (!isfinite(corners[i]) || !isfinite(corners[count + i]))
            return plait__call_fail(call, PLAIT_INVALID, "roi[%d]: expected finite numbers", i);
    }
    return PLAIT_OK;
}

enum plait_status plait__resize_read(struct plait__call *call, struct plait__resize *resize_out) {
    struct sources sources;
    PLAIT__TRY(find_sources(call, &sources));
    PLAIT__TRY(read_modes(call, resize_out));
    const plait_tensor *input = call->inputs[0];
    if (!plait__known_rank(input)) return PLAIT_OK;
    int axes[PLAIT_MAX_RANK], count, size_count;
    PLAIT__TRY(read_axes(call, input->rank, axes, &count));
    for (int d = 0; d < input->rank; d++) {
        resize_out->dims[d] = input->dims[d];
        resize_out->scale[d] = 1;
        resize_out->length[d] = (double)input->dims[d];
        resize_out->roi_start[d] = 0;
        resize_out->roi_end[d] = 1;
    }
    bool known;
    PLAIT__TRY(read_roi(call, resize_out, sources.roi, axes, count, &known));
    double scales[PLAIT_MAX_RANK];
    int64_t sizes[PLAIT_MAX_RANK];
    if (sources.scales && known) {
        PLAIT__TRY(read_floats(call, "scales", sources.scales, count, scales, &known));
        if (known) return apply_scales(call, resize_out, axes, count, scales);
    } else if (sources.sizes) {
        PLAIT__TRY(plait__read_ints(call, sources.sizes, sizes, PLAIT_MAX_RANK, &size_count));
        if (size_count >= 0 && size_count != count)
            return plait__call_fail(call, PLAIT_INVALID, "sizes: expected %d numbers, found %d", count, size_count);
        if (size_count >= 0) return apply_sizes(call, resize_out, axes, count, sizes);
    }
    for (int i = 0; i < count; i++) resize_out->dims[axes[i]] = -1;
    return PLAIT_OK;
}

enum plait_status plait__shape_resize(struct plait__call *call) {
    struct plait__resize resize;
    PLAIT__TRY(plait__resize_read(call, &resize));
    const plait_tensor *input = call->inputs[0];
    plait__set_output(call, 0, input->dtype, input->rank, resize.dims);
    return PLAIT_OK;
}
