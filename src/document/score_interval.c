#include <math.h>
#include <stdlib.h>

#include "document/score.h"

enum { RESAMPLES = 1000, DECIMALS = 4, MEASURES = 4 };

static const char *const names[MEASURES] = {"word_f1", "cer_page", "lines_iou50_f1", "fields_normalised_f1"};

/* A small generator (Marsaglia, Xorshift RNGs, 2003) with a fixed seed: the same set has the same intervals everywhere. */
static uint32_t draw(uint64_t *state, uint32_t below) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)((*state >> 32) * below >> 32);
}

static double share(int64_t count, int64_t whole) {
    return whole ? (double)count / (double)whole : NAN;
}

/* The measures of one set that has the documents of `picks`; NAN where a set has nothing to measure. */
static void measure(const struct plait__set_score *set, const int *picks, double *out) {
    struct plait__page_score s = {0};
    int64_t right = 0, sum = 0;
    for (int i = 0; i < set->document_count; i++) {
        plait__score_add(&s, &set->pages[picks[i]]);
        for (int f = 0; f < set->field_count; f++) {
            const struct plait__field_score *field = &set->fields[picks[i] * set->field_count + f];
            right += field->right;
            sum += field->is_true + field->is_read;
        }
    }
    int64_t edits = s.group_edits + s.missed_characters + s.invented_characters;
    out[0] = share(2 * s.words_right, s.words_true + s.words_read);
    out[1] = share(edits, s.group_characters + s.missed_characters);
    out[2] = share(2 * s.lines_right, s.lines_true + s.lines_read);
    out[3] = share(2 * right, sum);
}

static int compare_numbers(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

enum plait_status plait__score_write_intervals(struct plait__arena *arena, const struct plait__set_score *set,
                                               struct plait__writer *writer) {
    uint64_t state = 0x9e3779b97f4a7c15; /* any number but 0 */
    double(*found)[RESAMPLES] = plait__arena_array(arena, MEASURES, sizeof *found), one[MEASURES];
    int *picks = plait__arena_array(arena, (size_t)set->document_count, sizeof *picks);
    if (!found || !picks) return PLAIT_MEMORY;
    for (int r = 0; r < RESAMPLES; r++) {
        for (int i = 0; i < set->document_count; i++) picks[i] = (int)draw(&state, (uint32_t)set->document_count);
        measure(set, picks, one);
        for (int m = 0; m < MEASURES; m++) found[m][r] = one[m];
    }
    plait__write_open(writer, "intervals", '{');
    for (int m = 0; m < MEASURES; m++) {
        int measured = 0;
        for (int r = 0; r < RESAMPLES; r++)
            if (!isnan(found[m][r])) found[m][measured++] = found[m][r];
        qsort(found[m], (size_t)measured, sizeof found[m][0], compare_numbers);
        plait__write_open(writer, names[m], '[');
        if (measured) {
            plait__write_number(writer, NULL, found[m][measured / 40], DECIMALS);                /* 2.5% of them lie below, */
            plait__write_number(writer, NULL, found[m][measured - 1 - measured / 40], DECIMALS); /* and 2.5% above */
        }
        plait__write_close(writer, ']');
    }
    plait__write_close(writer, '}');
    return writer->status;
}
