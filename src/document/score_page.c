#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "document/score.h"

/* A line of either side. */
struct line {
    double box[4];
    const char *text; /* folded */
};

struct lines {
    struct line *items;
    int count;
};

/* ------------------------------------------------------------------ boxes */

static double most(double a, double b) {
    return a > b ? a : b;
}
static double least(double a, double b) {
    return a < b ? a : b;
}
static double area(const double b[4]) {
    return most(0, b[2] - b[0]) * most(0, b[3] - b[1]);
}

static double shared(const double a[4], const double b[4]) {
    return most(0, least(a[2], b[2]) - most(a[0], b[0])) * most(0, least(a[3], b[3]) - most(a[1], b[1]));
}

/* The centre of the smaller box lies in the larger, and half of the lower one's height is shared. */
static bool linked(const double a[4], const double b[4]) {
    const double *small = area(a) <= area(b) ? a : b, *large = small == a ? b : a;
    double x = (small[0] + small[2]) / 2, y = (small[1] + small[3]) / 2;
    if (x < large[0] || x > large[2] || y < large[1] || y > large[3]) return false;
    return least(a[3], b[3]) - most(a[1], b[1]) >= 0.5 * least(a[3] - a[1], b[3] - b[1]);
}

/* ------------------------------------------------------------------ the two sides */

static enum plait_status true_lines(struct plait__arena *arena, const struct plait__truth *truth, struct lines *lines) {
    lines->items = plait__arena_array(arena, (size_t)truth->line_count, sizeof *lines->items);
    if (!lines->items) return PLAIT_MEMORY;
    for (int i = 0; i < truth->line_count; i++) {
        if (truth->lines[i].mute) continue;
        struct line *line = &lines->items[lines->count++];
        memcpy(line->box, truth->lines[i].box, sizeof line->box);
        line->text = truth->lines[i].text;
    }
    return PLAIT_OK;
}

static bool is_muted(const struct plait__truth *truth, const double box[4]) {
    for (int i = 0; i < truth->line_count; i++)
        if (truth->lines[i].mute && shared(box, truth->lines[i].box) > 0.5 * area(box)) return true;
    return false;
}

/* Places as the document's JSON gives them, to a tenth of a pixel, so that its readers come to the same scores. */
static double as_written(float place) {
    return rint((double)place * 10) / 10;
}

