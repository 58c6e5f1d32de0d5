/* Reading: every line is cut out, straightened and read by a network with CTC (Graves et al., Connectionist Temporal
 * Classification, 2006); lines of like width go together.
 *
 * How a line becomes the network's input, as models/training/crops.py says it:
 *   1. its quad is widened by `margin` of its height above and below and by `margin_ends` of it at both ends;
 *   2. it is cut to `height` rows, and as many columns as keep its shape, along its arc where it is bent;
 *   3. values are stretched so that the 2nd percentile becomes black and the 98th white, unless they lie close together;
 *   4. white follows to the right, up to the width of its batch. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "document/crops.h"
#include "session/session.h"

/* Widths are rounded up so that their number stays small: every new one costs the session a plan. */
enum { WIDTH_STEPS = 8 };

/* Columns of all lines of a run: what a network keeps of more does not stay in a processor's second-level cache. */
enum { COLUMNS_OF_A_RUN = 512 };

struct reading {
    plait_context *context;
    const struct plait__recogniser *recogniser;
    struct plait__arena *arena;
    struct plait__beam *beam;
    struct plait__crop *crops; /* [count], in the order of the quads */
    int count;
    const struct plait__stretch *span;
};

/* ------------------------------------------------------------------ from the page to the network */

static float length_of(const float a[2], const float b[2]) {
    return hypotf(b[0] - a[0], b[1] - a[1]);
}

