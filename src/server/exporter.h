/* Traces sent to a collector: OTLP over HTTP, as JSON (opentelemetry-proto 1.x).  In batches, by a thread of its own; what the
 * collector cannot take is tried again, and dropped and counted when there is too much of it. */
#ifndef PLAIT_SERVER_EXPORTER_H
#define PLAIT_SERVER_EXPORTER_H

#include <pthread.h>

#include "observe/trace.h"
#include "server/curl.h"

struct plait__server;

enum { PLAIT__TRACES_MOST = 256 };

struct plait__exporter {
    plait_context *context; /* of the thread */
    struct plait__curl curl;
    const char *url, *headers, *service; /* headers: "name=value,name=value"; NULL: none */
    const char *function, *revision;     /* of it that the platform runs; NULL: it does not say */
    bool started, ending;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct plait__trace *ring; /* [PLAIT__TRACES_MOST] */
    int first, count;
};

/* `url` NULL: no traces are sent. */
enum plait_status plait__exporter_begin(struct plait__server *server, const char *url);
void plait__exporter_end(struct plait__server *server); /* one last try for what waits */

/* A copy of a finished trace; any thread. */
void plait__exporter_add(struct plait__server *server, const struct plait__trace *trace);

#endif
