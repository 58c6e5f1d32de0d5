/* Protocol Buffers through nanopb, lazily: a nested message, text or run of bytes is taken as a slice of the file, to be
 * decoded or copied when it is wanted.  So nothing recurses by itself, and weights stay where they are. */
#ifndef PLAIT_ONNX_WIRE_H
#define PLAIT_ONNX_WIRE_H

#include <pb_decode.h>

#include "base/arena.h"

struct plait__slice {
    const uint8_t *data; /* NULL: the field is not there */
    size_t size;
};

struct plait__slices {
    struct plait__arena *arena;
    int count, capacity;
    struct plait__slice *items;
};

enum plait__number_kind { PLAIT__NUMBER_VARINT, PLAIT__NUMBER_FLOAT, PLAIT__NUMBER_DOUBLE };

/* A repeated number, packed or not. */
struct plait__numbers {
    struct plait__arena *arena;
    enum plait__number_kind kind;
    size_t count, capacity;
    union {
        int64_t *ints;
        float *floats;
        double *doubles;
        void *any;
    };
};

/* Callbacks to put into a nanopb message before it is decoded. */
pb_callback_t plait__take_slice(struct plait__slice *slice);
pb_callback_t plait__take_slices(struct plait__slices *slices, struct plait__arena *arena);
pb_callback_t plait__take_numbers(struct plait__numbers *numbers, enum plait__number_kind kind, struct plait__arena *arena);

/* Decodes one message; `what` names it in the error. */
enum plait_status plait__decode(plait_context *context, struct plait__slice slice, const pb_msgdesc_t *fields, void *message,
                                const char *what);

/* A text with a NUL behind it, in the arena.  Fails on a NUL inside, which would cut a name short. */
enum plait_status plait__slice_text(struct plait__arena *arena, struct plait__slice slice, const char **text_out);
bool plait__slice_is(struct plait__slice slice, const char *text);

#endif
