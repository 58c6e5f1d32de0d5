/* The server's life: models, threads, port; then until SIGTERM; then what is under way, and the end. */
#define _GNU_SOURCE /* sched_getaffinity */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "server/internal.h"

enum { HEAD_BYTES = 32768 /* of a request's head, and of a piece of its body */, SPARE_FILES = 256, STEP_MS = 20 };

/* How many processors this process may use: of those it may run on, as many as a container's share of time fills. */
static int processors(void) {
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    long quota, period;
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "r"); /* "QUOTA PERIOD" in microseconds, or "max PERIOD" */
    if (!file) return count;
    if (fscanf(file, "%ld %ld", &quota, &period) == 2 && quota > 0 && period > 0 && quota < count * period)
        count = (int)((quota + period - 1) / period);
    fclose(file);
    return count;
}

void plait__serve_options_default(struct plait__serve_options *options) {
    const int workers = processors();
    *options = (struct plait__serve_options){.address = "127.0.0.1",
                                             .port = 8080,
                                             .model = "receipt",
                                             .workers = workers,
                                             .queue = 8 * workers,
                                             .model_memory = 2048,
                                             .batch = 32,
                                             .connections = 16384,
                                             .body_most = 32,
                                             .pixels_most = 100,
                                             .pages_most = 200,
                                             .timeout = 60,
                                             .idle = 75,
                                             .slow = 20,
                                             .grace = 25,
                                             .sample = 100};
}

/* ------------------------------------------------------------------ the port */

enum plait_status plait__listen(plait_context *context, const struct plait__serve_options *options, int *socket_out) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found = NULL;
    char port[16];
    int yes = 1;
    snprintf(port, sizeof port, "%d", options->port);
    const int failed = getaddrinfo(options->address, port, &hints, &found);
    if (failed) return plait__fail(context, PLAIT_INVALID, "--address: \"%s\": %s", options->address, gai_strerror(failed));
    int descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0) setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const bool made =
        descriptor >= 0 && bind(descriptor, found->ai_addr, found->ai_addrlen) == 0 && listen(descriptor, 4096) == 0;
    freeaddrinfo(found);
    if (!made) {
        const int error = errno;
        if (descriptor >= 0) close(descriptor);
        return plait__fail(context, PLAIT_IO, "port %s at %s: %s", port, options->address, strerror(error));
    }
    *socket_out = descriptor;
    return PLAIT_OK;
}

static int port_of(int descriptor) {
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    char port[16] = "";
    if (getsockname(descriptor, (struct sockaddr *)&bound, &length) != 0) return 0;
    getnameinfo((struct sockaddr *)&bound, length, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    return (int)strtol(port, NULL, 10);
}

/* As many open files as the system gives. */
static void raise_file_limit(int connections) {
    struct rlimit limit;
    const rlim_t wanted = (rlim_t)connections + SPARE_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int connections_most(int connections) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > (rlim_t)connections + SPARE_FILES) return connections;
    return limit.rlim_cur > 2 * SPARE_FILES ? (int)limit.rlim_cur - SPARE_FILES : SPARE_FILES;
}

/* A PEM file with a NUL behind it, as the library wants it. */
static enum plait_status read_pem(struct plait__server *server, const char *path, char **text_out) {
    enum { PEM_MOST = 1 << 20 };
    struct plait__file file;
    PLAIT__TRY(plait__file_open(server->context, path, PEM_MOST, &file));
    if ((*text_out = plait__allocate(server->context, file.size + 1))) {
        memcpy(*text_out, file.bytes, file.size);
        (*text_out)[file.size] = '\0';
    }
    plait__file_close(server->context, &file);
    return *text_out ? PLAIT_OK : PLAIT_MEMORY;
}

static struct MHD_Daemon *start_daemon(struct plait__server *server, int descriptor, struct MHD_OptionItem *secure) {
    /* TURBO: the library leaves a socket that it is about to close open for writing until we have been told of it.  Not with
     * TLS, whose end is a message. */
    const unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (server->options->tls_key ? MHD_USE_TLS : MHD_USE_TURBO);
    return MHD_start_daemon(flags, 0, NULL, NULL, plait__http_handle, server, MHD_OPTION_LISTEN_SOCKET, descriptor,
                            MHD_OPTION_NOTIFY_COMPLETED, plait__http_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
                            plait__wires_notify, server, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)connections_most(server->options->connections), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)HEAD_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, secure, MHD_OPTION_END);
}

