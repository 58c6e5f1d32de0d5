/* The HTTP endpoint.  docs/server.md is its manual. */
#ifndef PLAIT_SERVER_SERVER_H
#define PLAIT_SERVER_SERVER_H

#include <sys/types.h>

#include "plait.h"

/* What outlives a server that crashed: shared by the process that serves and the one that waits for it. */
enum { PLAIT__NAME_BYTES = 96, PLAIT__TRIALS_MOST = 16 };

struct plait__fallen {
    pid_t supervisor;
    int crashes, signal;                                /* until now, and of the last one */
    char trials[PLAIT__TRIALS_MOST][PLAIT__NAME_BYTES]; /* NAME@VERSION that were on trial; "": none */
};

struct plait__serve_options {
    const char *address;        /* "127.0.0.1" */
    int port;                   /* 0: one that is free */
    const char *const *folders; /* of model packages */
    int folder_count;
    const char *model;   /* NAME or NAME@VERSION that documents are read with */
    const char *backend; /* NULL: the default */
    bool all_versions;   /* of each model; otherwise the newest */
    int workers;         /* threads, each with a copy of every model */
    int model_memory;    /* MiB that each of these copies may take */
    int queue;           /* requests that may wait for a worker */
    int batch;           /* runs of a network that several requests share: so many requests, or lines, at most; 1: none do */
    int batch_delay;     /* microseconds that the first of them may wait for more */
    int connections;
    int body_most;                         /* MiB */
    int pixels_most;                       /* million; of a picture */
    int pages_most;                        /* of a PDF */
    int timeout;                           /* seconds from a request's head to its answer; a client may ask for less */
    int idle;                              /* seconds a connection may wait for its next request */
    int slow;                              /* seconds a head may take, and a body (and one more for each 64 KiB it has) */
    int grace;                             /* seconds for what is under way at SIGTERM */
    const char *user;                      /* whom the process becomes once it listens; NULL: it stays who it is */
    const char *keys;                      /* file of API keys; NULL: anybody may ask */
    const char *audit;                     /* audit log; NULL: none */
    const char *traces;                    /* URL of an OTLP collector, with its path; NULL: none */
    int sample;                            /* per cent of the traces that begin here */
    bool quiet;                            /* no line a request */
    const char *tls_certificate, *tls_key; /* PEM files; NULL: plain HTTP */
    int telemetry;                         /* reports a second that devices may send; 0: none */
    const char *origins;                   /* of pages that may ask, separated by commas, or "*"; NULL: none but the server's */
    const char *feedback;                  /* file that corrections are appended to; NULL: to none */
    const char *memory, *memory_key;       /* what was confirmed, and its key; NULL: nothing is remembered */
    int listening;                         /* a socket that listens already; 0: none.  plait__supervise's, as is the next */
    struct plait__fallen *fallen;          /* NULL: nobody waits for this process */
};

void plait__serve_options_default(struct plait__serve_options *options);

/* Loads the package, or the folder of a model.onnx, and runs it once, as a server has done by another process before it loads
 * one. */
enum plait_status plait__serve_try(plait_context *context, const struct plait__serve_options *options, const char *folder);

/* Serves until SIGTERM or SIGINT; the context is for the server's own memory. */
enum plait_status plait__serve(plait_context *context, const struct plait__serve_options *options);

/* Has a child serve, and another one when a signal ends it, five times a minute at most.  In the child it is plait__serve; in
 * the parent `exit_out` is how the last child ended, as a shell says it.  Otherwise it is negative.  No thread may have been
 * begun. */
enum plait_status plait__supervise(plait_context *context, struct plait__serve_options *options, int *exit_out);

#endif
