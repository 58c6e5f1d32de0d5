/* Drift: whether embeddings are still what they were in training.
 *
 * The newest are kept in a window of a size given once, and compared with statistics of training in three ways, each of which
 * has a value that is known for embeddings that did not change:
 *
 * - mean: Mahalanobis distance of the mean, scaled as Hotelling's T² is (Hotelling, 1931), by degrees of freedom: 1;
 * - shares: population stability index of each dimension over bins of equal share (Siddiqi, Credit Risk Scorecards, 2006), less
 *   what chance adds, (bins - 1) (1/n + 1/N) (Yurdakul, 2018): 0;
 * - whole: squared maximum mean discrepancy with a Gaussian kernel, unbiased (Gretton et al., JMLR 2012): 0.
 *
 * Adding copies one embedding; measuring takes bounded time, whatever was added.  Used by one thread at a time. */
#ifndef PLAIT_OBSERVE_DRIFT_H
#define PLAIT_OBSERVE_DRIFT_H

#include "base/json_write.h"

enum {
    PLAIT__DRIFT_LEAST = 20,         /* embeddings, below which nothing is decided */
    PLAIT__DRIFT_FACTORED = 1024,    /* floats of an embedding, above which the distance of the mean is left out */
    PLAIT__DRIFT_COMPARED = 256,     /* embeddings of either side, evenly taken, that are compared in pairs */
    PLAIT__DRIFT_PERMUTATIONS = 499, /* so that the least p is 0.002 */
};

/* Embeddings are said to have drifted where both hold: that it is no chance, and that it is large enough to matter. */
#define PLAIT__DRIFT_MMD_P 0.01 /* p of the maximum mean discrepancy below this, */
#define PLAIT__DRIFT_PSI   0.1  /* and the stability index above, where Siddiqi begins to speak of a change */

/* What embeddings [d] were in training; all f32 and finite, data NULL where it is not known. */
struct plait__drift_reference {
    int count;                                        /* embeddings that the statistics are of, 1 or more */
    plait_tensor mean, covariance, histogram, sample; /* [d], [d, d], [d, bins + 1] edges, ascending, [n, d] */
};

struct plait__drift_figures {
    int count;                   /* embeddings that were measured: those in the window */
    int64_t unusable;            /* of all that were added, had a number that is not finite, and were left out */
    double distance, distance_p; /* T² / degrees of freedom, and the chance of one as large without drift */
    double psi, psi_worst;       /* mean over dimensions, and the largest */
    int psi_worst_dimension;     /* -1: not known */
    double mmd2, mmd_p;          /* p by permutation, with a fixed seed */
    bool decided, drifted;       /* not decided: too few embeddings, or no histogram or no sample to compare with */
}; /* NAN: cannot be said */

struct plait__drift_window;

/* A window of the newest `most` embeddings of `size` floats, both 1 or more.  `reference` must stay.  INVALID: its shapes are
 * not those of embeddings [size], its edges do not ascend, its covariance is none. */
enum plait_status plait__drift_create(plait_context *context, const struct plait__drift_reference *reference, int size,
                                      int most, struct plait__drift_window **window_out);
void plait__drift_destroy(struct plait__drift_window *window);

void plait__drift_add(struct plait__drift_window *window, const float *embedding); /* [size], copied */

enum plait_status plait__drift_measure(struct plait__drift_window *window, struct plait__drift_figures *figures_out);

/* The members of an object that is open. */
void plait__drift_write(struct plait__writer *writer, const struct plait__drift_figures *figures);

/* ------------------------------------------------------------------ discrepancy.c */

/* MMD² of `a` [a_count, size] against `b` [b_count, size], at most PLAIT__DRIFT_COMPARED rows of each, and its p; NAN where one
 * of them has fewer than two rows. */
enum plait_status plait__discrepancy(plait_context *context, const float *a, int a_count, const float *b, int b_count, int size,
                                     double *mmd2_out, double *p_out);

#endif
