#include "document/features.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "document/candidates.h"

static float clip(float value, float most) {
    return fmaxf(-most, fminf(most, value));
}
static int row_of(const struct plait__page *page, int word) {
    return page->lines[page->words[word].line].row;
}

/* ------------------------------------------------------------------ characters */

static size_t character_bytes(const char *text) {
    size_t bytes = 1;
    while (((unsigned char)text[bytes] & 0xC0) == 0x80) bytes++;
    return bytes;
}

static int alphabet_index(const struct plait__encoder *encoder, const char *text, size_t bytes) {
    char character[5] = {0};
    if (bytes > 4) return 0;
    memcpy(character, text, bytes);
    character[0] = plait__upper(character[0]);
    for (int i = 1; i < encoder->alphabet_count; i++)
        if (strcmp(encoder->alphabet[i], character) == 0) return i;
    return 0;
}

void plait__text_characters(const struct plait__page *page, const struct plait__encoder *encoder, float *out) {
    const int length = encoder->length, head = length - length / 3;
    const size_t word_floats = (size_t)encoder->alphabet_count * (size_t)length;
    memset(out, 0, (size_t)page->word_count * word_floats * sizeof *out);
    for (int w = 0; w < page->word_count; w++, out += word_floats) {
        int count = 0;
        for (const char *c = page->words[w].text; *c; c += character_bytes(c)) count++;
        int at = 0;
        for (const char *c = page->words[w].text; *c; at++) {
            const size_t bytes = character_bytes(c);
            const int place = count <= length || at < head ? at : at - (count - length);
            if (place >= head || at < head) {
                if (place < length) out[alphabet_index(encoder, c, bytes) * length + place] = 1;
            }
            c += bytes;
        }
    }
}

/* ------------------------------------------------------------------ rows */

struct row {
    int first, count; /* words */
};

static int find_rows(const struct plait__page *page, struct row *rows) {
    int count = 0;
    for (int i = 0; i < page->word_count; i++) {
        if (i == 0 || row_of(page, i) != row_of(page, i - 1)) rows[count++] = (struct row){i, 0};
        rows[count - 1].count++;
    }
    return count;
}

/* ------------------------------------------------------------------ text */

static int by_value(const void *a, const void *b) {
    const int64_t p = *(const int64_t *)a, q = *(const int64_t *)b;
    return (p > q) - (p < q);
}

static bool holds(const int64_t *sorted, int count, int64_t value) {
    return count > 0 && bsearch(&value, sorted, (size_t)count, sizeof value, by_value) != NULL;
}

/* Is the value the sum of two others, or the difference? */
static void relations(const int64_t *distinct, int count, int64_t value, bool *sum_out, bool *difference_out) {
    *sum_out = *difference_out = false;
    for (int i = 0; i < count; i++) {
        const int64_t other = distinct[i];
        if (other <= 0 || other == value) continue;
        if (other < value && holds(distinct, count, value - other)) *sum_out = true;
        if (other > value && other - value != value && holds(distinct, count, other - value)) *difference_out = true;
    }
}

static bool is_price(const struct plait__candidate *c) {
    return c->type == PLAIT__FIELD_TYPE_MONEY && c->decimals > 0;
}

