/* A document as it is read: what each stage is given and leaves.
 *
 *     each page:    image ─► detect ─► quads ─► recognise ─► page ─► order ─► tables, tag ─► tags ─► fields
 *     the document: fields of every page ─► merge ─► checks ─► judge ─► JSON
 *
 * Everything a stage makes lives in the document's arena and is gone with it.  Places are in pixels of the upright page as
 * decoded, by the convention of media/image.h; polygons are upper left, upper right, lower right, lower left of the text. */
#ifndef PLAIT_DOCUMENT_DOCUMENT_H
#define PLAIT_DOCUMENT_DOCUMENT_H

#include "base/arena.h"
#include "media/image.h"
#include "model/package.h"

/* ------------------------------------------------------------------ words in their places */

/* A line of text found, not yet read. */
struct plait__quad {
    float corners[4][2];
    float bend;       /* paper is seldom flat: how far the line's middle lies below the straight quad's, in the manner of a
                         parabola, pixels; 0 for most */
    float confidence; /* 0..1 */
};

struct plait__word {
    float polygon[4][2];
    const char *text; /* UTF-8, no white space */
    float confidence; /* 0..1, calibrated */
    int line;         /* index */
};

struct plait__line {
    float polygon[4][2];
    const char *text;           /* UTF-8, words with one space between them */
    float confidence;           /* 0..1, calibrated */
    int word_first, word_count; /* its words are words[word_first .. word_first + word_count) */
    int row;                    /* lines side by side have the same; set by plait__order */
};

struct plait__page {
    int width, height; /* pixels */
    int rotation;      /* degrees clockwise that the picture was turned to become upright: 0, 90, 180, 270 */
    int turned;        /* how many of them the file did not ask for: the text did */
    bool placed;       /* the words have places */
    int line_count, word_count;
    struct plait__line *lines; /* in reading order after plait__order */
    struct plait__word *words; /* line by line, left to right */
};

/* ------------------------------------------------------------------ what they mean */

/* The tagger's answers for every set of senses asked: bit m of a set is sense m (enum plait__modality). */
struct plait__tags {
    int word_count, label_count;
    unsigned present;                          /* the senses the document has and the package can use */
    float *by_set[1 << PLAIT__MODALITY_COUNT]; /* [word_count, label_count] f32 logits, each label by itself; NULL for sets
                                                  not computed; by_set[present] is the answer */
};

/* Why a field has no value. */
#define PLAIT__REASON_MAP(X)  \
    X(NONE, "")               \
    X(NOT_FOUND, "not_found") \
    X(LOW_CONFIDENCE, "low_confidence") X(CONFLICT, "conflict") X(MODALITY_MISSING, "modality_missing")

enum plait__reason {
#define PLAIT__REASON_ENUM(name, text) PLAIT__REASON_##name,
    PLAIT__REASON_MAP(PLAIT__REASON_ENUM)
#undef PLAIT__REASON_ENUM
        PLAIT__REASON_COUNT
};

const char *plait__reason_name(enum plait__reason reason); /* "not_found" */

struct plait__field {
    const struct plait__field_rule *rule; /* name, type */
    const char *value;    /* normalised: money and number "1234.50", date "2018-03-31", others text; NULL: see reason */
    const char *currency; /* money: ISO 4217, or NULL when the page does not say */
    const char *text;     /* as printed; NULL when there is none */
    bool familiar;        /* the value is one that the package knows */
    const char *recalled; /* the confirmed document that it is from; NULL: none */
    float chosen;         /* of a recalled value: the tagger's logit that the words it stands in are the field */
    float confidence;     /* 0..1 that value is right, calibrated; with no value, that there is none */
    int page;             /* 0-based */
    float polygon[4][2];  /* around its words; meaningful with text */
    int line_count, word_count;
    const int *lines;                      /* indices of lines it stands on */
    const int *words;                      /* indices of its words, in reading order */
    float evidence[PLAIT__MODALITY_COUNT]; /* share of each sense, >= 0, sum 1; all 0: not measured */
    bool compared;                         /* two senses or more were asked one by one ... */
    float agreement;                       /* ... and so far say the same: 0..1 */
    enum plait__reason reason;
};

struct plait__check {
    const char *name; /* "total_is_sum_of_items" */
    bool passed;
    const char *detail; /* one sentence with the numbers */
};

struct plait__cell {
    int row, column, row_span, column_span;
    float polygon[4][2];
    const char *text;
    float confidence;
    bool header;
};

struct plait__table {
    int page, rows, columns, cell_count;
    float polygon[4][2];
    float confidence;
    const struct plait__cell *cells;
};

