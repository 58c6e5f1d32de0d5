/* What a canary cannot do the stable version is asked to do, so that a bad candidate costs no request.  Where the stable one
 * can, that was the canary's failure; where neither can, it is the request's. */
#include <stdio.h>

#include "server/internal.h"

struct plait__replica *plait__stand_in(struct plait__exchange *exchange) {
    struct plait__server *server = exchange->server;
    struct plait__edition *canary = exchange->edition;
    const struct plait__card *card = exchange->card;
    char name[sizeof canary->name + sizeof card->network + 1], sentence[256];
    if (exchange->canary || exchange->version_named || !canary->trial.canary || atomic_load(&exchange->stopped)) return NULL;
    snprintf(name, sizeof name, "%s%s%s", canary->name, *card->network ? "." : "", card->network);
    struct plait__edition *stable =
        plait__edition_hold(&server->repository, name, NULL, PLAIT__NO_LOT, &exchange->card, sentence);
    struct plait__replica *replica = stable ? plait__replica_take(&server->repository, stable) : NULL;
    if (!replica) {
        plait__edition_release(&server->repository, stable);
        exchange->card = card;
        return NULL;
    }
    exchange->canary = canary; /* its hold stays with the exchange */
    exchange->canary_us = plait__server_now(server) - exchange->began_us;
    exchange->edition = stable;
    snprintf(exchange->model, sizeof exchange->model, "%.40s@%.30s", stable->name, stable->version);
    replica->exchange = exchange;
    return replica;
}

void plait__stand_in_end(struct plait__exchange *exchange, struct plait__replica *replica, bool done) {
    struct plait__server *server = exchange->server;
    plait__replica_return(&server->repository, exchange->edition, replica);
    exchange->canary_failed = done;
    if (done) plait__count(server->measure.stand_ins, PLAIT__LABELS(exchange->edition->name), 1);
}
