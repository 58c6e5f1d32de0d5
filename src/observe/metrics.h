/* Metrics: counters, gauges and histograms with labels, written in Prometheus's text format (version 0.0.4).
 *
 * Families are added before the registry is shared; from then on any thread may add, set, observe and write.  What a label may
 * say is bounded: a family has room for so many label sets, and what comes after them is counted under "other", so that a
 * client cannot fill the memory with names it makes up. */
#ifndef PLAIT_OBSERVE_METRICS_H
#define PLAIT_OBSERVE_METRICS_H

#include "base/buffer.h"

enum {
    PLAIT__METRIC_LABELS = 3,       /* of a family, at most */
    PLAIT__METRIC_LABEL_BYTES = 48, /* of a label's value, with its NUL; longer ones are cut */
    PLAIT__METRIC_BOUNDS = 20,      /* of a histogram, at most, +Inf not counted */
};

struct plait__metrics; /* the registry */
struct plait__metric;  /* a family: one name, a series for every label set */

enum plait__metric_kind { PLAIT__COUNTER, PLAIT__GAUGE, PLAIT__HISTOGRAM };

struct plait__metric_info {
    enum plait__metric_kind kind;
    const char *name;                         /* "plait_requests_total": static text */
    const char *help;                         /* one sentence: static text */
    const char *labels[PLAIT__METRIC_LABELS]; /* names, the rest NULL: static text */
    int series_most;                          /* label sets; 0: 64 */
    double bounds[PLAIT__METRIC_BOUNDS];      /* histogram: ascending, above 0, the rest 0 */
};

/* Everything lives in the context, which must outlive the registry; it is used while families are added, and not afterwards. */
enum plait_status plait__metrics_create(plait_context *context, struct plait__metrics **metrics_out);
void plait__metrics_destroy(struct plait__metrics *metrics);

/* NULL when memory is out.  The registry owns it. */
struct plait__metric *plait__metric_add(struct plait__metrics *metrics, const struct plait__metric_info *info);

/* Values of the labels in the family's order: PLAIT__LABELS("documents", "200"); NULL where it has none. */
#define PLAIT__LABELS(...) ((const char *const[PLAIT__METRIC_LABELS]){__VA_ARGS__})

/* A NULL metric is passed over, so that what is not observed need not be asked for. */
void plait__count(struct plait__metric *counter, const char *const *labels, double amount); /* 0 or more */
void plait__gauge(struct plait__metric *gauge, const char *const *labels, double value);
void plait__gauge_add(struct plait__metric *gauge, const char *const *labels, double amount);
void plait__observe(struct plait__metric *histogram, const char *const *labels, double value);

/* The value of a series, or how many were observed; 0 when there is no such series. */
double plait__metric_value(struct plait__metric *metric, const char *const *labels);

enum plait_status plait__metrics_write(struct plait__metrics *metrics, struct plait__buffer *buffer);

#endif
