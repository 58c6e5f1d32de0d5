/* How well documents are read, against a labelled set.  The measures are those published for scanned receipts: words (SROIE
 * task 2), fields (task 3, exact and normalised), character errors, calibration. All comparisons ignore case. */
#ifndef PLAIT_DOCUMENT_SCORE_H
#define PLAIT_DOCUMENT_SCORE_H

#include "base/json_write.h"
#include "document/document.h"

/* ------------------------------------------------------------------ text and values: score_text.c, score_value.c */

/* Case folded, compatibility forms of Latin-1 resolved, white space collapsed to single spaces; in the arena, NULL without
 * memory. */
char *plait__score_fold(struct plait__arena *arena, const char *text);
/* Of a folded text the letters and digits alone. */
char *plait__score_key(struct plait__arena *arena, const char *folded);
/* Edits (insert, delete, replace a character) between two texts; -1 without memory. */
int64_t plait__score_edits(struct plait__arena *arena, const char *a, const char *b);
int64_t plait__score_length(const char *text); /* characters */

/* The first amount in the text, to four places; false when there is none. */
bool plait__score_number(const char *text, double *number_out);
/* The day a printed date names as yyyymmdd: ISO first, then day-month-year, then month-day-year; 0 when unsure. */
int plait__score_day(const char *text);

/* ------------------------------------------------------------------ truth: score_truth.c */

struct plait__truth_line {
    double box[4];    /* x0, y0, x1, y1 in pixels */
    const char *text; /* folded */
    bool mute;        /* only '*': unreadable, an area where nothing counts */
};

struct plait__truth_field {
    const char *name, *text; /* as printed; NULL when the page has none */
};

struct plait__truth {
    const char *image; /* file name of the picture, beside the truth */
    int width, height, line_count, field_count;
    struct plait__truth_line *lines;
    struct plait__truth_field *fields;
};

/* {"image","width","height","lines":[{"box","text"}],"fields":{NAME: text or null}}; `source` names it in errors. */
enum plait_status plait__truth_read(struct plait__arena *arena, const char *json, size_t size, const char *source,
                                    struct plait__truth *truth_out);

/* ------------------------------------------------------------------ words and lines: score_page.c */

/* Sums over pages, from which shares are taken at the end. */
struct plait__page_score {
    int64_t words_right, words_true, words_read;    /* multiset of words a page */
    int64_t bare_right, bare_true, bare_read;       /* the same of letters and digits alone */
    int64_t lines_right, lines_true, lines_read;    /* one to one, overlap by IoU >= 0.5 */
    int64_t pair_edits, pair_characters;            /* in those pairs */
    int64_t group_edits, group_characters;          /* in groups of lines linked by place, split or merged */
    int64_t missed_characters, invented_characters; /* of lines linked to nothing */
};

/* Adds one page's counts.  `found_lines_out` [truth->line_count], may be NULL: whether a line was found at all. */
enum plait_status plait__score_page(struct plait__arena *arena, const struct plait__truth *truth,
                                    const struct plait__page *page, struct plait__page_score *score, bool *found_lines_out);

/* ------------------------------------------------------------------ fields: score_field.c */

/* Where a field went wrong: the first stage after which the right answer could no longer be had. */
#define PLAIT__FAULT_MAP(X)   \
    X(NONE, "none")           \
    X(DETECTION, "detection") \
    X(RECOGNITION, "recognition") X(TAGGING, "tagging") X(NORMALISATION, "normalisation") X(INVENTED, "invented")

enum plait__fault {
#define PLAIT__FAULT_ENUM(name, text) PLAIT__FAULT_##name,
    PLAIT__FAULT_MAP(PLAIT__FAULT_ENUM)
#undef PLAIT__FAULT_ENUM
        PLAIT__FAULT_COUNT
};
const char *plait__fault_name(enum plait__fault fault);

/* One field of one document. */
struct plait__field_score {
    bool is_true, is_read; /* it is on the page; it was given a value */
    bool strict, right;    /* the text as printed is equal; the value is equal */
    double similarity;     /* 1 - edits / longer, of letters and digits; 0 unless true and read */
    double confidence;
    enum plait__fault fault;
};

/* `truth_text` NULL: not on the page.  `found_lines` as plait__score_page leaves it. */
enum plait_status plait__score_field(struct plait__arena *arena, const struct plait__field *field, const char *truth_text,
                                     const struct plait__truth *truth, const bool *found_lines, const struct plait__page *page,
                                     struct plait__field_score *score_out);

/* ------------------------------------------------------------------ summary: score.c */

/* Everything scored of a set. */
struct plait__set_score {
    int document_count, field_count;
    const char *const *field_names;    /* [field_count] */
    struct plait__page_score *pages;   /* [document_count] */
    struct plait__field_score *fields; /* [document_count, field_count] */
};

void plait__score_add(struct plait__page_score *sum, const struct plait__page_score *page);
double plait__score_word_f1(const struct plait__page_score *score); /* 0 when nothing is right */

/* Writes the members "ocr", "fields", "faults" and "intervals" of an open object. */
enum plait_status plait__score_write(struct plait__arena *arena, const struct plait__set_score *set,
                                     struct plait__writer *writer);

/* Writes "intervals": of word F1, page CER, line F1 and micro field F1 the 95% interval that a set of as many documents gives:
 * percentiles over resampled sets (the bootstrap: Efron and Tibshirani, 1993).  score_interval.c */
enum plait_status plait__score_write_intervals(struct plait__arena *arena, const struct plait__set_score *set,
                                               struct plait__writer *writer);

#endif