/* Moves the corners outwards, `by_x` pixels along the text and `by_y` across it. */
static void widen(const float from[4][2], float across, float down, float by_x, float by_y, float to[4][2]) {
    static const float signs[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
    for (int i = 0; i < 4; i++) {
        const float *left = from[i < 2 ? 0 : 3], *right = from[i < 2 ? 1 : 2];
        const float *top = from[i == 0 || i == 3 ? 0 : 1], *bottom = from[i == 0 || i == 3 ? 3 : 2];
        for (int k = 0; k < 2; k++)
            to[i][k] = from[i][k] + by_x * signs[i][0] * (right[k] - left[k]) / across +
                       by_y * signs[i][1] * (bottom[k] - top[k]) / down;
    }
}

/* The next width up of the form m * 2^k * multiple with m < 2 * WIDTH_STEPS. */
static int stepped(int columns, int multiple) {
    int unit = multiple;
    while (columns > unit * 2 * WIDTH_STEPS) unit *= 2;
    return (columns + unit - 1) / unit * unit;
}

static void shape_crop(const struct plait__recogniser *recogniser, const struct plait__image *page,
                       const struct plait__quad *quad, struct plait__crop *crop) {
    float across =
        fmaxf(1, (length_of(quad->corners[0], quad->corners[1]) + length_of(quad->corners[3], quad->corners[2])) / 2);
    float down = fmaxf(1, (length_of(quad->corners[0], quad->corners[3]) + length_of(quad->corners[1], quad->corners[2])) / 2);
    float margin = recogniser->margin * down, ends = recogniser->margin_ends * down;
    float columns = roundf((float)recogniser->height * (across + 2 * ends) / (down + 2 * margin));
    int least = recogniser->width_multiple, most = recogniser->width_most;
    *crop = (struct plait__crop){.page = page, .quad = quad};
    crop->columns = columns < (float)most ? (columns > (float)least ? (int)columns : least) : most;
    crop->width = stepped(crop->columns, recogniser->width_multiple);
    widen(quad->corners, across, down, ends, margin, crop->corners);
    /* The parabola goes on beyond the ends: the widened chord lies lower or higher, and is longer. */
    const float beyond = ends / across, whole = 1 + 2 * beyond;
    for (int i = 0; i < 4; i++) crop->corners[i][1] -= 4 * quad->bend * beyond * (1 + beyond);
    crop->bend = quad->bend * whole * whole;
}

/* Bounds of the middle 96% of the values, of 256 steps from black to white. */
static void percentiles(const struct plait__scale *scale, const float *values, int rows, int columns, int stride, float *low,
                        float *high) {
    int counts[256] = {0}, total = 0;
    float black = -scale->mean / scale->deviation, step = 1 / (255 * scale->deviation);
    for (int y = 0; y < rows; y++) {
        for (int x = 0; x < columns; x += 2, total++) {
            float level = (values[y * stride + x] - black) / step + 0.5f;
            counts[level > 0 ? (level < 255 ? (int)level : 255) : 0]++;
        }
    }
    int first = 0, last = 255;
    for (int sum = counts[0]; sum <= total * 2 / 100 && first < 255;) sum += counts[++first];
    for (int sum = counts[255]; sum <= total * 2 / 100 && last > 0;) sum += counts[--last];
    *low = black + (float)first * step;
    *high = black + (float)last * step;
}

static void stretch(const struct plait__scale *scale, float *values, int rows, int columns, int stride) {
    enum { FLAT = 24 }; /* of 255: paper without ink */
    float low, high, black = -scale->mean / scale->deviation, white = (1 - scale->mean) / scale->deviation;
    percentiles(scale, values, rows, columns, stride, &low, &high);
    if (high - low < FLAT / (255 * scale->deviation)) return;
    float gain = (white - black) / (high - low);
    for (int y = 0; y < rows; y++) {
        float *row = values + (size_t)y * (size_t)stride;
        for (int x = 0; x < columns; x++) row[x] = fminf(white, fmaxf(black, black + (row[x] - low) * gain));
    }
}

static void fill(const struct plait__recogniser *recogniser, const struct plait__crop *crop, float *out) {
    int height = recogniser->height, width = crop->width;
    float white = (1 - recogniser->scale.mean) / recogniser->scale.deviation;
    plait__image_cut(crop->page, crop->corners, crop->bend, crop->columns, height, recogniser->scale, out, (size_t)width);
    stretch(&recogniser->scale, out, height, crop->columns, width);
    for (int y = 0; y < height; y++)
        for (int x = crop->columns; x < width; x++) out[(size_t)y * (size_t)width + (size_t)x] = white;
}

/* ------------------------------------------------------------------ from the network to characters */

/* Those of a crop's output that it fills; behind them is only white. */
static int steps_of(const struct plait__recogniser *recogniser, const struct plait__crop *crop) {
    return (crop->columns + recogniser->stride - 1) / recogniser->stride + 1;
}

static void decode(const struct reading *reading, const float *logits, int steps, struct plait__crop *crop) {
    const int used = steps_of(reading->recogniser, crop);
    crop->glyph_count = plait__beam_search(reading->beam, logits, used < steps ? used : steps, crop->glyphs);
}

static enum plait_status check_logits(const struct reading *reading, const plait_tensor *logits, int lines) {
    int classes = reading->recogniser->character_count + 1;
    if (logits->dtype != PLAIT_F32 || logits->rank != 3 || logits->dims[0] != lines || logits->dims[2] != classes)
        return plait__fail(reading->context, PLAIT_INVALID,
                           "recogniser: expected an output [%d, steps, %d] f32, found rank %d with last dimension %lld", lines,
                           classes, (int)logits->rank, logits->rank > 0 ? (long long)logits->dims[logits->rank - 1] : 0LL);
    return PLAIT_OK;
}

/* Reads `count` crops of one width. */
static enum plait_status run(void *user, struct plait__crop *const *crops, int count) {
    const struct reading *reading = user;
    const struct plait__recogniser *recogniser = reading->recogniser;
    int width = crops[0]->width;
    size_t pixels = (size_t)recogniser->height * (size_t)width;
    float *input = plait__allocate(reading->context, (size_t)count * pixels * sizeof *input);
    if (!input) return PLAIT_MEMORY;
    for (int i = 0; i < count; i++) fill(recogniser, crops[i], input + (size_t)i * pixels);

    plait_tensor image = {PLAIT_F32, 4, {count, 1, recogniser->height, width}, input}, logits = {0};
    enum plait_status status = plait_session_run(recogniser->network.session, &image, 1, &logits, 1);
    if (status == PLAIT_OK) status = check_logits(reading, &logits, count);
    for (int i = 0; i < count && status == PLAIT_OK; i++) {
        int steps = (int)logits.dims[1], classes = (int)logits.dims[2];
        decode(reading, (const float *)logits.data + (size_t)i * (size_t)steps * (size_t)classes, steps, crops[i]);
    }
    plait__release(reading->context, input);
    return status;
}

static void tell(void *user, int read) {
    const struct reading *reading = user;
    const struct plait__stretch *span = reading->span;
    if (span) plait__progress(reading->context, "recognise", span->from + (span->to - span->from) * read / reading->count);
}

static int by_width(const void *a, const void *b) {
    const struct plait__crop *x = *(struct plait__crop *const *)a, *y = *(struct plait__crop *const *)b;
    return x->width != y->width ? (x->width > y->width) - (x->width < y->width) : (x > y) - (x < y);
}

static enum plait_status read_all(struct reading *reading, int width_most) {
    const struct plait__recogniser *recogniser = reading->recogniser;
    const struct plait__crop_reader reader = {
        .context = reading->context,
        .width_most = width_most,
        .columns_most = plait__session_is_wide(recogniser->network.session) ? INT_MAX : COLUMNS_OF_A_RUN,
        .run = run,
        .progress = tell,
        .user = reading};
    struct plait__crop **order = plait__arena_array(reading->arena, (size_t)reading->count + 1, sizeof *order);
    if (!order) return PLAIT_MEMORY;
    for (int i = 0; i < reading->count; i++) order[i] = &reading->crops[i];
    qsort(order, (size_t)reading->count, sizeof(*order), by_width);
    if (recogniser->crops) return plait__crops_read(recogniser->crops, &reader, order, reading->count);
    struct plait__crops crops;
    plait__crops_begin(&crops, recogniser->batch_most);
    const enum plait_status status = plait__crops_read(&crops, &reader, order, reading->count);
    plait__crops_end(&crops);
    return status;
}

/* ------------------------------------------------------------------ from characters to words and lines */

static bool is_space(const struct reading *reading, const struct plait__glyph *glyph) {
    return strcmp(reading->recogniser->characters[glyph->character], " ") == 0;
}

/* The part of the quad between two shares of its crop's width. */
static void part_of(const struct plait__crop *crop, float from, float to, float polygon[4][2]) {
    const float(*corners)[2] = crop->quad->corners;
    float whole = length_of(crop->corners[0], crop->corners[1]), inner = length_of(corners[0], corners[1]);
    float margin = whole > 0 ? (whole - inner) / 2 : 0, per_quad = inner > 0 ? 1 / inner : 0;
    float a = fminf(1, fmaxf(0, (from * whole - margin) * per_quad)), b = fminf(1, fmaxf(0, (to * whole - margin) * per_quad));
    for (int k = 0; k < 2; k++) {
        polygon[0][k] = corners[0][k] + a * (corners[1][k] - corners[0][k]);
        polygon[1][k] = corners[0][k] + b * (corners[1][k] - corners[0][k]);
        polygon[2][k] = corners[3][k] + b * (corners[2][k] - corners[3][k]);
        polygon[3][k] = corners[3][k] + a * (corners[2][k] - corners[3][k]);
    }
    for (int i = 0; i < 4; i++) polygon[i][1] += 2 * crop->quad->bend * (a * (1 - a) + b * (1 - b)); /* mean of its ends */
}

/* The glyphs [first, end) as UTF-8. */
static const char *text_of(const struct reading *reading, const struct plait__crop *crop, int first, int end) {
    size_t bytes = 1;
    for (int i = first; i < end; i++) bytes += strlen(reading->recogniser->characters[crop->glyphs[i].character]);
    char *text = plait__arena_allocate(reading->arena, bytes), *to = text;
    for (int i = first; text && i < end; i++) {
        const char *character = reading->recogniser->characters[crop->glyphs[i].character];
        size_t length = strlen(character);
        memcpy(to, character, length);
        to += length;
    }
    return text;
}

static float chance_of(const struct plait__crop *crop, int first, int end) {
    float chance = 1;
    for (int i = first; i < end; i++) chance *= crop->glyphs[i].chance;
    return chance;
}

/* What looks like writing to the detector and not to the recogniser is none: bar codes, torn edges, stains. */
static bool is_text(const struct reading *reading, const struct plait__crop *crop) {
    int count = crop->glyph_count;
    return count && powf(chance_of(crop, 0, count), 1 / (float)count) >= reading->recogniser->least;
}

/* Drops spaces at the ends and after spaces, and lines that are no text. */
static void tidy(const struct reading *reading, struct plait__crop *crop) {
    int kept = 0;
    for (int i = 0; i < crop->glyph_count; i++)
        if (!is_space(reading, &crop->glyphs[i]) || (kept && !is_space(reading, &crop->glyphs[kept - 1])))
            crop->glyphs[kept++] = crop->glyphs[i];
    if (kept && is_space(reading, &crop->glyphs[kept - 1])) kept--;
    crop->glyph_count = kept;
    if (!is_text(reading, crop)) crop->glyph_count = 0;
}

static int words_in(const struct reading *reading, const struct plait__crop *crop) {
    int count = crop->glyph_count > 0;
    for (int i = 0; i < crop->glyph_count; i++) count += is_space(reading, &crop->glyphs[i]);
    return count;
}

/* The middle of a glyph, as a share of the crop's width. */
static float place_of(const struct reading *reading, const struct plait__crop *crop, int glyph) {
    return ((float)crop->glyphs[glyph].step + 0.5f) * (float)reading->recogniser->stride / (float)crop->columns;
}

static enum plait_status add_word(const struct reading *reading, const struct plait__crop *crop, int first, int end,
                                  struct plait__page *page) {
    struct plait__word *word = &page->words[page->word_count++];
    float from = first ? (place_of(reading, crop, first - 1) + place_of(reading, crop, first)) / 2 : 0;
    float to = end < crop->glyph_count ? (place_of(reading, crop, end - 1) + place_of(reading, crop, end)) / 2 : 1;
    part_of(crop, from, to, word->polygon);
    word->line = page->line_count;
    word->confidence = plait__calibrate(reading->recogniser->calibration, chance_of(crop, first, end));
    return (word->text = text_of(reading, crop, first, end)) ? PLAIT_OK : PLAIT_MEMORY;
}

static enum plait_status add_line(const struct reading *reading, const struct plait__crop *crop, struct plait__page *page) {
    struct plait__line *line = &page->lines[page->line_count];
    *line = (struct plait__line){.word_first = page->word_count};
    memcpy(line->polygon, crop->quad->corners, sizeof line->polygon);
    for (int i = 0; i < 4; i++) line->polygon[i][1] += crop->quad->bend * 2 / 3; /* the parabola's mean */
    for (int first = 0, end; first < crop->glyph_count; first = end + 1) {
        for (end = first; end < crop->glyph_count && !is_space(reading, &crop->glyphs[end]);) end++;
        PLAIT__TRY(add_word(reading, crop, first, end, page));
    }
    line->word_count = page->word_count - line->word_first;
    line->confidence = plait__calibrate(reading->recogniser->calibration, chance_of(crop, 0, crop->glyph_count));
    page->line_count++;
    return (line->text = text_of(reading, crop, 0, crop->glyph_count)) ? PLAIT_OK : PLAIT_MEMORY;
}

/* Everything that was read, in the order of the quads. */
static enum plait_status fill_page(struct reading *reading, struct plait__page *page) {
    size_t words = 0, lines = (size_t)reading->count + 1;
    for (int i = 0; i < reading->count; i++) {
        tidy(reading, &reading->crops[i]);
        words += (size_t)words_in(reading, &reading->crops[i]);
    }
    page->line_count = page->word_count = 0;
    page->lines = plait__arena_array(reading->arena, lines, sizeof *page->lines);
    page->words = plait__arena_array(reading->arena, words + 1, sizeof *page->words);
    if (!page->lines || !page->words) return PLAIT_MEMORY;
    for (int i = 0; i < reading->count; i++)
        if (reading->crops[i].glyph_count) PLAIT__TRY(add_line(reading, &reading->crops[i], page));
    return PLAIT_OK;
}

enum plait_status plait__recognise(plait_context *context, const struct plait__recogniser *recogniser,
                                   const struct plait__image *grey, const struct plait__quad *quads, int count,
                                   const struct plait__stretch *span, struct plait__arena *arena, struct plait__page *page) {
    struct reading reading = {.context = context, .recogniser = recogniser, .arena = arena, .count = count, .span = span};
    if (!(reading.crops = plait__arena_array(arena, (size_t)count + 1, sizeof *reading.crops))) return PLAIT_MEMORY;
    int longest = 0;
    for (int i = 0; i < count; i++) {
        struct plait__crop *crop = &reading.crops[i];
        shape_crop(recogniser, grey, &quads[i], crop);
        if (!(crop->glyphs = plait__arena_array(arena, (size_t)steps_of(recogniser, crop), sizeof *crop->glyphs)))
            return PLAIT_MEMORY;
        if (crop->width > longest) longest = crop->width;
    }
    PLAIT__TRY(plait__beam_create(context, recogniser, longest / recogniser->stride + 1, &reading.beam));
    enum plait_status status = read_all(&reading, longest);
    plait__beam_destroy(reading.beam);
    return status == PLAIT_OK ? fill_page(&reading, page) : status;
}
