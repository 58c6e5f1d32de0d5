/* Another program, run on bytes from outside where it can do no harm. */
#ifndef PLAIT_MEDIA_CHILD_H
#define PLAIT_MEDIA_CHILD_H

#include "base/buffer.h"

/* What to run.  The program gets `input` on stdin and nothing else: no shell, an empty environment but for PATH, no other open
 * file, no network, no writing to files, no new privileges. */
struct plait__child {
    const char *const *arguments; /* the program first, looked for in PATH unless it has a /; NULL after the last */
    const void *input;
    size_t input_size;
    size_t memory_most; /* bytes of address space */
    int seconds_most;   /* of processor time, and twice that by the clock */
};

/* How it ended. */
struct plait__child_end {
    int exit;       /* exit status; -1: ended by a signal */
    char said[512]; /* the beginning of what it wrote on stderr, printable ASCII in one line */
};

/* Runs it to its end; stdout goes to `output`.  NOT_FOUND: there is no such program; LIMIT: it took too long, or wrote more
 * than the buffer's ceiling; CANCELLED; IO.  How the program itself fared is in `end_out`. */
enum plait_status plait__child_run(plait_context *context, const struct plait__child *child, struct plait__buffer *output,
                                   struct plait__child_end *end_out);

/* What a child does to itself before it becomes the program; afterwards nothing can be taken back.  Only calls that are safe
 * after fork.  confine.c */
void plait__confine(size_t memory_most, int seconds_most);

#endif
