/* Workers: each takes what waits longest, borrows a replica of its model, and answers. */
#include <stdio.h>

#include "server/internal.h"

static void work_on(struct plait__server *server, struct plait__exchange *exchange) {
    struct plait__edition *edition = exchange->edition;
    const uint64_t start = exchange->began_us = plait__server_now(server);
    if (edition) snprintf(exchange->model, sizeof exchange->model, "%.40s@%.30s", edition->name, edition->version);
    plait__observe(server->measure.wait_seconds, NULL, (double)(start - exchange->queued_us) / 1e6);
    if (atomic_load(&exchange->stopped)) {
        plait__answer_error(exchange, 499, "the client has gone");
    } else if (exchange->deadline_us && start > exchange->deadline_us) {
        plait__count(server->measure.rejected, PLAIT__LABELS("deadline"), 1);
        plait__answer_error(exchange, 504, "the deadline passed before a worker was free");
    } else {
        struct plait__replica *replica = edition ? plait__replica_take(&server->repository, edition) : NULL;
        if (replica) {
            replica->exchange = exchange;
            exchange->work(exchange, replica);
            plait__replica_return(&server->repository, edition, replica);
        } else if (!edition) {
            exchange->work(exchange, NULL);
        } else {
            plait__answer_error(exchange, 503, "the model %s cannot be loaded once more now", edition->name);
        }
    }
    if (!exchange->answered) plait__answer_error(exchange, 500, "the request was not answered: please report it");
    const uint64_t took = plait__server_now(server) - start;
    plait__count(server->measure.work_seconds, PLAIT__LABELS(edition ? edition->name : "none"), (double)took / 1e6);
    plait__api_key_charge(exchange, took);
    char sentence[256];
    if (edition && plait__edition_judge(&server->repository, edition, exchange->status >= 500, took, sentence)) {
        plait__count(server->measure.rolled_back, PLAIT__LABELS(edition->name), 1);
        plait__scribe_say(server, "error", "canary unloaded", "%s", sentence);
    }
    plait__edition_release(&server->repository, edition);
    exchange->edition = NULL;
    plait__queue_done(&server->queue, took);
    plait__finish(exchange);
}

void *plait__worker(void *user) {
    struct plait__server *server = user;
    for (struct plait__exchange *exchange; (exchange = plait__queue_take(&server->queue));) work_on(server, exchange);
    return NULL;
}