static enum plait_status start_http(struct plait__server *server) {
    int descriptor = server->options->listening;
    char *key = NULL, *certificate = NULL;
    enum plait_status status = PLAIT_OK;
    raise_file_limit(server->options->connections);
    if (server->options->tls_key) {
        status = read_pem(server, server->options->tls_key, &key);
        if (status == PLAIT_OK) status = read_pem(server, server->options->tls_certificate, &certificate);
    }
    struct MHD_OptionItem secure[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, key}, {MHD_OPTION_HTTPS_MEM_CERT, 0, certificate}, {MHD_OPTION_END, 0, NULL}};
    if (!key) secure[0] = secure[2];
    if (status == PLAIT_OK && !descriptor) status = plait__listen(server->context, server->options, &descriptor);
    if (status == PLAIT_OK) server->port = port_of(descriptor);
    if (status == PLAIT_OK && !(server->daemon = start_daemon(server, descriptor, secure))) {
        close(descriptor);
        status = plait__fail(server->context, PLAIT_IO, "HTTP could not be started on port %d%s", server->port,
                             key ? ": is the certificate the key's?" : "");
    }
    server->pem[0] = key; /* it reads them at every connection */
    server->pem[1] = certificate;
    return status;
}

/* ------------------------------------------------------------------ threads */

static enum plait_status start_workers(struct plait__server *server) {
    server->workers = plait__allocate_zero(server->context, (size_t)server->options->workers, sizeof *server->workers);
    if (!server->workers) return PLAIT_MEMORY;
    while (server->worker_count < server->options->workers) {
        if (pthread_create(&server->workers[server->worker_count], NULL, plait__worker, server) != 0)
            return plait__fail(server->context, PLAIT_MEMORY, "%d threads could not be had", server->options->workers);
        server->worker_count++;
    }
    return PLAIT_OK;
}

static enum plait_status load_models(struct plait__server *server) {
    const struct plait__card *card;
    char sentence[256];
    PLAIT__TRY(plait__repository_load_all(&server->repository));
    char name[64];
    const size_t length = strcspn(server->options->model, "@");
    const char *version = server->options->model[length] ? server->options->model + length + 1 : NULL;
    snprintf(name, sizeof name, "%.*s", (int)length, server->options->model);
    struct plait__edition *edition = plait__edition_hold(&server->repository, name, version, PLAIT__NO_LOT, &card, sentence);
    if (!edition) return plait__fail(server->context, PLAIT_NOT_FOUND, "--model: %s", sentence);
    plait__edition_release(&server->repository, edition);
    return PLAIT_OK;
}

/* What the start cost until now, without what came before. */
static void measure_start(struct plait__server *server, const char *stage, uint64_t *before_us) {
    const uint64_t now = plait__processor_now();
    plait__gauge(server->measure.start_seconds, PLAIT__LABELS(stage), (double)(now - *before_us) / 1e6);
    *before_us = now;
}

static enum plait_status start(struct plait__server *server) {
    uint64_t before = 0;
    measure_start(server, "process", &before);
    PLAIT__TRY(plait__end_with_supervisor(server->context, server->options->fallen));
    if (server->options->keys) PLAIT__TRY(plait__api_keys_read(server->context, server->options->keys, &server->keys));
    PLAIT__TRY(plait__scribe_begin(server, server->options->audit, server->options->quiet));
    PLAIT__TRY(plait__exporter_begin(server, server->options->traces));
    PLAIT__TRY(start_http(server)); /* first, so that it can be asked whether it is ready */
    PLAIT__TRY(plait__drop_privileges(server->context, server->options->user));
    PLAIT__TRY(plait__end_with_supervisor(server->context, server->options->fallen));
    PLAIT__TRY(plait__remember_begin(server));
    if (pthread_create(&server->watcher, NULL, plait__wires_watch, server) != 0)
        return plait__fail(server->context, PLAIT_MEMORY, "a thread could not be had");
    measure_start(server, "http", &before);
    PLAIT__TRY(load_models(server));
    before += server->repository.warm_us;
    measure_start(server, "load", &before);
    plait__gauge(server->measure.start_seconds, PLAIT__LABELS("warm"), (double)server->repository.warm_us / 1e6);
    PLAIT__TRY(start_workers(server));
    atomic_store(&server->ready, true);
    return plait__lambda_begin(server);
}

/* ------------------------------------------------------------------ the end */

/* Whether somebody has connected whom the HTTP library has not seen yet. */
static bool somebody_waits(int descriptor) {
    struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
    return poll(&waiting, 1, 0) > 0 && (waiting.revents & POLLIN);
}

/* Lets in who had connected, and who comes for an answer that is kept, then closes the door; what is under way goes on until
 * the grace time is over. */
