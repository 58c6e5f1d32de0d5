/* Text lines of a page: a network draws the cores of the lines, and how far each of their cells is from the line's edges.
 *
 * The network's map, [1, 5, rows, columns] f32, for the cell whose centre is (x, y) in input pixels:
 *   0     logit of "core": the middle part of a line's height, a little less than its length, so that neighbours stay apart
 *   1, 2  distance from y up and down to the line's edges at x, in input pixels
 *   3, 4  distance from x to the line's left and right end, meant near the ends only
 * Connected cells are a line; its edges are what its cells say on average.  models/training/detector.py (`lines_of`) is the
 * same, step by step. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "document/document.h"

enum channel { CORE, UP, DOWN, LEFT, RIGHT, CHANNELS };

struct map {
    const float *values; /* [CHANNELS, rows, columns] */
    int rows, columns;
    float stride; /* input pixels a cell */
};

/* The cells of one component, as indices into the map's planes. */
struct component {
    const int *cells;
    int count;
};

struct point {
    float x, y;
};

static float value(const struct map *map, enum channel channel, int cell) {
    return map->values[(size_t)channel * (size_t)map->rows * (size_t)map->columns + (size_t)cell];
}

static struct point centre(const struct map *map, int cell) {
    return (struct point){((float)(cell % map->columns) + 0.5f) * map->stride,
                          ((float)(cell / map->columns) + 0.5f) * map->stride};
}

static float logistic(float logit) {
    return 1 / (1 + expf(-logit));
}

/* ------------------------------------------------------------------ components */

/* Takes the cells connected with `seed` (by edges and corners) out of `open` and puts them at `cells`; returns how many. */
static int flood(const struct map *map, uint8_t *open, int seed, int *cells) {
    int count = 1;
    cells[0] = seed;
    open[seed] = 0;
    for (int done = 0; done < count; done++) {
        int row = cells[done] / map->columns, column = cells[done] % map->columns;
        for (int y = row > 0 ? row - 1 : 0; y <= row + 1 && y < map->rows; y++) {
            for (int x = column > 0 ? column - 1 : 0; x <= column + 1 && x < map->columns; x++) {
                int cell = y * map->columns + x;
                if (!open[cell]) continue;
                open[cell] = 0;
                cells[count++] = cell;
            }
        }
    }
    return count;
}

/* ------------------------------------------------------------------ a component becomes a quad */

/* What the cells of a component say together, in input pixels. */
struct extent {
    float confidence;  /* mean chance */
    float height;      /* mean distance between the edges */
    struct point mean; /* of the cells; y on the line's middle */
    float slope;       /* of the middle, dy / dx */
    float curve;       /* of the middle, half its second derivative; 0: straight */
    float left, right; /* outermost cell centres */
    float begin, end;  /* the ends, as the cells near them say */
};

static float middle_of(const struct map *map, int cell) {
    return centre(map, cell).y + (value(map, DOWN, cell) - value(map, UP, cell)) / 2;
}

static void measure(const struct map *map, const struct component *component, struct extent *extent) {
    double chance = 0, height = 0, x_sum = 0, middle = 0;
    *extent = (struct extent){.left = INFINITY, .right = -INFINITY};
    for (int i = 0; i < component->count; i++) {
        int cell = component->cells[i];
        float x = centre(map, cell).x;
        chance += logistic(value(map, CORE, cell));
        height += value(map, UP, cell) + value(map, DOWN, cell);
        middle += middle_of(map, cell);
        x_sum += x;
        extent->left = fminf(extent->left, x);
        extent->right = fmaxf(extent->right, x);
    }
    extent->confidence = (float)(chance / component->count);
    extent->height = (float)(height / component->count);
    extent->mean = (struct point){(float)(x_sum / component->count), (float)(middle / component->count)};
}

/* Least squares through the middles; short components say nothing about their slope. */
static void measure_slope(const struct map *map, const struct component *component, struct extent *extent) {
    double spread = 0, together = 0;
    if (extent->right - extent->left + map->stride <= 2 * extent->height) return;
    for (int i = 0; i < component->count; i++) {
        double x = centre(map, component->cells[i]).x - extent->mean.x;
        spread += x * x;
        together += x * (middle_of(map, component->cells[i]) - extent->mean.y);
    }
    if (spread > 0) extent->slope = (float)(together / spread);
}

/* A long line that leaves its chord by a tenth of its height or more is an arc: least squares of a parabola, with x in half
 * lengths so that the sums keep their digits. */
