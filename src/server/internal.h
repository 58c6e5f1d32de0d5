/* What the parts of the server share: the server itself and its queue. */
#ifndef PLAIT_SERVER_INTERNAL_H
#define PLAIT_SERVER_INTERNAL_H

#include <microhttpd.h>

#include "base/condition.h"
#include "server/exchange.h"
#include "server/exporter.h"
#include "server/gpu.h"
#include "server/keys.h"
#include "server/lambda.h"
#include "server/measure.h"
#include "server/repository.h"
#include "server/scribe.h"
#include "server/server.h"

/* ---- the queue: bounded; many put, many take ---- */

struct plait__queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct plait__exchange *first, **last;
    int count, limit, busy; /* waiting; at most; being worked on */
    int idle;               /* workers that wait for something to do */
    double mean_us;         /* of a piece of work, lately */
    bool closed;
    struct plait__exchange *spare; /* for when nothing waits; one at a time is waiting or being worked on */
    bool spare_busy;
    atomic_bool presses; /* something waits */
};

void plait__queue_begin(struct plait__queue *queue, int limit);
void plait__queue_end(struct plait__queue *queue);
/* False: it is full, or so long that the deadline would pass; `wait_us_out`: after how long trying again makes sense. */
bool plait__queue_put(struct plait__queue *queue, struct plait__exchange *exchange, int workers, uint64_t *wait_us_out);
bool plait__queue_full(struct plait__queue *queue, int workers, uint64_t *wait_us_out);
struct plait__exchange *plait__queue_take(struct plait__queue *queue); /* waits; NULL when it is closed and empty */
/* Of what waits, those that can be worked on together with `group[0]`, which was taken, until they are `most`: at once those
 * that are there, and those that come within `wait_us`; idle workers are left their share.  How many `group` has then; all are
 * begun. */
int plait__queue_take_alike(struct plait__queue *queue, struct plait__exchange **group, int most, uint64_t wait_us);
/* Work that has time; false: there is some already. */
bool plait__queue_offer(struct plait__queue *queue, struct plait__exchange *exchange);
void plait__queue_spare_done(struct plait__queue *queue);
bool plait__queue_presses(struct plait__queue *queue); /* whether something waits */
void plait__queue_done(struct plait__queue *queue, uint64_t took_us);
void plait__queue_close(struct plait__queue *queue);
void plait__queue_state(struct plait__queue *queue, int *waiting_out, int *busy_out);

/* ---- connections: who is too slow, and who has gone ---- */

struct plait__wire {
    int descriptor;
    uint64_t deadline_us;            /* 0: none */
    const char *waits_for;           /* "head", "body", "reader": what was too slow when the deadline passes */
    struct plait__exchange *working; /* whose client is looked after: it is stopped when the client goes */
    uint64_t heard, said;            /* bytes from and to the client until its last answer; UINT64_MAX: no more is said */
    struct plait__wire *next, *previous;
};

struct plait__wires {
    pthread_mutex_t lock;
    struct plait__wire *first;
    int count;
};

void plait__wire_set(struct plait__server *server, struct plait__wire *wire, const char *waits_for, uint64_t microseconds,
                     struct plait__exchange *working);
/* Last words: whoever sent something since its last answer, and was sent nothing, is told why before the connection is closed
 * (not through TLS).  The first: a request was answered; the second: one will not be (NULL: memory is out). */
void plait__wire_answered(struct plait__server *server, struct plait__wire *wire);
void plait__wire_give_up(struct plait__server *server, struct plait__wire *wire, const struct plait__exchange *exchange);
void plait__wires_notify(void *server, struct MHD_Connection *connection, void **wire,
                         enum MHD_ConnectionNotificationCode code);
void *plait__wires_watch(void *server); /* a thread */

/* ---- tasks: work that nobody waits for on a connection; its answer is kept until it is fetched or old ---- */

struct plait__task {
    char id[33]; /* random, hexadecimal */
    struct plait__exchange *exchange;
    uint64_t since_us;
    struct plait__task *next;
};

