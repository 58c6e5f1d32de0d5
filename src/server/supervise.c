/* One process serves, and another waits for it.  When the one that serves is killed by what a model's code does in the middle
 * of a request, the other has a new one serve in its place: at the same port, which stays open, and without the versions that
 * were on trial. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server/internal.h"

enum { CRASHES_MOST = 5, WINDOW_SECONDS = 60 };

/* ------------------------------------------------------------------ what outlives a crash */

static void name_of(char name[PLAIT__NAME_BYTES], const char *model, const char *version) {
    snprintf(name, PLAIT__NAME_BYTES, "%.63s@%.31s", model, version);
}

bool plait__fallen_has(const struct plait__fallen *fallen, const char *model, const char *version) {
    char name[PLAIT__NAME_BYTES];
    name_of(name, model, version);
    for (int i = 0; fallen && i < PLAIT__TRIALS_MOST; i++)
        if (strcmp(fallen->trials[i], name) == 0) return true;
    return false;
}

void plait__fallen_note(struct plait__fallen *fallen, const char *model, const char *version, bool on_trial) {
    char name[PLAIT__NAME_BYTES];
    if (!fallen) return;
    name_of(name, model, version);
    for (int i = 0; i < PLAIT__TRIALS_MOST; i++)
        if (strcmp(fallen->trials[i], name) == 0) *fallen->trials[i] = '\0';
    if (!on_trial) return;
    /* The newest first; who tries more than there are places has the oldest forgotten. */
    memmove(fallen->trials[1], fallen->trials[0], sizeof fallen->trials - sizeof *fallen->trials);
    memcpy(fallen->trials[0], name, sizeof name);
}

/* ------------------------------------------------------------------ the two processes */

enum plait_status plait__end_with_supervisor(plait_context *context, const struct plait__fallen *fallen) {
    if (!fallen || (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == fallen->supervisor)) return PLAIT_OK;
    return plait__fail(context, PLAIT_CANCELLED, "nobody waits for the server");
}

static long seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec;
}

/* Passes the signals on until the child has ended; whether it was told to. */
static bool wait_for(pid_t child, const sigset_t *signals, int *status_out) {
    bool told = false;
    for (int number; waitpid(child, status_out, WNOHANG) == 0;) {
        if (sigwait(signals, &number) != 0 || number == SIGCHLD) continue;
        told = true;
        kill(child, number);
    }
    return told;
}

static enum plait_status watch(plait_context *context, const struct plait__serve_options *options, const sigset_t *signals,
                               int *exit_out) {
    long crashes[CRASHES_MOST] = {0};
    for (int count = 0;; count++) {
        int status = 0;
        const pid_t child = fork();
        if (child < 0) return plait__fail(context, PLAIT_MEMORY, "a process could not be had: %s", strerror(errno));
        if (child == 0) {
            *exit_out = -1;
            return plait__serve(context, options);
        }
        const bool told = wait_for(child, signals, &status);
        *exit_out = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (told || WIFEXITED(status)) return PLAIT_OK;
        long *const oldest = &crashes[count % CRASHES_MOST], now = seconds_now();
        if (*oldest && now - *oldest < WINDOW_SECONDS)
            return plait__fail(context, PLAIT_INTERNAL, "the server crashed %d times in %d s, the last time by signal %d",
                               CRASHES_MOST + 1, WINDOW_SECONDS, WTERMSIG(status));
        *oldest = now;
        options->fallen->crashes++;
        options->fallen->signal = WTERMSIG(status);
    }
}

enum plait_status plait__supervise(plait_context *context, struct plait__serve_options *options, int *exit_out) {
    sigset_t signals;
    *exit_out = -1;
    struct plait__fallen *fallen = mmap(NULL, sizeof *fallen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fallen == MAP_FAILED) return plait__fail(context, PLAIT_MEMORY, "memory is out");
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* they wait until somebody does for them, here or in the child */
    fallen->supervisor = getpid();
    options->fallen = fallen;
    enum plait_status status = plait__listen(context, options, &options->listening);
    if (status == PLAIT_OK) status = watch(context, options, &signals, exit_out);
    munmap(fallen, sizeof *fallen);
    return status;
}