static void drain(struct plait__server *server) {
    const uint64_t end = plait__server_now(server) + 1000000 * (uint64_t)server->options->grace;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_LISTEN_FD);
    atomic_store(&server->draining, true);
    plait__lambda_end(server); /* what it has is answered through the port */
    for (int quiet = 0; info && quiet < 5 && plait__server_now(server) < end; plait__sleep_ms(STEP_MS))
        quiet = somebody_waits(info->listen_fd) || plait__tasks_open(server) ? 0 : quiet + 1;
    const int descriptor = MHD_quiesce_daemon(server->daemon);
    if (descriptor >= 0) close(descriptor);
    for (int quiet = 0; quiet < 5 && plait__server_now(server) < end; plait__sleep_ms(STEP_MS))
        quiet = atomic_load(&server->open) ? 0 : quiet + 1;
}

/* After it no exchange waits for a worker, so that all connections may be closed. */
static void stop(struct plait__server *server) {
    if (server->daemon && server->worker_count) drain(server);
    atomic_store(&server->ending, true);
    pthread_mutex_lock(&server->wires.lock); /* what is left is stopped */
    for (struct plait__wire *wire = server->wires.first; wire; wire = wire->next)
        if (wire->working) atomic_store(&wire->working->stopped, true);
    pthread_mutex_unlock(&server->wires.lock);
    plait__tasks_end(server);
    plait__queue_close(&server->queue);
    for (int i = 0; i < server->worker_count; i++) pthread_join(server->workers[i], NULL);
    if (server->watcher) pthread_join(server->watcher, NULL);
    if (server->daemon) MHD_stop_daemon(server->daemon);
    plait__gpus_end(&server->gpus);
    plait__exporter_end(server);
    plait__scribe_end(server);
}

static void say(struct plait__server *server, const char *what) {
    const bool six = strchr(server->options->address, ':');
    plait__scribe_say(server, "info", what, "%s://%s%s%s:%d", server->options->tls_key ? "https" : "http", six ? "[" : "",
                      server->options->address, six ? "]" : "", server->port);
}

/* What became of the server before this one. */
static void say_fallen(struct plait__server *server) {
    const struct plait__fallen *fallen = server->options->fallen;
    char names[512] = "";
    if (!fallen || !fallen->crashes) return;
    for (int i = 0; i < PLAIT__TRIALS_MOST; i++)
        if (*fallen->trials[i])
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", *names ? ", " : "", fallen->trials[i]);
    plait__count(server->measure.crashes, NULL, fallen->crashes);
    plait__scribe_say(server, "error", "crashed", "signal %d ended the server before this one; on trial, and not loaded: %s",
                      fallen->signal, *names ? names : "none");
}

static enum plait_status serve(struct plait__server *server, const sigset_t *signals) {
    int number;
    enum plait_status status = start(server);
    if (status == PLAIT_OK) {
        say_fallen(server);
        say(server, "ready");
        plait__repository_fill(&server->repository);
        plait__gpus_begin(&server->gpus);
        while (sigwait(signals, &number) != 0) continue;
        say(server, "ends");
    }
    stop(server);
    return status;
}

enum plait_status plait__serve(plait_context *context, const struct plait__serve_options *options) {
    struct plait__server server = {
        .context = context, .options = options, .telemetry = {.rate = options->telemetry, .burst = 2 * options->telemetry}};
    sigset_t signals;
    plait__heap_begin();
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* in all threads; one waits for them */
    signal(SIGPIPE, SIG_IGN);
    server.start_us = plait__server_now(&server);
    server.start_unix_us = plait__unix_now();
    pthread_mutex_init(&server.wires.lock, NULL);
    pthread_mutex_init(&server.tasks.lock, NULL);
    pthread_mutex_init(&server.memos.lock, NULL);
    pthread_mutex_init(&server.feedback, NULL);
    pthread_mutex_init(&server.answers.lock, NULL);
    pthread_mutex_init(&server.remember.lock, NULL);
    plait__queue_begin(&server.queue, options->queue);
    enum plait_status status = plait__measure_begin(&server.measure, context);
    if (status == PLAIT_OK) status = plait__repository_begin(&server.repository, context, options, &server.measure);
    if (status == PLAIT_OK) {
        status = serve(&server, &signals);
        plait__repository_end(&server.repository);
    }
    plait__measure_end(&server.measure);
    plait__release(context, server.pem[0]);
    plait__release(context, server.pem[1]);
    plait__release(context, server.workers);
    plait__queue_end(&server.queue);
    plait__memos_end(&server.memos);
    plait__answers_end(&server.answers);
    plait__remember_end(&server);
    pthread_mutex_destroy(&server.remember.lock);
    plait__api_keys_end(&server.keys);
    pthread_mutex_destroy(&server.feedback);
    pthread_mutex_destroy(&server.memos.lock);
    pthread_mutex_destroy(&server.tasks.lock);
    pthread_mutex_destroy(&server.wires.lock);
    return status;
}
