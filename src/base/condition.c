#include "base/condition.h"

void plait__condition_begin(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct timespec plait__condition_deadline(uint64_t microseconds_from_now) {
    enum { MILLION = 1000000, BILLION = 1000000000 };
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)(microseconds_from_now / MILLION);
    end.tv_nsec += (long)(microseconds_from_now % MILLION) * 1000;
    if (end.tv_nsec >= BILLION) end.tv_sec++, end.tv_nsec -= BILLION;
    return end;
}
