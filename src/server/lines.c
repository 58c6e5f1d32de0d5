/* Where the lines of documents meet that are read at the same time by replicas of one edition, to share runs of its recogniser.
 */
#include <stdio.h>

#include "server/internal.h"

static void note(void *user, int lines, int pages) {
    const struct plait__edition *edition = user;
    char name[sizeof edition->name + 16];
    if (!edition->measure) return;
    snprintf(name, sizeof name, "%s.recogniser", edition->name);
    plait__observe(edition->measure->batch_sizes, PLAIT__LABELS(name), pages);
    plait__observe(edition->measure->line_batch_sizes, PLAIT__LABELS(name), lines);
}

void plait__lines_begin(const struct plait__repository *repository, struct plait__edition *edition) {
    plait__crops_begin(&edition->lines, repository->batch < PLAIT__TOGETHER_MOST ? repository->batch : PLAIT__TOGETHER_MOST);
    edition->lines.delay_us = repository->batch_delay_us;
    edition->lines.ran = note;
    edition->lines.user = edition;
    edition->measure = repository->measure;
}