static enum plait_status read_lines(struct plait__arena *arena, const struct plait__truth *truth,
                                    const struct plait__page *page, struct lines *lines) {
    double scale_x = (double)truth->width / page->width, scale_y = (double)truth->height / page->height;
    lines->items = plait__arena_array(arena, (size_t)page->line_count, sizeof *lines->items);
    if (!lines->items) return PLAIT_MEMORY;
    for (int i = 0; i < page->line_count; i++) {
        struct line *line = &lines->items[lines->count];
        double corners[4][2];
        for (int c = 0; c < 4; c++)
            for (int axis = 0; axis < 2; axis++) corners[c][axis] = as_written(page->lines[i].polygon[c][axis]);
        line->box[0] = scale_x * least(least(corners[0][0], corners[1][0]), least(corners[2][0], corners[3][0]));
        line->box[1] = scale_y * least(least(corners[0][1], corners[1][1]), least(corners[2][1], corners[3][1]));
        line->box[2] = scale_x * most(most(corners[0][0], corners[1][0]), most(corners[2][0], corners[3][0]));
        line->box[3] = scale_y * most(most(corners[0][1], corners[1][1]), most(corners[2][1], corners[3][1]));
        line->text = plait__score_fold(arena, page->lines[i].text);
        if (!line->text) return PLAIT_MEMORY;
        if (!is_muted(truth, line->box)) lines->count++;
    }
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ words */

struct words {
    const char **items;
    int count;
};

static int compare_words(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The words of all lines, sorted; with `bare` of their letters and digits alone. */
static enum plait_status words_of(struct plait__arena *arena, const struct lines *lines, bool bare, struct words *words) {
    size_t room = 0;
    for (int i = 0; i < lines->count; i++) room += strlen(lines->items[i].text) / 2 + 1;
    words->items = plait__arena_array(arena, room, sizeof *words->items);
    if (!words->items) return PLAIT_MEMORY;
    for (int i = 0; i < lines->count; i++) {
        for (const char *at = lines->items[i].text; *at;) {
            size_t length = strcspn(at, " ");
            const char *word = plait__arena_string(arena, at, length);
            if (word && bare) word = plait__score_key(arena, word);
            if (!word) return PLAIT_MEMORY;
            if (*word) words->items[words->count++] = word;
            at += length + (at[length] == ' ');
        }
    }
    qsort(words->items, (size_t)words->count, sizeof *words->items, compare_words);
    return PLAIT_OK;
}

static int64_t common(const struct words *a, const struct words *b) {
    int64_t count = 0;
    for (int i = 0, j = 0; i < a->count && j < b->count;) {
        int order = strcmp(a->items[i], b->items[j]);
        count += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return count;
}

static enum plait_status score_words(struct plait__arena *arena, const struct lines *truth, const struct lines *read, bool bare,
                                     int64_t *right, int64_t *true_count, int64_t *read_count) {
    struct words a = {0}, b = {0};
    PLAIT__TRY(words_of(arena, truth, bare, &a));
    PLAIT__TRY(words_of(arena, read, bare, &b));
    *right += common(&a, &b);
    *true_count += a.count;
    *read_count += b.count;
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ pairs of lines */

struct pair {
    double iou;
    int truth, read;
};

static int compare_pairs(const void *a, const void *b) {
    const struct pair *x = a, *y = b;
    if (x->iou != y->iou) return x->iou < y->iou ? 1 : -1;
    return x->truth != y->truth ? y->truth - x->truth : y->read - x->read;
}

/* One to one, the best overlap first. */
static enum plait_status score_pairs(struct plait__arena *arena, const struct lines *truth, const struct lines *read,
                                     struct plait__page_score *score) {
    int count = 0;
    struct pair *pairs = plait__arena_array(arena, (size_t)truth->count * (size_t)read->count, sizeof *pairs);
    bool *used = plait__arena_array(arena, (size_t)(truth->count + read->count), sizeof *used);
    if (!pairs || !used) return PLAIT_MEMORY;
    for (int i = 0; i < truth->count; i++) {
        for (int j = 0; j < read->count; j++) {
            double both = shared(truth->items[i].box, read->items[j].box);
            double iou = both / (area(truth->items[i].box) + area(read->items[j].box) - both);
            if (iou >= 0.5) pairs[count++] = (struct pair){iou, i, j};
        }
    }
    qsort(pairs, (size_t)count, sizeof *pairs, compare_pairs);
    for (int k = 0; k < count; k++) {
        bool *true_used = &used[pairs[k].truth], *read_used = &used[truth->count + pairs[k].read];
        if (*true_used || *read_used) continue;
        *true_used = *read_used = true;
        const char *text = truth->items[pairs[k].truth].text;
        int64_t edits = plait__score_edits(arena, text, read->items[pairs[k].read].text);
        if (edits < 0) return PLAIT_MEMORY;
        score->lines_right++;
        score->pair_edits += edits;
        score->pair_characters += plait__score_length(text);
    }
    score->lines_true += truth->count;
    score->lines_read += read->count;
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ groups of linked lines */

static int root_of(int *parents, int i) {
    while (parents[i] != i) i = parents[i] = parents[parents[i]];
    return i;
}

static double middle(const struct line *line) {
    return (line->box[1] + line->box[3]) / 2;
}

/* Lines of one side stand in one array: equal ones keep their order there. */
static int compare_heights(const void *a, const void *b) {
    const struct line *x = *(const struct line *const *)a, *y = *(const struct line *const *)b;
    if (middle(x) != middle(y)) return middle(x) < middle(y) ? -1 : 1;
    return x < y ? -1 : x > y;
}

static int compare_lefts(const void *a, const void *b) {
    const struct line *x = *(const struct line *const *)a, *y = *(const struct line *const *)b;
    return x->box[0] != y->box[0] ? (x->box[0] < y->box[0] ? -1 : 1) : compare_heights(a, b);
}

/* The texts row by row, left to right, with spaces between them.  Sorts `group`. */
static const char *reading(struct plait__arena *arena, const struct line **group, int count) {
    size_t size = 1;
    for (int i = 0; i < count; i++) size += strlen(group[i]->text) + 1;
    char *text = plait__arena_allocate(arena, size), *end = text;
    if (!text) return NULL;
    qsort(group, (size_t)count, sizeof *group, compare_heights);
    for (int first = 0, next; first < count; first = next) {
        const double *box = group[first]->box;
        for (next = first + 1; next < count; next++) {
            const double *other = group[next]->box;
            if (middle(group[next]) >= middle(group[first]) + 0.5 * least(other[3] - other[1], box[3] - box[1])) break;
        }
        qsort(group + first, (size_t)(next - first), sizeof *group, compare_lefts);
    }
    for (int i = 0; i < count; i++) {
        if (i) *end++ = ' ';
        size_t length = strlen(group[i]->text);
        memcpy(end, group[i]->text, length + 1);
        end += length;
    }
    return text;
}

/* Characters of all texts of a group. */
static int64_t characters(const struct line **group, int count) {
    int64_t sum = 0;
    for (int i = 0; i < count; i++) sum += plait__score_length(group[i]->text);
    return sum;
}

static enum plait_status score_groups(struct plait__arena *arena, const struct lines *truth, const struct lines *read,
                                      struct plait__page_score *score) {
    int all = truth->count + read->count;
    int *parents = plait__arena_array(arena, (size_t)all, sizeof *parents);
    const struct line **a = plait__arena_array(arena, (size_t)truth->count, sizeof *a);
    const struct line **b = plait__arena_array(arena, (size_t)read->count, sizeof *b);
    if (!parents || !a || !b) return PLAIT_MEMORY;
    for (int i = 0; i < all; i++) parents[i] = i;
    for (int i = 0; i < truth->count; i++)
        for (int j = 0; j < read->count; j++)
            if (linked(truth->items[i].box, read->items[j].box))
                parents[root_of(parents, i)] = root_of(parents, truth->count + j);
    for (int root = 0; root < all; root++) {
        if (root_of(parents, root) != root) continue;
        int a_count = 0, b_count = 0;
        for (int i = 0; i < truth->count; i++)
            if (root_of(parents, i) == root) a[a_count++] = &truth->items[i];
        for (int j = 0; j < read->count; j++)
            if (root_of(parents, truth->count + j) == root) b[b_count++] = &read->items[j];
        if (!b_count)
            score->missed_characters += characters(a, a_count);
        else if (!a_count)
            score->invented_characters += characters(b, b_count);
        else {
            const char *expected = reading(arena, a, a_count), *found = reading(arena, b, b_count);
            int64_t edits = expected && found ? plait__score_edits(arena, expected, found) : -1;
            if (edits < 0) return PLAIT_MEMORY;
            score->group_edits += edits;
            score->group_characters += plait__score_length(expected);
        }
    }
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ the page */

enum plait_status plait__score_page(struct plait__arena *arena, const struct plait__truth *truth,
                                    const struct plait__page *page, struct plait__page_score *score, bool *found_lines_out) {
    struct lines expected = {0}, found = {0};
    PLAIT__TRY(true_lines(arena, truth, &expected));
    PLAIT__TRY(read_lines(arena, truth, page, &found));
    PLAIT__TRY(score_words(arena, &expected, &found, false, &score->words_right, &score->words_true, &score->words_read));
    PLAIT__TRY(score_words(arena, &expected, &found, true, &score->bare_right, &score->bare_true, &score->bare_read));
    PLAIT__TRY(score_pairs(arena, &expected, &found, score));
    PLAIT__TRY(score_groups(arena, &expected, &found, score));
    for (int i = 0; i < truth->line_count && found_lines_out; i++) {
        found_lines_out[i] = false;
        for (int j = 0; j < found.count && !found_lines_out[i]; j++)
            found_lines_out[i] = linked(truth->lines[i].box, found.items[j].box);
    }
    return PLAIT_OK;
}