static enum plait_status value_features(struct plait__arena *arena, const struct plait__page *page, bool day_first,
                                        float *out) {
    enum { RELATED_MOST = 256 };
    struct plait__candidate *candidates;
    int count, prices = 0, distinct = 0;
    PLAIT__TRY(plait__candidates(arena, page, day_first, &candidates, &count));
    int64_t *sorted = plait__arena_array(arena, (size_t)count + 1, sizeof *sorted);
    if (!sorted) return PLAIT_MEMORY;
    for (int i = 0; i < count; i++)
        if (is_price(&candidates[i])) sorted[prices++] = candidates[i].value;
    qsort(sorted, (size_t)prices, sizeof *sorted, by_value);
    for (int i = 0; i < prices; i++)
        if (i == 0 || sorted[i] != sorted[i - 1]) sorted[distinct++] = sorted[i];
    const int64_t greatest = distinct ? sorted[distinct - 1] : 0;

    bool date_seen = false;
    for (int i = 0; i < count; i++) {
        const struct plait__candidate *c = &candidates[i];
        float *f = out + c->first * PLAIT__TEXT_FEATURES;
        int same = 0, greater = 0;
        for (int k = 0; k < count; k++)
            if (k != i && candidates[k].type == c->type && (c->type == PLAIT__FIELD_TYPE_DATE || is_price(&candidates[k])))
                same += candidates[k].value == c->value;
        if (c->type == PLAIT__FIELD_TYPE_DATE) {
            f[9] = 1;
            f[10] = clip((float)same / 5, 1);
            f[11] = !date_seen;
            date_seen = true;
            continue;
        }
        while (greater < distinct && sorted[distinct - 1 - greater] > c->value) greater++;
        f[0] = c->decimals > 0;
        f[1] = c->decimals == 0;
        f[2] = log10f(1 + fabsf((float)c->value / 1000)) / 5;
        f[3] = greatest > 0 ? clip((float)c->value / (float)greatest, 1) : 0;
        f[4] = distinct ? (float)greater / (float)distinct : 0;
        f[5] = clip((float)same / 5, 1);
        f[8] = is_price(c) && greater == 0;
        f[22] = c->value < 0;
        f[23] = clip((float)greater / 5, 1);
        bool sum = false, difference = false;
        if (is_price(c) && distinct <= RELATED_MOST) relations(sorted, distinct, c->value, &sum, &difference);
        f[6] = sum;
        f[7] = difference;
    }
    return PLAIT_OK;
}

