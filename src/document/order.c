/* Reading order: rows from top to bottom, in a row from left to right; side by side columns of running text one after the
 * other.  Rows are told along the page's own slope. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "document/document.h"

/* A line as seen here; y is along the page's slope. */
struct place {
    float left, right, middle, height;
    int line;
    bool starts; /* a row */
};

enum {
    COLUMN_LINES = 4,   /* fewer lines side by side are a table or a pair of label and value */
    COLUMN_HEIGHTS = 8, /* running text is wider than this many line heights, in the median */
    CROSSING_SHARE = 4  /* at most one line in so many may cross the gap between columns */
};

static float least(float a, float b, float c, float d) {
    return fminf(fminf(a, b), fminf(c, d));
}

static float most(float a, float b, float c, float d) {
    return fmaxf(fmaxf(a, b), fmaxf(c, d));
}

/* Mean slope of the lines, long ones counting more. */
static float slope_of(const struct plait__page *page) {
    double rise = 0, run = 0;
    for (int i = 0; i < page->line_count; i++) {
        const float(*p)[2] = page->lines[i].polygon;
        float across = p[1][0] - p[0][0];
        if (across <= 0) continue;
        rise += (double)across * (double)(p[1][1] - p[0][1]);
        run += (double)across * (double)across;
    }
    return run > 0 ? (float)(rise / run) : 0;
}

static struct place place_of(const struct plait__page *page, int line, float slope) {
    const float(*p)[2] = page->lines[line].polygon;
    float x = (p[0][0] + p[1][0] + p[2][0] + p[3][0]) / 4, y = (p[0][1] + p[1][1] + p[2][1] + p[3][1]) / 4;
    float height = (hypotf(p[3][0] - p[0][0], p[3][1] - p[0][1]) + hypotf(p[2][0] - p[1][0], p[2][1] - p[1][1])) / 2;
    return (struct place){.left = least(p[0][0], p[1][0], p[2][0], p[3][0]),
                          .right = most(p[0][0], p[1][0], p[2][0], p[3][0]),
                          .middle = y - slope * x,
                          .height = height,
                          .line = line};
}

/* Equal keys keep the order of the page, so that the result does not depend on the C library's sort. */
static int by_middle(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    return x->middle != y->middle ? (x->middle < y->middle ? -1 : 1) : x->line - y->line;
}

static int by_left(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    return x->left != y->left ? (x->left < y->left ? -1 : 1) : x->line - y->line;
}

/* Places sorted by middle become rows, each sorted by its left. */
static void arrange_rows(struct place *places, int count) {
    for (int first = 0, end; first < count; first = end) {
        float height = places[first].height;
        for (end = first + 1; end < count; end++) {
            float near = 0.5f * fminf(height, places[end].height);
            if (places[end].middle - places[first].middle > near) break;
            height = fmaxf(height, places[end].height);
        }
        qsort(places + first, (size_t)(end - first), sizeof *places, by_left);
        places[first].starts = true;
    }
}

enum side { LEFT, RIGHT, ACROSS };

static enum side side_of(const struct place *place, float gap) {
    return place->right <= gap ? LEFT : place->left >= gap ? RIGHT : ACROSS;
}

/* Whether the places on one side of the gap look like running text: enough of them, and at least half of them wide. */
static bool is_column(const struct place *places, int count, float gap, enum side side) {
    int lines = 0, wide = 0;
    for (int i = 0; i < count; i++) {
        if (side_of(&places[i], gap) != side) continue;
        lines++;
        wide += places[i].right - places[i].left > COLUMN_HEIGHTS * places[i].height;
    }
    return lines >= COLUMN_LINES && 2 * wide >= lines;
}

/* The right end of a line that columns can be parted at; false when there is none. */
static bool find_gap(const struct place *places, int count, float *gap_out) {
    int fewest = count / CROSSING_SHARE + 1;
    for (int i = 0; i < count; i++) {
        float gap = places[i].right;
        int crossing = 0;
        for (int k = 0; k < count; k++) crossing += side_of(&places[k], gap) == ACROSS;
        if (crossing >= fewest || !is_column(places, count, gap, LEFT) || !is_column(places, count, gap, RIGHT)) continue;
        fewest = crossing;
        *gap_out = gap;
    }
    return fewest <= count / CROSSING_SHARE;
}

static void arrange(struct place *places, int count, struct place *spare);

/* Between lines that cross the gap, first what is left of it, then what is right. */
static void arrange_columns(struct place *places, int count, float gap, struct place *spare) {
    for (int first = 0, end; first < count; first = end + 1) {
        for (end = first; end < count && side_of(&places[end], gap) != ACROSS;) end++;
        int at = first;
        for (enum side side = LEFT; side <= RIGHT; side++)
            for (int i = first; i < end; i++)
                if (side_of(&places[i], gap) == side) spare[at++] = places[i];
        memcpy(places + first, spare + first, (size_t)(end - first) * sizeof *places);
        int lefts = 0;
        while (first + lefts < end && side_of(&places[first + lefts], gap) == LEFT) lefts++;
        arrange(places + first, lefts, spare);
        arrange(places + first + lefts, end - first - lefts, spare);
    }
}

/* Places sorted by middle. */
static void arrange(struct place *places, int count, struct place *spare) {
    float gap = 0;
    if (find_gap(places, count, &gap))
        arrange_columns(places, count, gap, spare);
    else
        arrange_rows(places, count);
}

/* Lines and words in the order of the places, with their rows. */
static void reorder(const struct plait__page *page, const struct place *places, struct plait__line *lines,
                    struct plait__word *words) {
    int word_count = 0, row = -1;
    for (int i = 0; i < page->line_count; i++) {
        row += places[i].starts;
        lines[i] = page->lines[places[i].line];
        lines[i].row = row;
        for (int k = 0; k < lines[i].word_count; k++) {
            words[word_count + k] = page->words[lines[i].word_first + k];
            words[word_count + k].line = i;
        }
        lines[i].word_first = word_count;
        word_count += lines[i].word_count;
    }
}

enum plait_status plait__order(plait_context *context, struct plait__arena *arena, struct plait__page *page) {
    (void)context;
    size_t count = (size_t)page->line_count;
    struct place *places = plait__arena_array(arena, 2 * count + 1, sizeof *places);
    struct plait__line *lines = plait__arena_array(arena, count + 1, sizeof *lines);
    struct plait__word *words = plait__arena_array(arena, (size_t)page->word_count + 1, sizeof *words);
    if (!places || !lines || !words) return PLAIT_MEMORY;
    float slope = slope_of(page);
    for (int i = 0; i < page->line_count; i++) places[i] = place_of(page, i, slope);
    if (count) qsort(places, count, sizeof *places, by_middle);
    arrange(places, page->line_count, places + count);
    reorder(page, places, lines, words);
    page->lines = lines;
    page->words = words;
    return PLAIT_OK;
}
