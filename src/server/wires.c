/* Connections: one thread looks after all of them, five times a second.  Who is too slow is disconnected, and work whose client
 * has gone is stopped.  Nobody who asked is sent away without a word. */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "server/internal.h"

enum { LOOK_US = 200000, PENDING_BYTES = 4096, PENDING_READS = 64, ESTABLISHED = 1 /* tcpi_state */ };

/* ------------------------------------------------------------------ last words */

/* How many bytes have come and how many have been sent, as the kernel counts them; false: it does not say.  It alone knows
 * whether the library answered. */
static bool count_bytes(const struct plait__wire *wire, uint64_t *heard_out, uint64_t *said_out) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(wire->descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
    const bool ended = info.tcpi_bytes_received && info.tcpi_state != ESTABLISHED; /* the end counts as a byte */
    *heard_out = info.tcpi_bytes_received - ended;
    *said_out = info.tcpi_bytes_sent + info.tcpi_notsent_bytes;
    return true;
}

/* The lock is held. */
static bool say_last(struct plait__server *server, struct plait__wire *wire, int status, const char *json, size_t size) {
    char text[768], pending[PENDING_BYTES];
    uint64_t heard, said;
    if (server->options->tls_key) return false; /* the socket's bytes are the library's alone */
    if (!count_bytes(wire, &heard, &said) || heard <= wire->heard || said > wire->said) return false;
    const int length = snprintf(text, sizeof text,
                                "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                                "Connection: close\r\n\r\n%.*s",
                                status, MHD_get_reason_phrase_for((unsigned)status), size, (int)size, json);
    if (length < 0 || (size_t)length >= sizeof text) return false;
    const bool sent = send(wire->descriptor, text, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) == length;
    /* What is unread when a socket is closed resets the connection, and the client might not see what it was told. */
    for (int i = 0; i < PENDING_READS && recv(wire->descriptor, pending, sizeof pending, MSG_DONTWAIT) > 0; i++) continue;
    wire->heard = UINT64_MAX;
    return sent;
}

static bool say_sentence(struct plait__server *server, struct plait__wire *wire, int status, const char *sentence) {
    char json[256];
    const int length = snprintf(json, sizeof json, "{\"error\":\"%s\"}\n", sentence);
    return say_last(server, wire, status, json, (size_t)length);
}

void plait__wire_answered(struct plait__server *server, struct plait__wire *wire) {
    if (!wire) return;
    pthread_mutex_lock(&server->wires.lock);
    if (wire->heard != UINT64_MAX) count_bytes(wire, &wire->heard, &wire->said);
    pthread_mutex_unlock(&server->wires.lock);
}

/* What an exchange that could not be answered is told; a stream of events has begun already. */
static void say_why(struct plait__server *server, struct plait__wire *wire, const struct plait__exchange *exchange) {
    if (!exchange)
        say_sentence(server, wire, 503, "memory is out");
    else if (!exchange->streams && !exchange->answered)
        say_sentence(server, wire, 400, "expected a whole request, found the end of it");
    else if (!exchange->streams && exchange->status >= 400)
        say_last(server, wire, exchange->status, exchange->answer.data, exchange->answer.size);
}

void plait__wire_give_up(struct plait__server *server, struct plait__wire *wire, const struct plait__exchange *exchange) {
    if (!wire) return;
    pthread_mutex_lock(&server->wires.lock);
    say_why(server, wire, exchange);
    wire->heard = UINT64_MAX;
    pthread_mutex_unlock(&server->wires.lock);
}

/* ------------------------------------------------------------------ the list */

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
        if (say_sentence(server, wire, 400, "expected an HTTP/1.1 request"))
            plait__count(server->measure.rejected, PLAIT__LABELS("malformed"), 1);
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
        if (!wire->working) say_sentence(server, wire, 408, "the request took too long to come");
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