enum plait_status plait__text_features(struct plait__arena *arena, const struct plait__page *page, bool day_first, float *out) {
    memset(out, 0, (size_t)page->word_count * PLAIT__TEXT_FEATURES * sizeof *out);
    struct row *rows = plait__arena_array(arena, (size_t)page->word_count + 1, sizeof *rows);
    if (!rows) return PLAIT_MEMORY;
    PLAIT__TRY(value_features(arena, page, day_first, out));
    const int row_count = find_rows(page, rows);
    for (int r = 0; r < row_count; r++)
        for (int k = 0; k < rows[r].count; k++) {
            float *f = out + (rows[r].first + k) * PLAIT__TEXT_FEATURES;
            const char *text = page->words[rows[r].first + k].text;
            const size_t length = strlen(text);
            int digits = 0, letters = 0;
            for (size_t i = 0; i < length; i++) {
                digits += plait__is_digit(text[i]);
                letters += plait__is_letter(text[i]);
            }
            f[12] = clip((float)k / 8, 1);
            f[13] = clip((float)rows[r].count / 8, 1);
            f[14] = k == 0;
            f[15] = k == rows[r].count - 1;
            f[16] = clip((float)r / 30, 1);
            f[17] = clip((float)(row_count - 1 - r) / 30, 1);
            f[18] = (float)r / (float)row_count;
            f[19] = length ? (float)digits / (float)length : 0;
            f[20] = length ? (float)letters / (float)length : 0;
            f[21] = clip((float)length / 16, 1);
        }
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ layout */

struct box {
    float x0, x1, y, height;
};

static struct box box_of(const float p[4][2]) {
    struct box b;
    b.x0 = fminf(p[0][0], p[3][0]);
    b.x1 = fmaxf(p[1][0], p[2][0]);
    b.y = (p[0][1] + p[1][1] + p[2][1] + p[3][1]) / 4;
    b.height = fmaxf(1, (hypotf(p[3][0] - p[0][0], p[3][1] - p[0][1]) + hypotf(p[2][0] - p[1][0], p[2][1] - p[1][1])) / 2);
    return b;
}

static int by_float(const void *a, const void *b) {
    const float p = *(const float *)a, q = *(const float *)b;
    return (p > q) - (p < q);
}

/* Sines and cosines of `value` for some periods: products of two of them tell how far two words are from each other. */
static float *waves(float *f, float value, float period, int count) {
    for (int i = 0; i < count; i++, period *= 2) {
        *f++ = sinf(6.2831853f * value / period);
        *f++ = cosf(6.2831853f * value / period);
    }
    return f;
}

enum plait_status plait__layout_features(struct plait__arena *arena, const struct plait__page *page, float *out) {
    const size_t words = (size_t)page->word_count;
    memset(out, 0, words * PLAIT__LAYOUT_FEATURES * sizeof *out);
    if (words == 0) return PLAIT_OK;
    struct box *boxes = plait__arena_array(arena, words, sizeof *boxes);
    float *heights = plait__arena_array(arena, words, sizeof *heights);
    struct row *rows = plait__arena_array(arena, words, sizeof *rows);
    if (!boxes || !heights || !rows) return PLAIT_MEMORY;
    float left = INFINITY, right = -INFINITY, top = INFINITY, bottom = -INFINITY;
    for (size_t i = 0; i < words; i++) {
        boxes[i] = box_of(page->words[i].polygon);
        heights[i] = boxes[i].height;
        left = fminf(left, boxes[i].x0), right = fmaxf(right, boxes[i].x1);
        top = fminf(top, boxes[i].y), bottom = fmaxf(bottom, boxes[i].y);
    }
    qsort(heights, words, sizeof *heights, by_float);
    const float unit = heights[words / 2], width = fmaxf(right - left, unit), tall = fmaxf(bottom - top, unit);
    const int row_count = find_rows(page, rows);
    for (int r = 0; r < row_count; r++) {
        const struct box *row = boxes + rows[r].first;
        const int last = rows[r].count - 1;
        const float above = r > 0 ? row->y - boxes[rows[r - 1].first].y : 10 * unit;
        const float below = r + 1 < row_count ? boxes[rows[r + 1].first].y - row->y : 10 * unit;
        const float margin_left = (row[0].x0 - left) / width, margin_right = (right - row[last].x1) / width;
        for (int k = 0; k <= last; k++) {
            float *f = out + (rows[r].first + k) * PLAIT__LAYOUT_FEATURES;
            const struct box b = row[k];
            *f++ = (b.x0 - left) / width;
            *f++ = (b.x1 - left) / width;
            *f++ = (b.y - top) / tall;
            *f++ = clip((b.y - top) / unit / 50, 1.5f);
            *f++ = clip((bottom - b.y) / unit / 50, 1.5f);
            *f++ = clip(b.height / unit - 1, 2);
            *f++ = clip((b.x1 - b.x0) / unit / 10, 2);
            *f++ = (b.x1 - b.x0) / width;
            *f++ = k > 0 ? clip((b.x0 - row[k - 1].x1) / unit / 10, 1) : 1;
            *f++ = k < last ? clip((row[k + 1].x0 - b.x1) / unit / 10, 1) : 1;
            *f++ = k == 0;
            *f++ = k == last;
            *f++ = clip((float)last / 8, 1);
            *f++ = clip((float)k / 8, 1);
            *f++ = margin_left;
            *f++ = margin_right;
            *f++ = fabsf(margin_left - margin_right);
            *f++ = clip(above / unit / 5, 2);
            *f++ = clip(below / unit / 5, 2);
            *f++ = clip(width / unit / 50, 2);
            *f++ = clip((float)row_count / 60, 2);
            f = waves(f, (float)r, 2.5f, 6);
            f = waves(f, (b.x0 + b.x1 - 2 * left) / 2 / width, 0.25f, 4);
            waves(f, (b.y - top) / unit, 4, 3);
        }
    }
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ image */

void plait__word_picture(const struct plait__image *grey, const float polygon[4][2], int height, int width,
                         struct plait__scale scale, float *out) {
    const float around = 0.15f; /* of the word's height, on every side */
    float corners[4][2];
    for (int k = 0; k < 2; k++) {
        const float down = (polygon[3][k] - polygon[0][k]) * around;
        /* Along the text by as many pixels as down: the direction of the upper edge, turned from the left edge. */
        const float along = k == 0 ? (polygon[3][1] - polygon[0][1]) * around : -(polygon[3][0] - polygon[0][0]) * around;
        corners[0][k] = polygon[0][k] - down - along;
        corners[1][k] = polygon[1][k] - down + along;
        corners[2][k] = polygon[2][k] + down + along;
        corners[3][k] = polygon[3][k] + down - along;
    }
    plait__image_cut(grey, corners, 0, width, height, scale, out, (size_t)width);
}
