/* One request and its answer.
 *
 * An exchange begins on the thread of the HTTP library, which reads the head and the body and calls the route's handler.  A
 * handler answers at once, or hands the exchange to the queue (plait__submit); a worker then runs `work`, which answers.  It is
 * used by one of these threads at a time, except for what says otherwise.  Its context gives it memory, and its sentence. */
#ifndef PLAIT_SERVER_EXCHANGE_H
#define PLAIT_SERVER_EXCHANGE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "observe/trace.h"

struct plait__exchange;
struct plait__server;
struct plait__edition;
struct plait__card;
struct plait__api_key;
struct plait__replica;
struct plait__wire;

enum { PLAIT__PATH_PARTS = 3, PLAIT__ANSWER_HEADERS = 8, PLAIT__TOGETHER_MOST = 64 };

/* What may be asked for.  routes.c has them all. */
struct plait__route {
    const char *method;
    const char *pattern; /* "/v2/models/{}/ready": a {} takes one part of the path */
    const char *name;    /* in metrics and traces */
    bool has_body;
    const char *scope;                                /* that a key must have; NULL: anybody may ask */
    void (*handle)(struct plait__exchange *exchange); /* the whole request is there */
    size_t body_most;                                 /* bytes; 0: as many as the server lets in */
};

struct plait__exchange {
    struct plait__server *server;
    struct MHD_Connection *connection; /* NULL: nobody waits for the answer on a connection */
    struct plait__wire *wire;
    atomic_int references;
    plait_context *context;
    struct plait__arena arena;

    /* The request. */
    const struct plait__route *route;
    const char *path;
    const char *parts[PLAIT__PATH_PARTS]; /* what stands for each {} of the route, decoded */
    struct plait__buffer body;
    bool refused;                              /* the answer is known: the body is not kept */
    uint64_t start_us, queued_us, deadline_us; /* by the context's clock; deadline 0: none */
    uint64_t start_unix_us;
    char id[40]; /* the client's, if it gave a decent one */
    struct plait__trace trace;
    int span;                   /* the request's */
    struct plait__api_key *key; /* whose limits it counts for, until its work is over; under the keys' lock */
    char key_id[17];            /* "": none */
    char model[80];             /* NAME@VERSION that worked; "": none */
    uint64_t began_us;          /* a worker did */
    atomic_bool stopped;        /* nobody wants the answer any more; any thread */

    /* Work for a worker. */
    void (*work)(struct plait__exchange *exchange, struct plait__replica *replica);
    /* The same for several at once, whose `alike` is the same and not NULL; NULL: there is no such thing. */
    void (*work_together)(struct plait__exchange *const *exchanges, int count, struct plait__replica *replica);
    const void *alike;
    struct plait__edition *edition; /* held while the exchange waits and works; NULL: the work needs no model */
    const struct plait__card *card; /* of the edition: what was asked for of it */
    bool version_named;             /* by the client: no other version stands in */
    struct plait__edition *canary;  /* could not do it, so that `edition` stands in; held.  NULL: none */
    bool canary_failed;             /* as it was done then */
    uint64_t canary_us;             /* it had worked */
    bool spare;                     /* nobody waits for it: it is worked on when nothing else is to be done, and gives way */
    void *job;                      /* what the handler prepared; in the arena */
    struct plait__exchange *next;   /* in the queue */

    /* How far it is: for those who watch or come back.  Under the lock. */
    pthread_mutex_t lock;
    bool streams;      /* the answer goes out as server-sent events */
    bool parked;       /* the stream waits for news: its connection is suspended */
    bool finished;     /* no worker has it any more */
    const char *stage; /* static text; NULL: it waits */
    double fraction;
    struct plait__buffer events;
    size_t events_sent;
    struct plait__exchange *heir; /* has the connection now, and the answer for it: this one goes on without */

    /* The answer. */
    bool answered;
    int status;
    char failure[160];      /* the sentence of an answer of 5xx, for the log; "": none */
    const char *media_type; /* static text */
    struct plait__buffer answer;
    int header_count;
    struct plait__answer_header {
        const char *name; /* static text */
        const char *value;
    } headers[PLAIT__ANSWER_HEADERS];
};

/* ---- what was asked; on the HTTP thread only ---- */

const char *plait__header(const struct plait__exchange *exchange, const char *name);   /* NULL: not given */
const char *plait__argument(const struct plait__exchange *exchange, const char *name); /* of the query; NULL: not given */

/* ---- answering; once ---- */

/* A body that stands in `answer` already. */
void plait__answer(struct plait__exchange *exchange, int status, const char *media_type);
/* {"error":"sentence"} */
void plait__answer_error(struct plait__exchange *exchange, int status, const char *format, ...) PLAIT__PRINTF(3, 4);
/* The same for what a call into Plait said: the status code that suits it. */
void plait__answer_failure(struct plait__exchange *exchange, enum plait_status status, const char *sentence);
/* `value` is kept as it is: static, or in the arena. */
void plait__answer_header(struct plait__exchange *exchange, const char *name, const char *value);

/* ---- going on elsewhere ---- */

/* Puts the exchange, whose `work` and `edition` are set, into the queue, or answers 429.  The edition's hold goes with it.
 * For handlers: nothing may be done with the exchange afterwards. */
void plait__submit(struct plait__exchange *exchange);

/* A worker is done with it; the exchange is answered. */
void plait__finish(struct plait__exchange *exchange);

/* How far the work is; the worker's thread. */
void plait__exchange_progress(struct plait__exchange *exchange, const char *stage, double fraction);

/* Leaves the connection to a new exchange, `heir`, which the caller answers; NULL when memory is out. */
struct plait__exchange *plait__exchange_detach(struct plait__exchange *exchange);

/* NULL when memory is out. */
struct plait__exchange *plait__exchange_create(struct plait__server *server);
void plait__exchange_release(struct plait__exchange *exchange);

#endif