struct plait__tasks {
    pthread_mutex_t lock;
    struct plait__task *first; /* the newest */
    int count;
};

/* Puts the exchange into the queue and answers 202 with the place to ask at, or 429. */
void plait__task_submit(struct plait__exchange *exchange);
int plait__tasks_open(struct plait__server *server); /* not fetched yet */
void plait__tasks_end(struct plait__server *server);

/* ---- events that came before: what a source's event was answered, by its id ---- */

struct plait__memo {
    char key[65]; /* SHA-256 of source and id */
    bool pending; /* being answered */
    int status;
    char *answer; /* owned */
    size_t size;
    uint64_t since_us;
    struct plait__memo *next;
};

struct plait__memos {
    pthread_mutex_t lock;
    struct plait__memo *first; /* the newest */
    int count;
    size_t bytes;
};

void plait__memos_end(struct plait__memos *memos);

/* ---- the stable version in the place of a canary that cannot.  standin.c ---- */

/* A replica for the same work, whose edition and card the exchange has from then on; NULL: nobody stands in. */
struct plait__replica *plait__stand_in(struct plait__exchange *exchange);
void plait__stand_in_end(struct plait__exchange *exchange, struct plait__replica *replica, bool done);

/* ---- shadows: the same document once more, by another version ---- */

/* Has a document that was answered read by the version that it is to be compared with, if there is one and time for it. */
struct plait__document_job;
void plait__shadow_offer(struct plait__exchange *exchange, const struct plait__document_job *job);

/* ---- what was answered lately, so that a person may say what of it is right ---- */

enum { PLAIT__ANSWERS = 256 };

struct plait__answers {
    pthread_mutex_t lock;
    struct plait__kept_answer {
        char digest[65], model[80]; /* of the document; NAME@VERSION that read it */
        char *json;                 /* owned; NULL: nothing is kept here */
    } kept[PLAIT__ANSWERS];
    unsigned next;
};

/* Keeps a document's JSON, where there is somebody who would use it. */
void plait__answer_keep(struct plait__exchange *exchange, const struct plait__buffer *json);
/* The JSON of a document by its digest, copied; false: it is not kept, or memory is out. */
bool plait__answer_find(struct plait__server *server, const char *digest, struct plait__arena *arena, const char **json_out,
                        char model_out[80]);
void plait__answers_end(struct plait__answers *answers);

/* ---- the memory: what people confirmed, read by every replica, written by feedback ---- */

struct plait__remember {
    pthread_mutex_t lock;
    plait_context *context;
    plait_memory *memory; /* NULL: the server has none.  Under the lock */
    atomic_uint age;      /* counts what was confirmed: a replica that has seen less reads it again */
};

enum plait_status plait__remember_begin(struct plait__server *server);
void plait__remember_end(struct plait__server *server);
/* Lets a replica read with all that was confirmed until now. */
enum plait_status plait__remember_in(struct plait__server *server, struct plait__replica *replica);
enum plait_status plait__remember_document(struct plait__exchange *exchange, const char *json, const plait_confirmed *fields,
                                           size_t field_count, char id_out[17]);

/* ---- the server ---- */

struct plait__server {
    plait_context *context;
    const struct plait__serve_options *options;
    struct plait__measure measure;
    struct plait__repository repository;
    struct plait__queue queue;
    struct plait__wires wires;
    struct plait__tasks tasks;
    struct plait__memos memos;
    struct plait__api_keys keys;
    struct plait__scribe scribe;
    struct plait__exporter exporter;
    struct plait__lambda lambda;
    pthread_mutex_t feedback;
    struct plait__answers answers;
    struct plait__remember remember;
    struct plait__bucket telemetry; /* devices' reports; on the HTTP thread alone */
    struct plait__gpus gpus;
    struct MHD_Daemon *daemon;
    pthread_t *workers, watcher;
    int worker_count;
    char *pem[2]; /* key and certificate, as long as the daemon runs; owned */
    int port;
    atomic_bool ready, draining, ending;
    atomic_int open;         /* exchanges whose connection waits for an answer */
    atomic_llong body_bytes; /* kept of all requests */
    uint64_t start_us, start_unix_us;
};

