/* Clocks.  What lasts, waits or runs out is measured by the monotonic clock, which nobody can set; the wall clock only stamps
 * what people and other machines read. */
#include <poll.h>
#include <time.h>

#include "server/internal.h"

enum { MILLION = 1000000, BILLION = 1000000000 };

static uint64_t microseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * MILLION + (uint64_t)now.tv_nsec / 1000;
}

uint64_t plait__server_now(const struct plait__server *server) {
    return plait__now_us(server->context);
}

uint64_t plait__unix_now(void) {
    return microseconds(CLOCK_REALTIME);
}

uint64_t plait__processor_now(void) {
    return microseconds(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t plait__calendar_now(const struct plait__server *server) {
    return server->start_unix_us + (plait__server_now(server) - server->start_us);
}

uint64_t plait__exchange_unix_now(const struct plait__exchange *exchange) {
    return exchange->start_unix_us + (plait__server_now(exchange->server) - exchange->start_us);
}

void plait__sleep_ms(int milliseconds) {
    poll(NULL, 0, milliseconds);
}

/* ------------------------------------------------------------------ waiting for a condition */

void plait__condition_begin(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct timespec plait__condition_deadline(uint64_t microseconds_from_now) {
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)(microseconds_from_now / MILLION);
    end.tv_nsec += (long)(microseconds_from_now % MILLION) * 1000;
    if (end.tv_nsec >= BILLION) end.tv_sec++, end.tv_nsec -= BILLION;
    return end;
}