static void measure_curve(const struct map *map, const struct component *component, struct extent *extent) {
    const float half = (extent->right - extent->left) / 2;
    double x1 = 0, x2 = 0, x3 = 0, x4 = 0, y0 = 0, y1 = 0, y2 = 0, n = component->count;
    if (half <= 3 * extent->height) return;
    for (int i = 0; i < component->count; i++) {
        const double x = (centre(map, component->cells[i]).x - extent->mean.x) / half;
        const double y = middle_of(map, component->cells[i]) - extent->mean.y;
        x1 += x, x2 += x * x, x3 += x * x * x, x4 += x * x * x * x;
        y0 += y, y1 += x * y, y2 += x * x * y;
    }
    /* Cramer's rule on the normal equations of a + b x + c x^2 */
    const double determinant = n * (x2 * x4 - x3 * x3) - x1 * (x1 * x4 - x3 * x2) + x2 * (x1 * x3 - x2 * x2);
    if (fabs(determinant) < 1e-9) return;
    const double a = (y0 * (x2 * x4 - x3 * x3) - x1 * (y1 * x4 - x3 * y2) + x2 * (y1 * x3 - x2 * y2)) / determinant;
    const double b = (n * (y1 * x4 - y2 * x3) - y0 * (x1 * x4 - x3 * x2) + x2 * (x1 * y2 - y1 * x2)) / determinant;
    const double c = (n * (x2 * y2 - x3 * y1) - x1 * (x1 * y2 - x2 * y1) + y0 * (x1 * x3 - x2 * x2)) / determinant;
    if (fabs(c) < 0.1 * extent->height) return;
    extent->mean.y += (float)a;
    extent->slope = (float)(b / half);
    extent->curve = (float)(c / half / half);
}

static void measure_ends(const struct map *map, const struct component *component, struct extent *extent) {
    double begin = 0, end = 0;
    int begins = 0, ends = 0;
    float reach = fmaxf(1.5f * map->stride, 0.5f * extent->height);
    for (int i = 0; i < component->count; i++) {
        int cell = component->cells[i];
        float x = centre(map, cell).x;
        if (x <= extent->left + reach) {
            begin += x - value(map, LEFT, cell);
            begins++;
        }
        if (x >= extent->right - reach) {
            end += x + value(map, RIGHT, cell);
            ends++;
        }
    }
    extent->begin = (float)(begin / begins);
    extent->end = (float)(end / ends);
}

/* The quad in page pixels; `scale` is input pixels a page pixel. */
static void quad_of(const struct extent *extent, struct point scale, struct plait__quad *quad) {
    float half = extent->height / 2, x0 = extent->begin - extent->mean.x, x1 = extent->end - extent->mean.x;
    float a = extent->mean.y + x0 * (extent->slope + x0 * extent->curve);
    float b = extent->mean.y + x1 * (extent->slope + x1 * extent->curve);
    const struct point corners[4] = {
        {extent->begin, a - half}, {extent->end, b - half}, {extent->end, b + half}, {extent->begin, a + half}};
    for (int i = 0; i < 4; i++) {
        quad->corners[i][0] = corners[i].x / scale.x;
        quad->corners[i][1] = corners[i].y / scale.y;
    }
    quad->bend = -extent->curve * (x1 - x0) * (x1 - x0) / 4 / scale.y;
    quad->confidence = extent->confidence;
}

/* ------------------------------------------------------------------ the map becomes quads */

static enum plait_status quads_of(const struct plait__detector *detector, const struct map *map, struct point scale,
                                  struct plait__arena *arena, struct plait__quad **quads_out, int *count_out) {
    size_t cells_count = (size_t)map->rows * (size_t)map->columns;
    uint8_t *open = plait__arena_allocate(arena, cells_count);
    int *cells = plait__arena_array(arena, cells_count, sizeof *cells);
    /* Components do not touch, so each needs two rows and two columns. */
    size_t most = (size_t)((map->rows + 1) / 2) * (size_t)((map->columns + 1) / 2);
    struct extent *extents = plait__arena_array(arena, most + 1, sizeof *extents);
    if (!open || !cells || !extents) return PLAIT_MEMORY;

    for (size_t i = 0; i < cells_count; i++) open[i] = logistic(value(map, CORE, (int)i)) > detector->threshold;
    int count = 0;
    for (int seed = 0; seed < (int)cells_count; seed++) {
        if (!open[seed]) continue;
        struct component component = {cells, flood(map, open, seed, cells)};
        struct extent *extent = &extents[count];
        measure(map, &component, extent);
        measure_slope(map, &component, extent);
        measure_curve(map, &component, extent);
        measure_ends(map, &component, extent);
        if (extent->confidence >= detector->line_threshold && extent->height >= detector->smallest_side &&
            extent->end - extent->begin >= detector->smallest_side)
            count++;
    }

    struct plait__quad *quads = plait__arena_array(arena, (size_t)count + 1, sizeof *quads);
    if (!quads) return PLAIT_MEMORY;
    for (int i = 0; i < count; i++) quad_of(&extents[i], scale, &quads[i]);
    *quads_out = quads;
    *count_out = count;
    return PLAIT_OK;
}

static int rounded_up(int number, int multiple) {
    return (number + multiple - 1) / multiple * multiple;
}

static enum plait_status check_map(plait_context *context, const plait_tensor *map, int rows, int columns) {
    if (map->dtype != PLAIT_F32 || map->rank != 4 || map->dims[0] != 1 || map->dims[1] != CHANNELS || map->dims[2] != rows ||
        map->dims[3] != columns)
        return plait__fail(context, PLAIT_INVALID,
                           "detector: expected an output [1, %d, %d, %d] f32, found rank %d, %lld channels", CHANNELS, rows,
                           columns, (int)map->rank, map->rank > 1 ? (long long)map->dims[1] : 0LL);
    return PLAIT_OK;
}

