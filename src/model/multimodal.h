/* What a package of kind "multimodal" says: any number of modalities, how each becomes an embedding, and the patterns that make
 * one answer of them.  docs/multimodal.md is the manual of every member; the structs are the manifest, parsed and checked. */
#ifndef PLAIT_MODEL_MULTIMODAL_H
#define PLAIT_MODEL_MULTIMODAL_H

#include "model/package.h"
#include "observe/drift.h"

/* A set of modalities is a mask: bit s is senses[s]. */
enum {
    PLAIT__SENSES_MOST = 8,
    PLAIT__HEADS_MOST = 16,
    PLAIT__PATTERNS_MOST = 16,
    PLAIT__EXPERTS_MOST = 32,
    PLAIT__OUTPUTS_MOST = 4096 /* logits of all heads */
};

#define PLAIT__SENSE_KIND_MAP(X) \
    X(IMAGE, "image") X(TEXT, "text") X(LAYOUT, "layout") X(AUDIO, "audio") X(STRUCTURED, "structured")

enum plait__sense_kind {
#define PLAIT__SENSE_KIND_ENUM(name, text) PLAIT__SENSE_##name,
    PLAIT__SENSE_KIND_MAP(PLAIT__SENSE_KIND_ENUM)
#undef PLAIT__SENSE_KIND_ENUM
        PLAIT__SENSE_KIND_COUNT
};
const char *plait__sense_kind_name(enum plait__sense_kind kind);

/* Logits are softmax(scale * product of max(quality, 0.05)^exponent * logits)  (Guo et al., 2017). */
struct plait__temperature {
    float scale;
    float quality[PLAIT__SENSES_MOST]; /* exponents; 0: quality does not count */
};

/* A small function from numbers to numbers: a network, or a matrix in the manifest; both NULL: there is none. */
struct plait__map {
    struct plait__network network;
    int rows, columns;
    float *weights, *bias; /* [rows, columns], [rows] */
};

/* One question that is answered by one of some classes. */
struct plait__head {
    const char *name;
    const char **classes;
    int class_count, first; /* its logits are outputs first .. first + class_count */
};

struct plait__column {
    const char *name, *unit;
    bool category;
    float mean, deviation;
    const char **values; /* [value_count] of a category */
    int value_count;
};

/* How bytes become an encoder's input; which members count, the kind says. */
struct plait__input {
    int channels, height, width; /* image */
    struct plait__scale scale;   /* image, audio */
    int rate_hz;                 /* audio */
    int window, hop, fft;        /* samples */
    int bands, frames;
    float low_hz, high_hz, floor;
    bool trim;
    int length; /* text: characters */
    const char **alphabet;
    int alphabet_count;
    bool fold_case;
    int boxes; /* layout */
    int column_count, feature_count;
    struct plait__column *columns; /* structured */
};

/* What embeddings were in training, d = tokens * width. */
struct plait__drift {
    const char *mean_file, *covariance_file, *histogram_file, *sample_file;
    struct plait__drift_reference reference; /* count 0: the manifest has no statistics */
};

struct plait__sense {
    const char *name;
    enum plait__sense_kind kind;
    struct plait__input input;
    struct plait__network encoder;           /* file NULL: the input is the embedding */
    int width, tokens;                       /* tokens 0: an embedding is [width], else [tokens, width] */
    int size;                                /* floats of an embedding */
    struct plait__map head;                  /* [width or tokens * width] to logits of all heads */
    struct plait__temperature *temperatures; /* [head_count] of the head */
    float quality_least;
    int64_t stale_after_us; /* 0: never */
    struct plait__drift drift;
};

#define PLAIT__PATTERN_MAP(X) \
    X(LATE, "late")           \
    X(EARLY, "early")         \
    X(CROSS_ATTENTION, "cross_attention") X(EXPERTS, "experts") X(RETRIEVAL, "retrieval") X(CASCADE, "cascade")

enum plait__pattern_kind {
#define PLAIT__PATTERN_ENUM(name, text) PLAIT__PATTERN_##name,
    PLAIT__PATTERN_MAP(PLAIT__PATTERN_ENUM)
#undef PLAIT__PATTERN_ENUM
        PLAIT__PATTERN_COUNT
};

struct plait__expert {
    struct plait__network network;
    unsigned needs; /* modalities without which it is not asked */
};

struct plait__step {
    int sense;
    float least; /* calibrated confidence with which the cascade ends here */
};

/* Confirmed examples that a package brings: unit vectors a modality, and what they are. */
struct plait__examples {
    const char *files[PLAIT__SENSES_MOST], *labels_file;
    float *embeddings[PLAIT__SENSES_MOST]; /* [count, size of the sense]; NULL: no such modality */
    int *labels;                           /* [count, head_count] */
    int count;
};

struct plait__pattern {
    const char *name;
    enum plait__pattern_kind kind;
    const struct plait__pattern *then;       /* retrieval: base; cascade: the pattern after its steps */
    struct plait__temperature *temperatures; /* [head_count, 1 << sense_count] */
    float weights[PLAIT__SENSES_MOST];       /* late, where there is no map */
    struct plait__map map;                   /* late (stacked), early, cross_attention; experts: the gate */
    int top, expert_count;
    struct plait__expert *experts;
    struct plait__examples examples;
    int neighbours;
    float sharpness, share;
    int step_count;
    struct plait__step *steps;
};

struct plait__multimodal {
    int sense_count, head_count, pattern_count, output_count;
    struct plait__sense *senses;
    struct plait__head *heads;
    struct plait__pattern *patterns;
    const struct plait__pattern *pattern; /* used when none is asked for */
    int64_t tolerance_us;                 /* 0: timestamps are not compared */
    int prefer[PLAIT__SENSES_MOST];       /* senses, the one used first where they are misaligned */
};

/* The index of the modality of that name (`length` bytes); -1 when there is none. */
int plait__sense_find(const struct plait__multimodal *multimodal, const char *name, size_t length);
/* NULL when there is none. */
const struct plait__pattern *plait__pattern_find(const struct plait__multimodal *multimodal, const char *name);

struct plait__json;
/* Fills package->multimodal from the manifest. */
enum plait_status plait__multimodal_read(struct plait__package *package, const struct plait__json *root);
/* Reads the arrays that it names: examples, drift.  arrays.c */
enum plait_status plait__multimodal_arrays(struct plait__package *package);

#endif
