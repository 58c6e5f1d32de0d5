#include "document/score.h"

#include <stdlib.h>

enum { DECIMALS = 4, BINS = 10 };
#define SURE 0.9 /* confidence above which an answer must hardly ever be wrong */

/* All members are counts of one type, so that they can be added as an array. */
void plait__score_add(struct plait__page_score *sum, const struct plait__page_score *page) {
    int64_t *to = &sum->words_right;
    const int64_t *from = &page->words_right;
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++) to[i] += from[i];
}

double plait__score_word_f1(const struct plait__page_score *score) {
    int64_t sum = score->words_true + score->words_read;
    return sum ? 2 * (double)score->words_right / (double)sum : 0;
}

/* ------------------------------------------------------------------ shares */

/* count / whole; null when there is nothing to share. */
static void write_share(struct plait__writer *writer, const char *key, int64_t count, int64_t whole) {
    if (whole)
        plait__write_number(writer, key, (double)count / (double)whole, DECIMALS);
    else
        plait__write_null(writer, key);
}

static void write_f1(struct plait__writer *writer, int64_t right, int64_t truth, int64_t read) {
    write_share(writer, "precision", right, read);
    write_share(writer, "recall", right, truth);
    write_share(writer, "f1", 2 * right, truth + read); /* the harmonic mean of the two */
}

static void write_f1_object(struct plait__writer *writer, const char *key, int64_t right, int64_t truth, int64_t read) {
    plait__write_open(writer, key, '{');
    write_f1(writer, right, truth, read);
    plait__write_close(writer, '}');
}

static void write_pages(const struct plait__set_score *set, struct plait__writer *writer) {
    struct plait__page_score sum = {0}, *s = &sum;
    double page_f1 = 0;
    for (int d = 0; d < set->document_count; d++) {
        plait__score_add(&sum, &set->pages[d]);
        page_f1 += plait__score_word_f1(&set->pages[d]);
    }
    plait__write_open(writer, "ocr", '{');
    plait__write_open(writer, "words", '{');
    write_f1(writer, s->words_right, s->words_true, s->words_read);
    plait__write_number(writer, "page_f1", set->document_count ? page_f1 / set->document_count : 0, DECIMALS);
    plait__write_close(writer, '}');
    write_f1_object(writer, "words_bare", s->bare_right, s->bare_true, s->bare_read);
    int64_t all = s->group_characters + s->missed_characters;
    write_share(writer, "cer_matched", s->group_edits, s->group_characters);
    write_share(writer, "matched_chars", s->group_characters, all);
    write_share(writer, "cer_page", s->group_edits + s->missed_characters + s->invented_characters, all);
    write_share(writer, "cer_iou50", s->pair_edits, s->pair_characters);
    write_f1_object(writer, "lines_iou50", s->lines_right, s->lines_true, s->lines_read);
    plait__write_int(writer, "truth_lines", s->lines_true);
    plait__write_int(writer, "predicted_lines", s->lines_read);
    plait__write_close(writer, '}');
}

/* ------------------------------------------------------------------ calibration */

static int compare_confidences(const void *a, const void *b) {
    const struct plait__field_score *x = *(const struct plait__field_score *const *)a,
                                    *y = *(const struct plait__field_score *const *)b;
    return x->confidence > y->confidence ? -1 : x->confidence < y->confidence;
}

/* Expected calibration error over ten equal bins (Guo et al., On Calibration of Modern Neural Networks, 2017), and the largest
 * share of all slots that can be answered, the surest first, with at most 1% wrong; the precision of the sure answers. */
