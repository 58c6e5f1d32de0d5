/* Workers: each takes what waits longest, borrows a replica of its model, and answers. */
#include <stdio.h>

#include "server/internal.h"

/* What came before the work: the request's bytes until it was handed over, and the queue.  A task was handed over before. */
static void open_spans(struct plait__exchange *exchange) {
    const uint64_t unix_us = exchange->start_unix_us - exchange->start_us; /* added to the monotonic clock */
    struct plait__trace *trace = &exchange->trace;
    if (exchange->connection)
        plait__span_end(trace, plait__span_begin(trace, "ingest", exchange->span, unix_us + exchange->start_us),
                        unix_us + exchange->queued_us, false);
    plait__span_end(trace, plait__span_begin(trace, "wait", exchange->span, unix_us + exchange->queued_us),
                    unix_us + exchange->began_us, false);
}

/* Whether it is still to be worked on; otherwise that is answered. */
static bool begin(struct plait__server *server, struct plait__exchange *exchange) {
    const struct plait__edition *edition = exchange->edition;
    const uint64_t start = exchange->began_us = plait__server_now(server);
    if (edition) snprintf(exchange->model, sizeof exchange->model, "%.40s@%.30s", edition->name, edition->version);
    open_spans(exchange);
    plait__observe(server->measure.wait_seconds, NULL, (double)(start - exchange->queued_us) / 1e6);
    if (atomic_load(&exchange->stopped)) {
        plait__answer_error(exchange, 499, "the client has gone");
    } else if (exchange->deadline_us && start > exchange->deadline_us) {
        plait__count(server->measure.rejected, PLAIT__LABELS("deadline"), 1);
        plait__answer_error(exchange, 504, "the deadline passed before a worker was free");
    }
    return !exchange->answered;
}

static void judge(struct plait__server *server, struct plait__edition *edition, bool failed, uint64_t took_us) {
    char sentence[256];
    if (plait__edition_judge(&server->repository, edition, failed, took_us, sentence))
        plait__say_unloaded(server, edition->name, sentence);
    plait__edition_release(&server->repository, edition);
}

/* `took_us`: its share, where several were worked on together. */
static void end(struct plait__server *server, struct plait__exchange *exchange, uint64_t took_us) {
    struct plait__edition *edition = exchange->edition;
    if (!exchange->answered) plait__answer_error(exchange, 500, "the request was not answered: please report it");
    plait__count(server->measure.work_seconds, PLAIT__LABELS(edition ? edition->name : "none"), (double)took_us / 1e6);
    plait__api_key_charge(exchange, took_us);
    if (exchange->canary) judge(server, exchange->canary, exchange->canary_failed, exchange->canary_us);
    if (edition)
        judge(server, edition, exchange->status >= 500, took_us - (took_us > exchange->canary_us ? exchange->canary_us : 0));
    exchange->edition = exchange->canary = NULL;
    plait__queue_done(&server->queue, took_us);
    plait__finish(exchange);
}

/* Where there is no replica for it: the stable version's, or none. */
static void work_without(struct plait__exchange *exchange) {
    struct plait__replica *replica = plait__stand_in(exchange);
    if (!replica) {
        plait__answer_error(exchange, 503, "the model %s cannot be loaded once more now", exchange->edition->name);
        return;
    }
    exchange->work(exchange, replica);
    plait__stand_in_end(exchange, replica, exchange->status < 500);
}

static void work_on(struct plait__server *server, struct plait__exchange *exchange) {
    struct plait__edition *edition = exchange->edition;
    if (begin(server, exchange)) {
        struct plait__replica *replica = edition ? plait__replica_take(&server->repository, edition) : NULL;
        if (replica) {
            replica->exchange = exchange;
            exchange->work(exchange, replica);
            plait__replica_return(&server->repository, edition, replica);
        } else if (!edition) {
            exchange->work(exchange, NULL);
        } else {
            work_without(exchange);
        }
    }
    end(server, exchange, plait__server_now(server) - exchange->began_us);
}

/* All of one edition, and alike. */
static void work_on_together(struct plait__server *server, struct plait__exchange *const *group, int count) {
    struct plait__exchange *begun[PLAIT__TOGETHER_MOST];
    int left = 0;
    for (int i = 0; i < count; i++)
        if (begin(server, group[i])) begun[left++] = group[i];
    struct plait__edition *edition = group[0]->edition;
    struct plait__replica *replica = left ? plait__replica_take(&server->repository, edition) : NULL;
    if (replica) {
        begun[0]->work_together(begun, left, replica);
        plait__replica_return(&server->repository, edition, replica);
    }
    for (int i = 0; i < left && !replica; i++) work_without(begun[i]);
    const uint64_t took = plait__server_now(server) - group[0]->began_us;
    for (int i = 0; i < count; i++) end(server, group[i], took / (uint64_t)count);
}

/* With what else waits and goes with it. */
static void work_on_group(struct plait__server *server, struct plait__exchange *exchange) {
    const struct plait__serve_options *options = server->options;
    struct plait__exchange *group[PLAIT__TOGETHER_MOST] = {exchange};
    const int most = options->batch < PLAIT__TOGETHER_MOST ? options->batch : PLAIT__TOGETHER_MOST;
    const int count =
        exchange->alike && most > 1 ? plait__queue_take_alike(&server->queue, group, most, (uint64_t)options->batch_delay) : 1;
    if (count == 1)
        work_on(server, exchange);
    else
        work_on_together(server, group, count);
}

/* What nobody waits for. */
static void work_on_spare(struct plait__server *server, struct plait__exchange *exchange) {
    struct plait__edition *edition = exchange->edition;
    struct plait__replica *replica = atomic_load(&server->ending) ? NULL : plait__replica_take(&server->repository, edition);
    if (replica) replica->exchange = exchange;
    exchange->work(exchange, replica);
    if (replica) plait__replica_return(&server->repository, edition, replica);
    plait__edition_release(&server->repository, edition);
    plait__queue_spare_done(&server->queue);
    plait__exchange_release(exchange);
}

void *plait__worker(void *user) {
    struct plait__server *server = user;
    for (struct plait__exchange *exchange; (exchange = plait__queue_take(&server->queue));)
        (exchange->spare ? work_on_spare : work_on_group)(server, exchange);
    return NULL;
}
