/* A bucket of tokens: one is taken for every request, and so many come back in a second. */
#ifndef PLAIT_SERVER_BUCKET_H
#define PLAIT_SERVER_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct plait__bucket {
    double rate, burst; /* tokens a second, and at most; rate 0: there is always one */
    double tokens;
    uint64_t filled_us; /* monotonic; 0: never, and it is full once it is */
};

/* False: there is none, but in `wait_out` seconds there is.  One thread at a time. */
bool plait__bucket_take(struct plait__bucket *bucket, uint64_t now_us, double *wait_out);

#endif