static void write_calibration(const struct plait__field_score **rows, int count, int64_t slots, struct plait__writer *writer) {
    struct {
        double confidence, right;
    } bins[BINS] = {{0}};
    double confidence = 0, right = 0, error = 0, threshold = 0;
    int wrong = 0, best = 0, sure = 0, sure_right = 0;
    qsort(rows, (size_t)count, sizeof *rows, compare_confidences);
    for (int i = 0; i < count; i++) {
        int bin = (int)(rows[i]->confidence * BINS);
        bins[bin < BINS ? bin : BINS - 1].confidence += rows[i]->confidence;
        bins[bin < BINS ? bin : BINS - 1].right += rows[i]->right;
        confidence += rows[i]->confidence;
        right += rows[i]->right;
        sure += rows[i]->confidence > SURE;
        sure_right += rows[i]->confidence > SURE && rows[i]->right;
        wrong += !rows[i]->right;
        bool last_of_equals = i + 1 == count || rows[i + 1]->confidence < rows[i]->confidence;
        if (!last_of_equals || wrong > 0.01 * (i + 1)) continue;
        best = i + 1;
        threshold = rows[i]->confidence;
    }
    for (int b = 0; b < BINS; b++)
        error += bins[b].confidence > bins[b].right ? bins[b].confidence - bins[b].right : bins[b].right - bins[b].confidence;

    plait__write_open(writer, "calibration", '{');
    if (count) {
        plait__write_number(writer, "ece", error / count, DECIMALS);
        plait__write_number(writer, "mean_confidence", confidence / count, DECIMALS);
        plait__write_number(writer, "accuracy", right / count, DECIMALS);
        write_share(writer, "coverage_at_1pct", best, slots);
    } else {
        plait__write_null(writer, "ece");
        plait__write_null(writer, "coverage_at_1pct");
    }
    if (best)
        plait__write_number(writer, "threshold", threshold, DECIMALS);
    else
        plait__write_null(writer, "threshold");
    write_share(writer, "precision_when_sure", sure_right, sure);
    plait__write_int(writer, "n", count);
    plait__write_close(writer, '}');
}

/* ------------------------------------------------------------------ fields */

/* Field `which` of all documents, or all fields of them when it is below 0. */
static enum plait_status write_field(struct plait__arena *arena, const struct plait__set_score *set, const char *name,
                                     int which, struct plait__writer *writer) {
    int slots = set->document_count * set->field_count, counted = 0, read = 0;
    int64_t truth = 0, strict = 0, right = 0;
    double similarity = 0;
    const struct plait__field_score **rows = plait__arena_array(arena, (size_t)slots, sizeof *rows);
    if (!rows) return PLAIT_MEMORY;
    for (int i = 0; i < slots; i++) {
        const struct plait__field_score *score = &set->fields[i];
        if (which >= 0 && i % set->field_count != which) continue;
        counted++;
        truth += score->is_true;
        strict += score->strict;
        right += score->right;
        similarity += score->similarity;
        if (score->is_read) rows[read++] = score;
    }
    plait__write_open(writer, name, '{');
    write_f1_object(writer, "strict", strict, truth, read);
    write_f1_object(writer, "normalised", right, truth, read);
    plait__write_int(writer, "truth", truth);
    plait__write_int(writer, "predicted", read);
    if (truth)
        plait__write_number(writer, "similarity", similarity / (double)truth, DECIMALS);
    else
        plait__write_null(writer, "similarity");
    write_calibration(rows, read, counted, writer);
    plait__write_close(writer, '}');
    return PLAIT_OK;
}

/* Documents in which every field is right, or absent on both sides. */
static int count_all_right(const struct plait__set_score *set) {
    int count = 0;
    for (int d = 0; d < set->document_count; d++) {
        bool all = true;
        for (int f = 0; f < set->field_count; f++) {
            const struct plait__field_score *score = &set->fields[d * set->field_count + f];
            all &= score->right || (!score->is_true && !score->is_read);
        }
        count += all;
    }
    return count;
}

static void write_faults(const struct plait__set_score *set, struct plait__writer *writer) {
    plait__write_open(writer, "faults", '{');
    for (int f = 0; f < set->field_count; f++) {
        int counts[PLAIT__FAULT_COUNT] = {0};
        for (int d = 0; d < set->document_count; d++) counts[set->fields[d * set->field_count + f].fault]++;
        plait__write_open(writer, set->field_names[f], '{');
        for (int fault = PLAIT__FAULT_NONE + 1; fault < PLAIT__FAULT_COUNT; fault++)
            plait__write_int(writer, plait__fault_name((enum plait__fault)fault), counts[fault]);
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, '}');
}

enum plait_status plait__score_write(struct plait__arena *arena, const struct plait__set_score *set,
                                     struct plait__writer *writer) {
    write_pages(set, writer);
    plait__write_open(writer, "fields", '{');
    for (int f = 0; f < set->field_count; f++) PLAIT__TRY(write_field(arena, set, set->field_names[f], f, writer));
    PLAIT__TRY(write_field(arena, set, "micro", -1, writer));
    write_share(writer, "all_right", count_all_right(set), set->field_count ? set->document_count : 0);
    plait__write_close(writer, '}');
    write_faults(set, writer);
    PLAIT__TRY(plait__score_write_intervals(arena, set, writer));
    return writer->status;
}
