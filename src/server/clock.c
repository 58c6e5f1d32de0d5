/* Clocks.  What lasts, waits or runs out is measured by the monotonic clock, which nobody can set; the wall clock only stamps
 * what people and other machines read. */
#include <poll.h>
#include <time.h>

#include "server/internal.h"

enum { MILLION = 1000000 };

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
