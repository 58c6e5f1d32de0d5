/* A request of the inference protocol under way. */
#ifndef PLAIT_SERVER_INFER_H
#define PLAIT_SERVER_INFER_H

#include "base/json.h"
#include "server/documents.h"
#include "server/fuse.h"
#include "server/tensors.h"

/* The tensors' data is in the exchange's arena or in its body. */
struct plait__infer {
    struct plait__exchange *exchange;
    plait_context *context;
    plait_session *session; /* NULL: the package ... */
    plait_model *package;   /* ... which is this */
    size_t json_size;       /* of the body's JSON, which binary data follows */
    bool raw;               /* the body is the only input's data and nothing else */
    struct plait__json root;
    struct plait__span_of_text runs[PLAIT__TENSORS_MOST];
    int run_count;
    const char *binary, *binary_end;     /* not taken yet */
    struct plait__document_job document; /* of a package that reads documents ... */
    struct plait__fuse_job fuse;         /* ... or is multimodal */
    plait_tensor *inputs, *outputs;
    size_t input_count, output_count;
    bool *wanted, *as_binary; /* [output_count] */
    bool all_binary;
};

/* Fills in all but the outputs' data, from the exchange's body; `session` is set.  infer_read.c */
enum plait_status plait__infer_read(struct plait__infer *infer);

/* Answers with the outputs, or with the package's JSON (NULL: none). */
void plait__infer_answer(struct plait__infer *infer, const struct plait__buffer *json);
/* Answers what a run that failed said. */
void plait__infer_answer_failure(struct plait__infer *infer, enum plait_status status, const char *sentence);

/* Runs a network once for several requests, as work_together of their exchanges.  infer_together.c */
void plait__infer_together(struct plait__exchange *const *exchanges, int count, struct plait__replica *replica);
void plait__infer_alone(struct plait__infer *infer, struct plait__replica *replica); /* what was read */
/* Asks the stable version, where a canary could not; false: nothing is answered. */
bool plait__infer_again(struct plait__infer *infer);

#endif
