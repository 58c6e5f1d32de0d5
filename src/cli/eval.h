/* What measuring a labelled set shares between its files. */
#ifndef PLAIT_CLI_EVAL_H
#define PLAIT_CLI_EVAL_H

#include <stdio.h>

#include "base/file.h"
#include "document/score.h"

/* One document of the set: its truth, and what became of it. Everything lives in the evaluation's arena. */
struct plait__case {
    const char *stem; /* "012" */
    struct plait__truth truth;
    bool read;
    double word_f1;
    int faults;                        /* fields that are wrong */
    const char **texts;                /* [field_count] what was read as text, NULL when nothing was */
    const char **values;               /* [field_count] likewise */
    struct plait__field_score *scores; /* [field_count] */
    uint64_t wall_us;                  /* reading and writing the JSON */
    uint64_t stage_us[PLAIT__STAGE_COUNT];
};

/* An evaluation under way. */
struct plait__evaluation {
    plait_context *context;
    plait_model *model;
    const char *folder, *without;
    bool true_text;    /* the words come from the labels: the tagger alone is measured */
    FILE *predictions; /* documents, one a line; may be NULL */
    struct plait__arena arena;
    int count;
    struct plait__case *cases;
    struct plait__set_score set;
};

/* Reads one document as the evaluation wants it.  The picture's file is open afterwards; close it with plait__file_close. */
enum plait_status plait__eval_read(const struct plait__evaluation *evaluation, const struct plait__case *one,
                                   struct plait__file *picture_out, plait_document **document_out);

/* Writes FOLDER/index.html with the worst cases, and beside it a picture of each with what was read drawn on it. */
enum plait_status plait__eval_worst(const struct plait__evaluation *evaluation, const char *folder);

#endif