/* Runs the network over `input` [rows, columns] and fills `map` [CHANNELS, rows / stride, columns / stride].  What is too large
 * for one run goes in strips of the same height, which overlap so that what is kept of each has seen all around it; memory then
 * has a bound that the page's size does not move. */
static enum plait_status run_in_strips(plait_context *context, const struct plait__detector *detector, float *input, int rows,
                                       int columns, float *map) {
    int stride = detector->stride, map_rows = rows / stride, map_columns = columns / stride;
    int strips = (int)((int64_t)rows * columns / detector->pixels_most) + 1;
    int kept = rounded_up((rows + strips - 1) / strips, detector->multiple_of); /* rows */
    int margin = strips > 1 ? rounded_up(detector->overlap, detector->multiple_of) : 0;
    int height = kept + 2 * margin < rows ? kept + 2 * margin : rows;
    for (int from = 0; from < rows; from += kept) {
        int first = from - margin < 0 ? 0 : from - margin > rows - height ? rows - height : from - margin;
        int end = from + kept < rows ? from + kept : rows;
        plait_tensor image = {PLAIT_F32, 4, {1, 1, height, columns}, input + (size_t)first * (size_t)columns}, output = {0};
        PLAIT__TRY(plait_session_run(detector->network.session, &image, 1, &output, 1));
        PLAIT__TRY(check_map(context, &output, height / stride, map_columns));
        size_t values = (size_t)((end - from) / stride) * (size_t)map_columns;
        for (int c = 0; c < CHANNELS; c++) {
            const float *strip = (const float *)output.data + (size_t)c * (size_t)(height / stride) * (size_t)map_columns;
            memcpy(map + ((size_t)c * (size_t)map_rows + (size_t)(from / stride)) * (size_t)map_columns,
                   strip + (size_t)((from - first) / stride) * (size_t)map_columns, values * sizeof *map);
        }
    }
    return PLAIT_OK;
}

/* Finds lines in the page resized to `scale` of its size. */
static enum plait_status look(plait_context *context, const struct plait__detector *detector, const struct plait__image *grey,
                              double scale, struct plait__arena *arena, struct plait__quad **quads_out, int *count_out) {
    int width = (int)fmax(1, round(grey->width * scale)), height = (int)fmax(1, round(grey->height * scale));
    int columns = rounded_up(width, detector->multiple_of), rows = rounded_up(height, detector->multiple_of);
    struct map map = {NULL, rows / detector->stride, columns / detector->stride, (float)detector->stride};
    struct point scales = {(float)width / (float)grey->width, (float)height / (float)grey->height};
    float *input = plait__allocate(context, (size_t)rows * (size_t)columns * sizeof *input);
    float *output = plait__allocate(context, (size_t)CHANNELS * (size_t)map.rows * (size_t)map.columns * sizeof *output);
    enum plait_status status = input && output ? PLAIT_OK : PLAIT_MEMORY;
    if (status == PLAIT_OK) status = plait__image_to_f32(context, grey, height, width, detector->scale, rows, columns, input);
    if (status == PLAIT_OK) status = run_in_strips(context, detector, input, rows, columns, output);
    plait__release(context, input);
    map.values = output;
    if (status == PLAIT_OK) status = quads_of(detector, &map, scales, arena, quads_out, count_out);
    plait__release(context, output);
    return status;
}

static int by_height(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

/* Of the quads' heights in page pixels; 0 without quads. */
static enum plait_status median_height(const struct plait__quad *quads, int count, struct plait__arena *arena,
                                       float *median_out) {
    float *heights = plait__arena_array(arena, (size_t)count + 1, sizeof *heights);
    if (!heights) return PLAIT_MEMORY;
    for (int i = 0; i < count; i++) heights[i] = quads[i].corners[3][1] - quads[i].corners[0][1];
    if (count) qsort(heights, (size_t)count, sizeof *heights, by_height);
    *median_out = heights[count / 2];
    return PLAIT_OK;
}

enum plait_status plait__detect(plait_context *context, const struct plait__detector *detector, const struct plait__image *grey,
                                struct plait__arena *arena, struct plait__quad **quads_out, int *count_out) {
    int longest = grey->width > grey->height ? grey->width : grey->height;
    double scale = longest > detector->longest_side ? (double)detector->longest_side / longest : 1;
    float height;
    PLAIT__TRY(look(context, detector, grey, scale, arena, quads_out, count_out));
    PLAIT__TRY(median_height(*quads_out, *count_out, arena, &height));
    height *= (float)scale;
    if (!(height > 0 && height < detector->small_height)) return PLAIT_OK;
    scale *= fmin(detector->aimed_height / height, detector->enlarge_most);
    return look(context, detector, grey, scale, arena, quads_out, count_out);
}
