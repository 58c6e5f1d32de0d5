/* The server's memory.  A memory belongs to one thread at a time, so that every replica has the file open for itself, and the
 * server once more to write into it. */
#include <string.h>

#include "server/internal.h"

enum plait_status plait__remember_begin(struct plait__server *server) {
    struct plait__remember *remember = &server->remember;
    const struct plait__serve_options *options = server->options;
    if (!options->memory) return PLAIT_OK;
    plait_context_options context_options;
    plait_context_options_default(&context_options);
    PLAIT__TRY(plait_context_create(&context_options, &remember->context));
    const enum plait_status status =
        plait_memory_open(remember->context, options->memory, options->memory_key, &remember->memory);
    atomic_store(&remember->age, 1);
    return status == PLAIT_OK ? status
                              : plait__fail(server->context, status, "--memory: %s", plait_context_error(remember->context));
}

void plait__remember_end(struct plait__server *server) {
    plait_memory_destroy(server->remember.memory);
    plait_context_destroy(server->remember.context);
}

enum plait_status plait__remember_in(struct plait__server *server, struct plait__replica *replica) {
    const unsigned age = atomic_load(&server->remember.age);
    if (!server->options->memory || replica->memory_age == age) return PLAIT_OK;
    plait_memory *memory = NULL;
    PLAIT__TRY(plait_memory_open(replica->context, server->options->memory, server->options->memory_key, &memory));
    plait_model_remember(replica->model, memory);
    plait_memory_destroy(replica->memory);
    replica->memory = memory;
    replica->memory_age = age;
    return PLAIT_OK;
}

enum plait_status plait__remember_document(struct plait__exchange *exchange, const char *json, const plait_confirmed *fields,
                                           size_t field_count, char id_out[17]) {
    struct plait__remember *remember = &exchange->server->remember;
    pthread_mutex_lock(&remember->lock);
    const enum plait_status status = plait_confirm(remember->memory, json, strlen(json), fields, field_count, id_out);
    if (status == PLAIT_OK)
        atomic_fetch_add(&remember->age, 1);
    else
        plait__fail(exchange->context, status, "the memory: %s", plait_context_error(remember->context));
    pthread_mutex_unlock(&remember->lock);
    return status;
}
