/* How far the clocks of two sources are apart, from what happens in both.
 *
 * Each source says how much is going on in it (an activity: motion in a picture, energy of a sound).  Every so often the newest
 * stretch of both is put on one grid and correlated at all lags up to a largest one; the highest peak, refined by a parabola
 * through its neighbours, is an estimate of the lag.  Offset and drift are the line through the newest estimates by the median
 * of slopes between all pairs (Theil, 1950; Sen, 1968), which a third of wild estimates does not move far.  The slope is
 * believed as far as there is evidence for it: it is shrunk by how far it may be off beside how far clocks usually drift apart.
 *
 * Everything follows from what is added, in that order: the same additions give the same numbers, bit for bit. */
#ifndef PLAIT_STREAM_SYNC_H
#define PLAIT_STREAM_SYNC_H

#include "base/context.h"

struct plait__sync_options {
    int64_t step_us;    /* of the grid */
    int64_t span_us;    /* the stretch that is correlated */
    int64_t every_us;   /* how often, in time of source 0 */
    int64_t longest_us; /* largest lag that is looked for, either way */
    int64_t hold_us;    /* two activities farther apart have a hole between them, in which nothing is known */
    float least;        /* correlation from which a peak is believed, 0..1 */
    double usual_ppm;   /* how far clocks drift apart: one standard deviation */
};

void plait__sync_options_default(struct plait__sync_options *options); /* 5 ms, 8 s, 1 s, 1.5 s, 150 ms, 0.3, 200 */

struct plait__sync;
enum plait_status plait__sync_create(plait_context *context, const struct plait__sync_options *options,
                                     struct plait__sync **sync_out);
void plait__sync_destroy(struct plait__sync *sync); /* accepts NULL */

/* An activity of source 0 or 1 at a time of its own clock; a time at or before the newest of that source is ignored. */
void plait__sync_add(struct plait__sync *sync, int source, int64_t time_us, float activity);

/* What is known: a moment that source 0 calls t is called t + lag by source 1. */
struct plait__lag {
    bool known;
    double offset_us; /* at time `from_us` of source 1 */
    double drift_ppm; /* microseconds that it grows in a second of source 1 */
    int64_t from_us;
    float peak;       /* correlation of the newest estimate */
    double spread_us; /* median distance of the estimates from the line */
    int estimates;
};
void plait__sync_lag(const struct plait__sync *sync, struct plait__lag *lag_out);

/* The lag at a time of source 1, and that time on the clock of source 0. */
double plait__lag_at(const struct plait__lag *lag, int64_t time_us);
int64_t plait__lag_correct(const struct plait__lag *lag, int64_t time_us);

/* Forgets everything: the clock of a source has jumped. */
void plait__sync_reset(struct plait__sync *sync);

#endif
