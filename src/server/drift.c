/* Whether what comes is still what a multimodal package was trained on: the newest embeddings of each modality beside the
 * statistics of the package (observe/drift.h).  Measuring takes tens of milliseconds, so it is done once in a while, by the
 * worker whose embedding fills the count; the others go on meanwhile. */
#include "fusion/moment.h"
#include "server/internal.h"

enum { WINDOW = 512, EVERY = 256 /* embeddings */ };

void plait__drifts_begin(struct plait__drifts *drifts) {
    *drifts = (struct plait__drifts){0};
    pthread_mutex_init(&drifts->lock, NULL);
}

void plait__drifts_end(struct plait__edition *edition) {
    struct plait__drifts *drifts = &edition->drifts;
    for (int s = 0; s < PLAIT__SENSES_MOST; s++) {
        if (!drifts->windows[s]) continue;
        if (edition->measure) /* nothing is asked of it any more */
            plait__gauge(edition->measure->drifted, PLAIT__LABELS(edition->name, edition->version, drifts->names[s]), 0);
        plait__drift_destroy(drifts->windows[s]);
    }
    plait_context_destroy(drifts->context);
    pthread_mutex_destroy(&drifts->lock);
}

/* The window of a modality, made when it is first needed; NULL: the package has no statistics of it, or memory is out.  The
 * statistics are a replica's, all of which stay as long as the edition. */
static struct plait__drift_window *window_of(struct plait__drifts *drifts, const struct plait__sense *sense, int s) {
    if (drifts->windows[s] || !sense->drift.reference.count) return drifts->windows[s];
    if (!drifts->context && plait_context_create(NULL, &drifts->context) != PLAIT_OK) return NULL;
    if (plait__drift_create(drifts->context, &sense->drift.reference, sense->size, WINDOW, &drifts->windows[s]) != PLAIT_OK)
        drifts->windows[s] = NULL;
    drifts->names[s] = sense->name;
    return drifts->windows[s];
}

static void measure(struct plait__edition *edition, const char *name, struct plait__drift_window *window) {
    struct plait__drift_figures figures;
    if (!edition->measure || plait__drift_measure(window, &figures) != PLAIT_OK || !figures.decided) return;
    plait__gauge(edition->measure->drift, PLAIT__LABELS(edition->name, edition->version, name), figures.psi);
    plait__gauge(edition->measure->drifted, PLAIT__LABELS(edition->name, edition->version, name), figures.drifted);
}

void plait__drifts_note(struct plait__edition *edition, const struct plait_moment *moment) {
    const struct plait__multimodal *multimodal = moment->package->multimodal;
    struct plait__drifts *drifts = &edition->drifts;
    if (pthread_mutex_trylock(&drifts->lock) != 0) return; /* somebody measures: this one is not needed */
    for (int s = 0; s < multimodal->sense_count; s++) {
        const struct plait__sense *sense = &multimodal->senses[s];
        struct plait__drift_window *window = moment->given[s].embedding ? window_of(drifts, sense, s) : NULL;
        if (!window) continue;
        plait__drift_add(window, moment->given[s].embedding);
        if (++drifts->added[s] % EVERY == 0) measure(edition, sense->name, window);
    }
    pthread_mutex_unlock(&drifts->lock);
}
