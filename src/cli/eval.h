/* What measuring a labelled set shares between its files. */
#ifndef PLAIT_CLI_EVAL_H
#define PLAIT_CLI_EVAL_H

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

/* Writes DIR/index.html with the worst cases, and beside it a picture of each with what was read drawn on it. */
enum plait_status plait__eval_worst(plait_model *model, const char *set_folder, const struct plait__case *cases, int case_count,
                                    int field_count, const char *const *field_names, const char *worst_folder);

#endif
