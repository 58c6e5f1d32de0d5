/* Waiting for a condition for so long at most, by the clock that nobody can set. */
#ifndef PLAIT_BASE_CONDITION_H
#define PLAIT_BASE_CONDITION_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

void plait__condition_begin(pthread_cond_t *condition); /* one whose deadlines are these: */
struct timespec plait__condition_deadline(uint64_t microseconds_from_now);

#endif
