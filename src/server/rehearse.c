/* A model is tried by a confined process before it is loaded in this one: what it does there, crashing, taking all memory or
 * never ending, is that process's affair.  The process is this program, as `plait serve --try FOLDER`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "media/child.h"
#include "server/internal.h"
#include "tensor/tensor.h"

enum { SECONDS_MOST = 60, OUTPUT_MOST = 4096 };

/* Address space, of which the program and its libraries take a part; sanitizers take all there is. */
#if defined __SANITIZE_ADDRESS__
static size_t address_space(int memory_most) {
    (void)memory_most;
    return SIZE_MAX;
}
#else
static size_t address_space(int memory_most) {
    return ((size_t)memory_most + 1024) << 20;
}
#endif

enum plait_status plait__rehearse(const struct plait__repository *repository, const struct plait__edition *edition,
                                  char sentence[256]) {
    static const char prefix[] = "plait: serve: ";
    /* A confined process may not open a GPU: there the model is tried on the processor. */
    const char *backend = repository->backend && strcmp(repository->backend, "cuda") == 0 ? NULL : repository->backend;
    char memory[16];
    snprintf(memory, sizeof memory, "%d", repository->memory_most);
    const char *const arguments[] = {
        "/proc/self/exe", "serve", "--try", edition->folder, "--model-memory", memory, backend ? "--backend" : NULL,
        backend,          NULL};
    const struct plait__child child = {
        .arguments = arguments, .memory_most = address_space(repository->memory_most), .seconds_most = SECONDS_MOST};
    plait_context *context = NULL; /* the repository's is another thread's */
    struct plait__child_end end;
    struct plait__buffer output;
    PLAIT__TRY(plait_context_create(NULL, &context));
    plait__buffer_init(&output, context, OUTPUT_MOST);
    enum plait_status status = plait__child_run(context, &child, &output, &end);
    if (status == PLAIT_NOT_FOUND) { /* without /proc it cannot be tried */
        status = PLAIT_OK;
    } else if (status != PLAIT_OK) {
        snprintf(sentence, 256, "%.255s", plait_context_error(context));
    } else if (end.exit < 0) {
        status = PLAIT_LIMIT;
        snprintf(sentence, 256, "the process that tried the model crashed, or took more than %d MiB or %d s",
                 repository->memory_most, SECONDS_MOST);
    } else if (end.exit != 0) {
        status = PLAIT_INVALID;
        snprintf(sentence, 256, "%.255s", end.said + (strncmp(end.said, prefix, sizeof prefix - 1) ? 0 : sizeof prefix - 1));
    }
    plait__buffer_end(&output);
    plait_context_destroy(context);
    return status;
}

/* ------------------------------------------------------------------ in the process that tries */

/* Runs a network on zeros, where its shapes are known, open dimensions being 1.  It may refuse them. */
static void run_once(struct plait__replica *replica) {
    plait_session *session = replica->session;
    const size_t inputs = plait_session_input_count(session), outputs = plait_session_output_count(session);
    struct plait__arena arena;
    plait__arena_init(&arena, replica->context);
    plait_tensor *in = plait__arena_array(&arena, inputs + 1, sizeof *in);
    plait_tensor *out = plait__arena_array(&arena, outputs + 1, sizeof *out);
    bool known = in && out;
    for (size_t i = 0; known && i < inputs; i++) {
        size_t bytes = 0;
        plait_session_input_type(session, i, &in[i]);
        for (int d = 0; d < in[i].rank; d++)
            if (in[i].dims[d] < 0) in[i].dims[d] = 1;
        known = in[i].rank >= 0 && plait__tensor_measure(replica->context, &in[i], NULL, &bytes) == PLAIT_OK &&
                (in[i].data = plait__arena_array(&arena, bytes + 64, 1));
    }
    if (known) (void)plait_session_run(session, in, inputs, out, outputs);
    plait__arena_end(&arena);
}

enum plait_status plait__serve_try(plait_context *context, const struct plait__serve_options *options, const char *folder) {
    struct plait__repository repository;
    struct plait__replica *replica = NULL;
    char sentence[256] = "memory is out", manifest[4096 + 16];
    snprintf(manifest, sizeof manifest, "%s/manifest.json", folder);
    PLAIT__TRY(plait__repository_begin(&repository, context, options, NULL));
    struct plait__edition *edition = plait__edition_create(&repository, "", "", folder, access(manifest, F_OK) == 0);
    enum plait_status status = edition ? plait__replica_create(&repository, edition, &replica, NULL, sentence) : PLAIT_MEMORY;
    if (status == PLAIT_OK && replica->session) run_once(replica);
    if (status != PLAIT_OK) plait__fail(context, status, "%s", sentence);
    plait__replica_destroy(replica);
    plait__edition_destroy(edition);
    plait__repository_end(&repository);
    return status;
}