/* Opens the options' port for whoever connects. */
enum plait_status plait__listen(plait_context *context, const struct plait__serve_options *options, int *socket_out);

/* ---- a server that somebody waits for; NULL: nobody does.  supervise.c ---- */

/* Has the kernel end this process with the other; again after its user has changed. */
enum plait_status plait__end_with_supervisor(plait_context *context, const struct plait__fallen *fallen);
/* Notes that a version was loaded, on trial or not; one thread at a time. */
void plait__fallen_note(struct plait__fallen *fallen, const char *model, const char *version, bool on_trial);
bool plait__fallen_has(const struct plait__fallen *fallen, const char *model, const char *version);

enum plait_status plait__drop_privileges(plait_context *context, const char *user); /* NULL: nobody else.  Of all threads */
void plait__heap_begin(void);                                                       /* once, before all else */

/* ---- clocks, in microseconds; any thread.  clock.c ---- */

uint64_t plait__server_now(const struct plait__server *server); /* monotonic */
uint64_t plait__unix_now(void);                                 /* since 1970: for stamps alone, as it may be set */
uint64_t plait__processor_now(void);                            /* of processor time that the process has had */
/* Since 1970 by a calendar that nobody can set: the clock as it stood when the server began, and what has passed since. */
uint64_t plait__calendar_now(const struct plait__server *server);
/* The same from the exchange's begin, so that no span ends before it began. */
uint64_t plait__exchange_unix_now(const struct plait__exchange *exchange);
void plait__sleep_ms(int milliseconds);

/* ---- requests ---- */

/* The route for a method and a path (decoded parts go to the exchange); NULL with 404 or 405 and what is allowed. */
const struct plait__route *plait__route_find(struct plait__exchange *exchange, const char *method, const char *path,
                                             int *status_out, const char **allow_out);

/* 0..99, the same for all requests with the same key or the same X-Sticky-Key; by chance for others. */
unsigned plait__lot(struct plait__exchange *exchange);
unsigned plait__lot_of_chance(void);

/* Adds what the browser of a page of another origin wants to know.  origins.c */
void plait__origin_headers(struct plait__exchange *exchange, struct MHD_Response *response);

/* libmicrohttpd's callbacks.  http.c */
enum MHD_Result plait__http_handle(void *server, struct MHD_Connection *connection, const char *url, const char *method,
                                   const char *version, const char *upload, size_t *upload_size, void **exchange);
void plait__http_completed(void *server, struct MHD_Connection *connection, void **exchange,
                           enum MHD_RequestTerminationCode code);

void *plait__worker(void *server);                                                               /* a thread */
void plait__say_unloaded(struct plait__server *server, const char *model, const char *sentence); /* a canary that was worse */

/* ---- handlers ---- */
void plait__handle_documents(struct plait__exchange *exchange);
void plait__handle_task(struct plait__exchange *exchange);
void plait__handle_task_stop(struct plait__exchange *exchange);
void plait__handle_event(struct plait__exchange *exchange);
void plait__handle_feedback(struct plait__exchange *exchange);
void plait__handle_openapi(struct plait__exchange *exchange);
void plait__handle_document_schema(struct plait__exchange *exchange);
void plait__handle_telemetry(struct plait__exchange *exchange);
void plait__handle_preflight(struct plait__exchange *exchange); /* only where pages of other origins may ask */
void plait__handle_metrics(struct plait__exchange *exchange);
void plait__handle_server(struct plait__exchange *exchange);
void plait__handle_live(struct plait__exchange *exchange);
void plait__handle_ready(struct plait__exchange *exchange);
void plait__handle_model(struct plait__exchange *exchange);
void plait__handle_model_ready(struct plait__exchange *exchange);
void plait__handle_index(struct plait__exchange *exchange);
void plait__handle_load(struct plait__exchange *exchange);
void plait__handle_unload(struct plait__exchange *exchange);
void plait__handle_infer(struct plait__exchange *exchange);

#endif