/* ------------------------------------------------------------------ the whole */

struct plait__modality_state {
    bool present;
    float quality; /* 0..1 */
    int64_t timestamp_us;
    float contribution; /* mean share over the fields found; NaN where it was not measured */
};

#define PLAIT__STAGE_MAP(X) \
    X(DECODE, "decode")     \
    X(DETECT, "detect")     \
    X(RECOGNISE, "recognise") X(ENCODE, "encode") X(ALIGN, "align") X(FUSE, "fuse") X(HEADS, "heads") X(TABLES, "tables")

enum plait__stage {
#define PLAIT__STAGE_ENUM(name, text) PLAIT__STAGE_##name,
    PLAIT__STAGE_MAP(PLAIT__STAGE_ENUM)
#undef PLAIT__STAGE_ENUM
        PLAIT__STAGE_COUNT
};
const char *plait__stage_name(enum plait__stage stage); /* "detect" */

struct plait__document {
    struct plait__arena arena;
    plait_context *context;
    const struct plait__package *package;
    const char *source_name, *media_type;
    struct plait__reading *reading; /* until the document is finished; see reading.h */
    char digest[65];                /* SHA-256 of the source's bytes, hexadecimal */
    struct plait__heard *heard;     /* what a voice note says; NULL when there is none; see voice.h */
    float type_confidence;
    int page_count, field_count, table_count, check_count, review_count;
    struct plait__page *pages;
    struct plait__field *fields; /* one a rule of the package, in its order */
    struct plait__table *tables;
    struct plait__check *checks;
    const char **reviews; /* "low_confidence:total" */
    struct plait__modality_state modalities[PLAIT__MODALITY_COUNT];
    bool fused; /* more than one sense was asked */
    uint64_t stage_us[PLAIT__STAGE_COUNT], total_us;
    uint64_t recall_us;                         /* looking into the memory */
    char *json;                                 /* made when first asked for; in the arena */
    uint8_t *png;                               /* the annotated page asked for last; owned, plait__release */
    uint64_t encoder_us[PLAIT__MODALITY_COUNT]; /* of the stage encode, by modality */
};

/* ------------------------------------------------------------------ stages */

/* Finds the lines of a grey page.  detect.c */
enum plait_status plait__detect(plait_context *context, const struct plait__detector *detector, const struct plait__image *grey,
                                struct plait__arena *arena, struct plait__quad **quads_out, int *count_out);

/* From where to where a stage takes the progress of the whole call, 0..1. */
struct plait__stretch {
    double from, to;
};

/* Reads them: fills the page's lines and words (width and height are set already).  Lines in which nothing is read are left
 * out.  `span` NULL: progress is not told.  recognise.c */
enum plait_status plait__recognise(plait_context *context, const struct plait__recogniser *recogniser,
                                   const struct plait__image *grey, const struct plait__quad *quads, int count,
                                   const struct plait__stretch *span, struct plait__arena *arena, struct plait__page *page);

/* How well a page was read, 0..1: mean confidence of its words times the share of the quads that turned out to be text. */
float plait__legibility(const struct plait__page *page, int quads);

/* Turns a page that was read badly the way up in which it reads best; `degrees_out`: clockwise, 0 where none is better by far.
 * upright.c */
enum plait_status plait__turn_upright(plait_context *context, const struct plait__package *package, struct plait__image *grey,
                                      struct plait__arena *arena, int *degrees_out);

/* Puts lines, and the words with them, into reading order.  order.c */
enum plait_status plait__order(plait_context *context, struct plait__arena *arena, struct plait__page *page);

/* Tags every word.  `grey` is NULL when there is no picture.  `present` are the senses that may be used; with `evidence` every
 * subset of them is asked too.  Adds its time to the stages encode and fuse of `stage_us`, and to `encoder_us`.  tag.c */
enum plait_status plait__tag(plait_context *context, const struct plait__tagger *tagger, const struct plait__page *page,
                             const struct plait__image *grey, unsigned present, bool evidence, struct plait__arena *arena,
                             uint64_t stage_us[PLAIT__STAGE_COUNT], uint64_t encoder_us[PLAIT__MODALITY_COUNT],
                             struct plait__tags *tags_out);

/* Puts words together to values: fills document->fields (field_count of them), with confidence, evidence and reason, from
 * the page that was read last.  `missing`: senses the package has and this document lacks.  fields.c, normalise.c, evidence.c
 */
enum plait_status plait__fields(struct plait__document *document, const struct plait__tags *tags, unsigned missing);

/* Fills document->checks from fields and pages.  checks.c */
enum plait_status plait__checks(struct plait__document *document);

#endif
