/* Fusion: from what modalities gave to one answer.
 *
 *     moment ─► which modalities may be used ─► pattern: logits for every subset of them ─► calibrated probabilities ─►
 *     label, contributions, agreement
 *
 * A pattern answers for many sets of modalities at once, since explaining an answer takes all subsets. */
#ifndef PLAIT_FUSION_FUSION_H
#define PLAIT_FUSION_FUSION_H

#include "fusion/moment.h"

/* Why a modality was used or was not. */
#define PLAIT__STATE_MAP(X) \
    X(USED, "used")         \
    X(MISSING, "missing")   \
    X(LEFT_OUT, "left_out") X(GATED, "gated") X(STALE, "stale") X(MISALIGNED, "misaligned") X(NOT_NEEDED, "not_needed")

enum plait__state {
#define PLAIT__STATE_ENUM(name, text) PLAIT__STATE_##name,
    PLAIT__STATE_MAP(PLAIT__STATE_ENUM)
#undef PLAIT__STATE_ENUM
};
const char *plait__state_name(enum plait__state state);

/* A confirmed example near the input. */
struct plait__neighbour {
    int index;
    float similarity; /* cosine */
};

/* Sets under way: `sets` [set_count], none of them empty; results [set_count, output_count] logits and, where the pattern has
 * such, [set_count, sense_count] weights. */
struct plait__sets {
    plait_context *context;
    struct plait__arena *arena;
    struct plait_moment *moment;
    const struct plait__multimodal *multimodal;
    const unsigned *sets;
    int set_count;
    float *logits, *weights;
    bool weighted;                       /* weights were filled */
    float *expert_weights;               /* [PLAIT__EXPERTS_MOST] of the first set; 0: did not run */
    struct plait__neighbour *neighbours; /* of the first set, the nearest first */
    int neighbour_count;
};

enum plait_status plait__fuse_sets(const struct plait__pattern *pattern, struct plait__sets *sets);
/* The patterns, a file each. */
enum plait_status plait__fuse_late(const struct plait__pattern *pattern, struct plait__sets *sets);
enum plait_status plait__fuse_joint(const struct plait__pattern *pattern, struct plait__sets *sets);
enum plait_status plait__fuse_experts(const struct plait__pattern *pattern, struct plait__sets *sets);
enum plait_status plait__fuse_retrieval(const struct plait__pattern *pattern, struct plait__sets *sets);

/* The inputs of a joint network for the sets: embeddings [set_count, ...] with zeros where absent, and who is present.
 * `inputs_out` has sense_count + 1 places. */
enum plait_status plait__joint_inputs(struct plait__sets *sets, plait_tensor *inputs_out);

/* softmax(scale * logits) of one head, in place allowed; and its logarithm with scale 1. */
void plait__softmax(const float *logits, int count, float scale, float *out);
void plait__log_softmax(const float *logits, int count, float *out);

/* Calibrated probabilities [output_count] of a set. */
void plait__calibrated(const struct plait__multimodal *multimodal, const struct plait__temperature *temperatures, int stride,
                       const struct plait_moment *moment, unsigned set, const float *logits, float *out);

/* One answer of one head. */
struct plait__answer {
    int label; /* class; -1: nothing was there to answer from */
    float confidence;
    double shapley[PLAIT__SENSES_MOST]; /* sum to confidence - 1 / classes */
    float shares[PLAIT__SENSES_MOST];
};

/* A step of the way to the answer. */
struct plait__way {
    const char *step; /* "unimodal:image", "fused" */
    float confidence;
    uint64_t us;
};

struct plait_fusion {
    plait_context *context;
    const struct plait__package *package;
    const struct plait__pattern *pattern; /* that gave the answer's logits; NULL: a single modality's head did */
    const struct plait__pattern *asked;
    struct plait__arena arena;
    unsigned used;
    enum plait__state states[PLAIT__SENSES_MOST];
    const char *reasons[PLAIT__SENSES_MOST];       /* a sentence; NULL where there is none to say */
    struct plait__given given[PLAIT__SENSES_MOST]; /* quality and time; no tensors */
    float *probabilities;                          /* [output_count] */
    struct plait__answer answers[PLAIT__HEADS_MOST];
    int *set_labels; /* [1 << sense_count], of the first head, from those modalities alone; -1: not asked */
    float *set_confidences;
    float weights[PLAIT__SENSES_MOST];
    bool weighted, explained;
    float agreement; /* 0..1; 1 where at most one modality was used */
    bool conflict;
    float expert_weights[PLAIT__EXPERTS_MOST];
    struct plait__neighbour *neighbours;
    int neighbour_count;
    int64_t lag_us; /* the largest difference of timestamps; -1: fewer than two have one */
    struct plait__way ways[PLAIT__SENSES_MOST + 1];
    int way_count;
    uint64_t encode_us, fuse_us;
    char *json;
};

/* Which modalities may be used, and why not: fills used, states, reasons and lag_us.  state.c */
enum plait_status plait__fusion_states(struct plait_fusion *fusion, const struct plait_moment *moment,
                                       const plait_fuse_options *options);

#endif
