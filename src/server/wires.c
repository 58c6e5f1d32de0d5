/* Connections: one thread looks after all of them, five times a second.  Who is too slow is disconnected, and work whose client
 * has gone is stopped. */
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "server/internal.h"

enum { LOOK_US = 200000 };

/* libmicrohttpd tells of a connection when it is there, and before its socket is closed: what is in the list has its socket. */
void plait__wires_notify(void *user, struct MHD_Connection *connection, void **slot, enum MHD_ConnectionNotificationCode code) {
    struct plait__server *server = user;
    struct plait__wires *wires = &server->wires;
    struct plait__wire *wire = *slot;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        wire = info ? calloc(1, sizeof *wire) : NULL;
        if (!wire) return;
        *wire = (struct plait__wire){.descriptor = info->connect_fd,
                                     .waits_for = "head",
                                     .deadline_us = plait__server_now(server) + 1000000 * (uint64_t)server->options->slow};
        pthread_mutex_lock(&wires->lock);
        wire->next = wires->first;
        if (wire->next) wire->next->previous = wire;
        wires->first = wire;
        wires->count++;
        pthread_mutex_unlock(&wires->lock);
        *slot = wire;
    } else if (wire) {
        pthread_mutex_lock(&wires->lock);
        if (wire->next) wire->next->previous = wire->previous;
        *(wire->previous ? &wire->previous->next : &wires->first) = wire->next;
        wires->count--;
        pthread_mutex_unlock(&wires->lock);
        free(wire);
        *slot = NULL;
    }
}

void plait__wire_set(struct plait__server *server, struct plait__wire *wire, const char *waits_for, uint64_t microseconds,
                     struct plait__exchange *working) {
    if (!wire) return;
    pthread_mutex_lock(&server->wires.lock);
    wire->waits_for = waits_for;
    wire->deadline_us = microseconds ? plait__server_now(server) + microseconds : 0;
    wire->working = working;
    pthread_mutex_unlock(&server->wires.lock);
}

/* Whether the client has closed its end; a client that is done with sending counts as gone too. */
static bool has_gone(const struct plait__wire *wire) {
    char byte;
    return recv(wire->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void look(struct plait__server *server) {
    const uint64_t now = plait__server_now(server);
    pthread_mutex_lock(&server->wires.lock);
    for (struct plait__wire *wire = server->wires.first; wire; wire = wire->next) {
        if (wire->working && has_gone(wire)) atomic_store(&wire->working->stopped, true);
        if (!wire->deadline_us || now < wire->deadline_us) continue;
        plait__count(server->measure.disconnected, PLAIT__LABELS(wire->waits_for), 1);
        shutdown(wire->descriptor, SHUT_RDWR);
        wire->deadline_us = 0;
    }
    pthread_mutex_unlock(&server->wires.lock);
}

void *plait__wires_watch(void *user) {
    struct plait__server *server = user;
    const struct timespec pause = {.tv_nsec = LOOK_US * 1000};
    while (!atomic_load(&server->ending)) {
        look(server);
        nanosleep(&pause, NULL);
    }
    return NULL;
}
