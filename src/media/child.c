#include "media/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PATH_BYTES = 4096,
    POLL_MS = 50,       /* how long a wish to stop may wait */
    NOT_STARTED = 127,  /* exit status of a child that could not become the program */
    FILES_MOST = 65536, /* numbers of open files that are closed one by one */
};

/* A child under way: our ends of its stdin (a socket, which a writer can survive the end of), stdout and stderr. */
struct running {
    plait_context *context;
    const struct plait__child *child;
    struct plait__buffer *output;
    struct plait__child_end *end;
    pid_t pid;
    int in, out, err; /* -1: closed */
    size_t written, said;
    uint64_t deadline_us;
};

static bool find_program(const char *name, char path[PATH_BYTES]) {
    if (strchr(name, '/')) return snprintf(path, PATH_BYTES, "%s", name) < PATH_BYTES && access(path, X_OK) == 0;
    const char *places = getenv("PATH");
    for (const char *at = places && *places ? places : "/usr/bin:/bin"; *at;) {
        const size_t length = strcspn(at, ":");
        const int size = snprintf(path, PATH_BYTES, "%.*s/%s", (int)length, at, name);
        if (length > 0 && size < PATH_BYTES && access(path, X_OK) == 0) return true;
        at += length + (at[length] == ':');
    }
    return false;
}

static void close_end(int *end) {
    if (*end >= 0) close(*end);
    *end = -1;
}

/* In the child: never returns.  Only what is safe after fork. */
static void become(const struct plait__child *child, const char *path, int in, int out, int err) {
    static char place[] = "PATH=/usr/bin:/bin", language[] = "LC_ALL=C.UTF-8", home[] = "HOME=/nonexistent";
    char *const environment[] = {place, language, home, NULL};
    /* Away from 0..2 first, or one of them could be overwritten before it is moved. */
    const int ends[3] = {fcntl(in, F_DUPFD, 10), fcntl(out, F_DUPFD, 10), fcntl(err, F_DUPFD, 10)};
    for (int i = 0; i < 3; i++)
        if (ends[i] < 0 || dup2(ends[i], i) < 0) _exit(NOT_STARTED);
    for (int file = 3; file < FILES_MOST; file++) close(file);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    plait__confine(child->memory_most, child->seconds_most);
    execve(path, (char *const *)(uintptr_t)child->arguments, environment);
    _exit(NOT_STARTED);
}

static enum plait_status start(struct running *running, const char *path) {
    int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1};
    const bool made = socketpair(AF_UNIX, SOCK_STREAM, 0, in) == 0 && pipe(out) == 0 && pipe(err) == 0;
    if (made) running->pid = fork();
    if (made && running->pid == 0) become(running->child, path, in[1], out[1], err[1]);
    close_end(&in[1]), close_end(&out[1]), close_end(&err[1]);
    running->in = in[0], running->out = out[0], running->err = err[0];
    if (!made || running->pid < 0)
        return plait__fail(running->context, PLAIT_IO, "%s could not be started: %s", path, strerror(errno));
    const int ends[3] = {in[0], out[0], err[0]};
    for (int i = 0; i < 3; i++) {
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    }
    return PLAIT_OK;
}

static void feed(struct running *running) {
    const struct plait__child *child = running->child;
    const char *bytes = child->input;
    while (running->written < child->input_size) {
        const ssize_t count = send(running->in, bytes + running->written, child->input_size - running->written, MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0) break; /* it reads no further, which is its own affair */
        running->written += (size_t)count;
    }
    close_end(&running->in);
}

static void listen_to(struct running *running) {
    char bytes[512];
    ssize_t count;
    while ((count = read(running->err, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < count && running->said + 1 < sizeof running->end->said; i++)
            running->end->said[running->said++] = bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : ' ';
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) close_end(&running->err);
}

static enum plait_status take(struct running *running) {
    char bytes[65536];
    ssize_t count;
    while ((count = read(running->out, bytes, sizeof bytes)) > 0)
        PLAIT__TRY(plait__buffer_append(running->output, bytes, (size_t)count));
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) close_end(&running->out);
    return PLAIT_OK;
}

static enum plait_status may_go_on(const struct running *running) {
    const struct plait__child *child = running->child;
    if (plait__cancelled(running->context))
        return plait__fail(running->context, PLAIT_CANCELLED, "stopped: %s", child->arguments[0]);
    if (plait__now_us(running->context) > running->deadline_us)
        return plait__fail(running->context, PLAIT_LIMIT, "%s: expected it to take at most %d s", child->arguments[0],
                           2 * child->seconds_most);
    return PLAIT_OK;
}

/* Until it has closed its ends. */
static enum plait_status serve(struct running *running) {
    while (running->out >= 0 || running->err >= 0) {
        struct pollfd ends[3] = {
            {running->out, POLLIN, 0}, {running->err, POLLIN, 0}, {running->in, POLLOUT, 0}}; /* -1 is passed over */
        PLAIT__TRY(may_go_on(running));
        if (poll(ends, 3, POLL_MS) < 0 && errno != EINTR)
            return plait__fail(running->context, PLAIT_IO, "%s: %s", running->child->arguments[0], strerror(errno));
        if (ends[0].revents) PLAIT__TRY(take(running));
        if (ends[1].revents) listen_to(running);
        if (ends[2].revents) feed(running);
    }
    return PLAIT_OK;
}

/* Until it is gone; `status` is how serving it went, and a child that may not go on is ended. */
static enum plait_status reap(struct running *running, enum plait_status status) {
    int how = 0;
    bool killed = false;
    for (;;) {
        if (status == PLAIT_OK) status = may_go_on(running);
        if (status != PLAIT_OK && !killed) {
            kill(running->pid, SIGKILL);
            killed = true;
        }
        const pid_t gone = waitpid(running->pid, &how, killed ? 0 : WNOHANG);
        if (gone == running->pid || (gone < 0 && errno != EINTR)) break;
        poll(NULL, 0, 2);
    }
    running->end->exit = WIFEXITED(how) ? WEXITSTATUS(how) : -1;
    return status;
}

enum plait_status plait__child_run(plait_context *context, const struct plait__child *child, struct plait__buffer *output,
                                   struct plait__child_end *end_out) {
    char path[PATH_BYTES];
    struct running running = {
        .context = context, .child = child, .output = output, .end = end_out, .in = -1, .out = -1, .err = -1};
    *end_out = (struct plait__child_end){.exit = -1};
    running.deadline_us = plait__now_us(context) + 2000000 * (uint64_t)child->seconds_most;
    if (!find_program(child->arguments[0], path))
        return plait__fail(context, PLAIT_NOT_FOUND, "the program %s is not installed", child->arguments[0]);
    enum plait_status status = start(&running, path);
    if (status == PLAIT_OK) status = serve(&running);
    if (running.pid > 0) status = reap(&running, status);
    close_end(&running.in), close_end(&running.out), close_end(&running.err);
    if (status == PLAIT_OK && end_out->exit == NOT_STARTED)
        return plait__fail(context, PLAIT_IO, "%s could not be started", path);
    return status;
}
