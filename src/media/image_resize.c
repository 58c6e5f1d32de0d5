/* Resizing as two products with sparse matrices: rows first, then columns.  Each axis has a table of taps: which old
 * pixels a new one is made of, and with what weights. */
#include <math.h>
#include <string.h>

#include "media/image.h"

struct taps {
    int *first, *count; /* [length] */
    float *weights;     /* [length, most] */
    int most;
    void *memory;
};

static float overlap(double low, double high, int pixel) {
    double from = pixel > low ? pixel : low, to = pixel + 1 < high ? pixel + 1 : high;
    return (float)(to - from);
}

/* A new pixel covers [low, high) of the old ones and takes their mean, weighted by how much of each is covered. */
static void area_tap(struct taps *taps, int at, double scale, int old_length) {
    double low = at * scale, high = low + scale;
    int first = (int)low, end = (int)ceil(high - 1e-9);
    if (end > old_length) end = old_length;
    if (end - first > taps->most) end = first + taps->most;
    taps->first[at] = first;
    taps->count[at] = end - first;
    for (int i = first; i < end; i++)
        taps->weights[(size_t)at * (size_t)taps->most + (size_t)(i - first)] = overlap(low, high, i) / (float)scale;
}

static void linear_tap(struct taps *taps, int at, double scale, int old_length) {
    double centre = (at + 0.5) * scale - 0.5;
    if (centre < 0) centre = 0;
    if (centre > old_length - 1) centre = old_length - 1;
    int first = (int)centre;
    float share = (float)(centre - first);
    taps->first[at] = first;
    taps->count[at] = first + 1 < old_length ? 2 : 1;
    taps->weights[(size_t)at * (size_t)taps->most] = taps->count[at] == 2 ? 1 - share : 1;
    taps->weights[(size_t)at * (size_t)taps->most + 1] = share;
}

static enum plait_status taps_create(plait_context *context, int old_length, int length, struct taps *taps) {
    double scale = (double)old_length / length;
    taps->most = scale > 1 ? (int)ceil(scale) + 1 : 2;
    size_t weights = (size_t)length * (size_t)taps->most;
    taps->memory = plait__allocate(context, weights * sizeof(float) + 2 * (size_t)length * sizeof(int));
    if (!taps->memory) return PLAIT_MEMORY;
    taps->weights = taps->memory;
    taps->first = (void *)(taps->weights + weights);
    taps->count = taps->first + length;
    for (int i = 0; i < length; i++) (scale > 1 ? area_tap : linear_tap)(taps, i, scale, old_length);
    return PLAIT_OK;
}

/* A resize under way; rows are asked for one after the other. */
struct resize {
    const struct plait__image *image;
    struct taps rows, columns;
    float *mixed; /* [width, channels] of the old picture: the old rows mixed to a new one */
};

static enum plait_status resize_create(plait_context *context, const struct plait__image *image, int width, int height,
                                       struct resize *resize) {
    *resize = (struct resize){.image = image};
    PLAIT__TRY(taps_create(context, image->height, height, &resize->rows));
    PLAIT__TRY(taps_create(context, image->width, width, &resize->columns));
    resize->mixed = plait__allocate(context, (size_t)image->width * (size_t)image->channels * sizeof(float));
    return resize->mixed ? PLAIT_OK : PLAIT_MEMORY;
}

static void resize_end(plait_context *context, struct resize *resize) {
    plait__release(context, resize->rows.memory);
    plait__release(context, resize->columns.memory);
    plait__release(context, resize->mixed);
}

static void mix_rows(const struct resize *resize, int y) {
    const struct plait__image *image = resize->image;
    size_t values = (size_t)image->width * (size_t)image->channels;
    float *mixed = resize->mixed;
    const float *weights = resize->rows.weights + (size_t)y * (size_t)resize->rows.most;
    const uint8_t *row = image->pixels + (size_t)resize->rows.first[y] * image->stride;
    memset(mixed, 0, values * sizeof *mixed);
    for (int i = 0; i < resize->rows.count[y]; i++, row += image->stride)
        for (size_t x = 0; x < values; x++) mixed[x] += weights[i] * row[x];
}

/* Column x, channel c of the row mixed last: 0..255. */
static float mix_columns(const struct resize *resize, int x, int c) {
    const float *weights = resize->columns.weights + (size_t)x * (size_t)resize->columns.most;
    size_t channels = (size_t)resize->image->channels;
    const float *from = resize->mixed + (size_t)resize->columns.first[x] * channels + (size_t)c;
    float sum = 0;
    for (int i = 0; i < resize->columns.count[x]; i++, from += channels) sum += weights[i] * *from;
    return sum;
}

enum plait_status plait__image_resize(plait_context *context, const struct plait__image *image, struct plait__image *out) {
    struct resize resize;
    enum plait_status status = resize_create(context, image, out->width, out->height, &resize);
    for (int y = 0; y < out->height && status == PLAIT_OK; y++) {
        mix_rows(&resize, y);
        uint8_t *to = out->pixels + (size_t)y * out->stride;
        for (int x = 0; x < out->width; x++)
            for (int c = 0; c < out->channels; c++) *to++ = (uint8_t)(mix_columns(&resize, x, c) + 0.5f);
    }
    resize_end(context, &resize);
    return status;
}

enum plait_status plait__image_to_f32(plait_context *context, const struct plait__image *grey, int height, int width,
                                      struct plait__scale scale, int rows, int columns, float *out) {
    struct resize resize;
    enum plait_status status = resize_create(context, grey, width, height, &resize);
    const float gain = 1 / (255 * scale.deviation), shift = -scale.mean / scale.deviation, white = 255 * gain + shift;
    for (int y = 0; y < rows && status == PLAIT_OK; y++, out += columns) {
        int x = 0;
        if (y < height) {
            mix_rows(&resize, y);
            for (; x < width; x++) out[x] = mix_columns(&resize, x, 0) * gain + shift;
        }
        for (; x < columns; x++) out[x] = white;
    }
    resize_end(context, &resize);
    return status;
}
