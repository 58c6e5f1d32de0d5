/* Work that nobody waits for: Prefer: respond-async (RFC 7240).  The answer is kept until it is fetched, ten minutes at most.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/json_write.h"
#include "server/internal.h"

enum { TASKS_MOST = 256, KEPT_SECONDS = 600 };

static void task_end(struct plait__task *task) {
    atomic_store(&task->exchange->stopped, true);
    plait__exchange_release(task->exchange);
    free(task);
}

/* Ends what is old; the lock is held. */
static void forget_old(struct plait__server *server) {
    const uint64_t now = plait__server_now(server);
    for (struct plait__task **link = &server->tasks.first; *link;) {
        struct plait__task *task = *link;
        if (now < task->since_us + 1000000 * (uint64_t)KEPT_SECONDS) {
            link = &task->next;
            continue;
        }
        *link = task->next;
        server->tasks.count--;
        task_end(task);
    }
}

/* Takes it out of the list when `take`; the lock is held. */
static struct plait__task *find(struct plait__server *server, const char *id, bool take) {
    struct plait__task **link = &server->tasks.first;
    while (*link && strcmp((*link)->id, id) != 0) link = &(*link)->next;
    struct plait__task *task = *link;
    if (task && take) {
        *link = task->next;
        server->tasks.count--;
    }
    return task;
}

static struct plait__task *task_create(struct plait__server *server, struct plait__exchange *exchange) {
    struct plait__task *task = calloc(1, sizeof *task);
    uint64_t random[2];
    if (!task || getrandom(random, sizeof random, 0) != sizeof random) {
        free(task);
        return NULL;
    }
    snprintf(task->id, sizeof task->id, "%016llx%016llx", (unsigned long long)random[0], (unsigned long long)random[1]);
    task->exchange = exchange;
    task->since_us = plait__server_now(server);
    pthread_mutex_lock(&server->tasks.lock);
    forget_old(server);
    const bool room = server->tasks.count < TASKS_MOST;
    if (room) {
        atomic_fetch_add(&exchange->references, 1);
        task->next = server->tasks.first;
        server->tasks.first = task;
        server->tasks.count++;
    }
    pthread_mutex_unlock(&server->tasks.lock);
    if (room) return task;
    free(task);
    return NULL;
}

static void write_state(struct plait__exchange *exchange, const char *id, const char *status, const char *stage,
                        double fraction) {
    struct plait__writer writer = {.buffer = &exchange->answer};
    plait__write_open(&writer, NULL, '{');
    plait__write_text(&writer, "id", id);
    plait__write_text(&writer, "status", status);
    if (stage) plait__write_text(&writer, "stage", stage);
    if (stage) plait__write_number(&writer, "fraction", fraction, 3);
    plait__write_close(&writer, '}');
    plait__buffer_append(&exchange->answer, "\n", 1);
    plait__answer(exchange, 202, "application/json");
    plait__answer_header(exchange, "Retry-After", "1");
}

static const char *place_of(struct plait__exchange *exchange, const char *id) {
    char place[64];
    const int length = snprintf(place, sizeof place, "/v1/documents/%s", id);
    return plait__arena_string(&exchange->arena, place, (size_t)length);
}

void plait__task_submit(struct plait__exchange *exchange) {
    struct plait__server *server = exchange->server;
    struct plait__exchange *heir = plait__exchange_detach(exchange);
    struct plait__task *task = heir ? task_create(server, exchange) : NULL;
    char id[33];
    if (!heir || !task) {
        plait__edition_release(&server->repository, exchange->edition);
        exchange->edition = NULL;
        plait__answer_error(heir ? heir : exchange, 503, "%d answers wait to be fetched: try again", TASKS_MOST);
        plait__answer_header(heir ? heir : exchange, "Retry-After", "10");
        return;
    }
    memcpy(id, task->id, sizeof id);
    exchange->deadline_us = 0; /* nobody waits */
    plait__submit(exchange);
    pthread_mutex_lock(&exchange->lock);
    const bool busy = exchange->finished && exchange->status == 429;
    pthread_mutex_unlock(&exchange->lock);
    if (busy) {
        pthread_mutex_lock(&server->tasks.lock);
        task = find(server, id, true);
        pthread_mutex_unlock(&server->tasks.lock);
        if (task) task_end(task);
        plait__answer_error(heir, 429, "all workers are busy and %d requests wait: try again", server->queue.limit);
        plait__answer_header(heir, "Retry-After", "1");
        return;
    }
    write_state(heir, id, "waiting", NULL, 0);
    plait__answer_header(heir, "Location", place_of(heir, id));
    plait__answer_header(heir, "Preference-Applied", "respond-async");
}

/* The answer as it would have been, once. */
static void hand_over(struct plait__exchange *exchange, const struct plait__exchange *done) {
    if (plait__buffer_append(&exchange->answer, done->answer.data ? done->answer.data : "", done->answer.size) != PLAIT_OK)
        plait__answer_error(exchange, 503, "memory is out");
    else
        plait__answer(exchange, done->status, done->media_type);
}

void plait__handle_task(struct plait__exchange *exchange) {
    struct plait__server *server = exchange->server;
    pthread_mutex_lock(&server->tasks.lock);
    forget_old(server);
    struct plait__task *task = find(server, exchange->parts[0], false);
    bool finished = false;
    if (task) {
        struct plait__exchange *work = task->exchange;
        pthread_mutex_lock(&work->lock);
        finished = work->finished;
        if (!finished) write_state(exchange, task->id, work->stage ? "working" : "waiting", work->stage, work->fraction);
        pthread_mutex_unlock(&work->lock);
        if (finished) task = find(server, exchange->parts[0], true);
    }
    pthread_mutex_unlock(&server->tasks.lock);
    if (!task) plait__answer_error(exchange, 404, "there is no such answer: it was never asked for, was fetched, or is old");
    if (!task || !finished) return;
    hand_over(exchange, task->exchange);
    task_end(task);
}

void plait__handle_task_stop(struct plait__exchange *exchange) {
    struct plait__server *server = exchange->server;
    pthread_mutex_lock(&server->tasks.lock);
    struct plait__task *task = find(server, exchange->parts[0], true);
    pthread_mutex_unlock(&server->tasks.lock);
    if (!task) {
        plait__answer_error(exchange, 404, "there is no such answer: it was never asked for, was fetched, or is old");
        return;
    }
    task_end(task);
    plait__answer(exchange, 204, "application/json");
}

int plait__tasks_open(struct plait__server *server) {
    pthread_mutex_lock(&server->tasks.lock);
    forget_old(server);
    const int count = server->tasks.count;
    pthread_mutex_unlock(&server->tasks.lock);
    return count;
}

void plait__tasks_end(struct plait__server *server) {
    pthread_mutex_lock(&server->tasks.lock);
    while (server->tasks.first) {
        struct plait__task *task = server->tasks.first;
        server->tasks.first = task->next;
        task_end(task);
    }
    server->tasks.count = 0;
    pthread_mutex_unlock(&server->tasks.lock);
}
