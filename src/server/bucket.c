#include "server/bucket.h"

#include <math.h>

bool plait__bucket_take(struct plait__bucket *bucket, uint64_t now_us, double *wait_out) {
    if (bucket->rate <= 0) return true;
    const double come = bucket->filled_us ? bucket->rate * (double)(now_us - bucket->filled_us) / 1e6 : bucket->burst;
    bucket->tokens = fmin(bucket->burst, bucket->tokens + come);
    bucket->filled_us = now_us;
    if (bucket->tokens < 1) {
        *wait_out = (1 - bucket->tokens) / bucket->rate;
        return false;
    }
    bucket->tokens -= 1;
    return true;
}
