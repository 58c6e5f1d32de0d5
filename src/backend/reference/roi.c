/* RoiAlign (He et al., Mask R-CNN, 2017) and MaxRoiPool (Girshick, Fast R-CNN, 2015). */
#include "backend/reference/kernel.h"

#include <math.h>
#include <string.h>

struct align {
    bool max;
    double offset, scale; /* box corners become corner * scale - offset in input pixels */
    int64_t ratio;        /* samples a bin and direction; 0: as many as the bin has pixels */
    int64_t height, width;
};

/* The four pixels around a point and their weights, all weights 0 beyond the image. */
struct corners {
    int64_t index[4];
    double weight[4];
};

static struct corners find_corners(double y, double x, int64_t height, int64_t width) {
    struct corners corners = {{0}, {0}};
    if (!(y >= -1 && y <= (double)height && x >= -1 && x <= (double)width)) return corners;
    if (y < 0) y = 0;
    if (x < 0) x = 0;
    int64_t top = (int64_t)y, left = (int64_t)x;
    if (top >= height - 1) y = (double)(top = height - 1);
    if (left >= width - 1) x = (double)(left = width - 1);
    int64_t bottom = top + 1 < height ? top + 1 : top, right = left + 1 < width ? left + 1 : left;
    double down = y - (double)top, across = x - (double)left;
    return (struct corners){
        {top * width + left, top * width + right, bottom * width + left, bottom * width + right},
        {(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across},
    };
}

/* One sample added to what a bin has so far.  In mode max the largest weighted pixel counts, not the largest sample: that is
 * what ONNX's own results are made with. */
static double add_sample(const struct align *align, const plait_tensor *input, int64_t plane, const struct corners *corners,
                         double so_far) {
    for (int k = 0; k < 4; k++) {
        double value = corners->weight[k] * plait__load_real(input, plane + corners->index[k]);
        if (!align->max)
            so_far += value;
        else if (value > so_far)
            so_far = value;
    }
    return so_far;
}

struct roi {
    double y, x, bin_height, bin_width;
    int64_t samples_y, samples_x; /* a bin */
};

static enum plait_status read_roi(struct plait__call *call, const struct align *align, int64_t r, struct roi *roi) {
    double v[4];
    plait__load_reals(call->inputs[1], 4 * r, 1, 4, v); /* left, top, right, bottom */
    for (int i = 0; i < 4; i++) v[i] = v[i] * align->scale - align->offset;
    double height = v[3] - v[1], width = v[2] - v[0];
    if (align->offset == 0) { /* the older way of counting makes every box at least a pixel large */
        height = fmax(height, 1);
        width = fmax(width, 1);
    }
    *roi = (struct roi){v[1], v[0], height / (double)align->height, width / (double)align->width, align->ratio, align->ratio};
    const double most = 1 << 14; /* samples: more than a box inside any image has pixels */
    if (!(fabs(roi->bin_height) <= most && fabs(roi->bin_width) <= most) || align->ratio > (int64_t)most)
        return plait__call_fail(call, PLAIT_LIMIT, "roi %lld: more than %g samples a bin", (long long)r, most);
    if (align->ratio == 0) {
        roi->samples_y = roi->bin_height > 0 ? (int64_t)ceil(roi->bin_height) : 0;
        roi->samples_x = roi->bin_width > 0 ? (int64_t)ceil(roi->bin_width) : 0;
    }
    return PLAIT_OK;
}

static double align_bin(const struct align *align, const plait_tensor *input, int64_t plane, const struct roi *roi, int64_t y,
                        int64_t x) {
    int64_t count = roi->samples_y * roi->samples_x;
    if (count == 0) return 0;
    double value = align->max ? -INFINITY : 0;
    for (int64_t i = 0; i < roi->samples_y; i++)
        for (int64_t j = 0; j < roi->samples_x; j++) {
            double at_y = roi->y + ((double)y + ((double)i + 0.5) / (double)roi->samples_y) * roi->bin_height;
            double at_x = roi->x + ((double)x + ((double)j + 0.5) / (double)roi->samples_x) * roi->bin_width;
            struct corners corners = find_corners(at_y, at_x, input->dims[2], input->dims[3]);
            value = add_sample(align, input, plane, &corners, value);
        }
    return align->max ? value : value / (double)count;
}

/* The batch a box belongs to, checked. */
static enum plait_status check_batch(struct plait__call *call, int64_t batch) {
    int64_t batches = call->inputs[0]->dims[0];
    if (batch >= 0 && batch < batches) return PLAIT_OK;
    return plait__call_fail(call, PLAIT_INVALID, "batch of a roi: expected 0..%lld, found %lld", (long long)batches - 1,
                            (long long)batch);
}

enum plait_status plait__kernel_roi_align(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    const struct plait__node *node = call->node;
    /* Version 10 had no choice, and counted as output_half_pixel does. */
    const char *old = "output_half_pixel", *coordinates = plait__attribute_string(node, "coordinate_transformation_mode",
                                                                                  node->opset < 16 ? old : "half_pixel");
    struct align align = {.max = strcmp(plait__attribute_string(node, "mode", "avg"), "max") == 0,
                          .offset = strcmp(coordinates, old) == 0 ? 0 : 0.5,
                          .scale = plait__attribute_float(node, "spatial_scale", 1),
                          .ratio = plait__attribute_int(node, "sampling_ratio", 0),
                          .height = output->dims[2],
                          .width = output->dims[3]};
    int64_t channels = output->dims[1], area = input->dims[2] * input->dims[3], to = 0;
    if (area == 0 && plait_tensor_elements(output) > 0)
        return plait__call_fail(call, PLAIT_INVALID, "input: there is nothing to sample");
    for (int64_t r = 0; r < output->dims[0]; r++) {
        struct roi roi;
        int64_t batch = plait__load_integer(call->inputs[2], r);
        PLAIT__TRY(check_batch(call, batch));
        PLAIT__TRY(read_roi(call, &align, r, &roi));
        for (int64_t c = 0; c < channels; c++)
            for (int64_t y = 0; y < align.height; y++)
                for (int64_t x = 0; x < align.width; x++) {
                    double value = align_bin(&align, input, (batch * channels + c) * area, &roi, y, x);
                    plait__store_reals(output, to++, 1, 1, &value);
                }
    }
    return PLAIT_OK;
}

/* ---- MaxRoiPool ---- */

/* The pixels of bin `bin` of `bins` over a box from `first` to `last` (both inside it), cut to the image. */
struct span {
    int64_t begin, end;
};

static struct span bin_span(double first, double last, int64_t bin, int64_t bins, int64_t size) {
    double length = fmax(last - first + 1, 1) / (double)bins;
    double begin = first + floor((double)bin * length), end = first + ceil((double)(bin + 1) * length);
    return (struct span){(int64_t)fmin(fmax(begin, 0), (double)size), (int64_t)fmin(fmax(end, 0), (double)size)};
}

static double max_of(const plait_tensor *input, int64_t plane, struct span rows, struct span columns) {
    double value = rows.begin < rows.end && columns.begin < columns.end ? -INFINITY : 0; /* an empty bin is 0 */
    for (int64_t y = rows.begin; y < rows.end; y++)
        for (int64_t x = columns.begin; x < columns.end; x++)
            value = fmax(value, plait__load_real(input, plane + y * input->dims[3] + x));
    return value;
}

enum plait_status plait__kernel_max_roi_pool(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    double scale = plait__attribute_float(call->node, "spatial_scale", 1), v[5]; /* batch, left, top, right, bottom */
    int64_t channels = output->dims[1], height = input->dims[2], width = input->dims[3], to = 0;
    for (int64_t r = 0; r < output->dims[0]; r++) {
        int64_t batch = plait__load_integer(call->inputs[1], 5 * r);
        PLAIT__TRY(check_batch(call, batch));
        plait__load_reals(call->inputs[1], 5 * r, 1, 5, v);
        for (int i = 1; i < 5; i++) v[i] = round(v[i] * scale);
        for (int64_t c = 0; c < channels; c++)
            for (int64_t y = 0; y < output->dims[2]; y++)
                for (int64_t x = 0; x < output->dims[3]; x++) {
                    double value =
                        max_of(input, (batch * channels + c) * height * width, bin_span(v[2], v[4], y, output->dims[2], height),
                               bin_span(v[1], v[3], x, output->dims[3], width));
                    plait__store_reals(output, to++, 1, 1, &value);
                }
    }
    return PLAIT_OK;
}
