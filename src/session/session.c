#include "session/session.h"

#include <string.h>

#include "graph/fuse/fuse.h"
#include "onnx/onnx.h"

void plait_session_options_default(plait_session_options *options) {
    *options = (plait_session_options){0};
}

static enum plait_status load(plait_session *session, const void *bytes, size_t size, const char *folder) {
    PLAIT__TRY(plait__onnx_read(session->context, bytes, size, folder, &session->graph));
    PLAIT__TRY(plait__simplify(session->graph));
    return plait__fuse_graph(session->graph);
}

static enum plait_status create_empty(plait_context *context, const plait_session_options *options,
                                      plait_session **session_out) {
    plait_session_options chosen;
    plait_session_options_default(&chosen);
    if (options) chosen = *options;
    const struct plait__backend *backend = plait__backend_find(chosen.backend);
    if (!backend) return plait__fail(context, PLAIT_NOT_FOUND, "this build has no backend '%s'", chosen.backend);
    if (backend->begin) PLAIT__TRY(backend->begin(context));
    plait_session *session = plait__allocate_zero(context, 1, sizeof *session);
    if (!session) return PLAIT_MEMORY;
    session->context = context;
    session->options = chosen;
    session->options.backend = backend->name;
    session->backend = backend;
    plait__buffer_init(&session->report, context, PLAIT__REPORT_CEILING);
    if (chosen.profile) {
        session->op_times[0] = plait__allocate_zero(context, 2 * PLAIT__OP_COUNT, sizeof *session->op_times[0]);
        if (!session->op_times[0]) {
            plait__release(context, session);
            return PLAIT_MEMORY;
        }
        session->op_times[1] = session->op_times[0] + PLAIT__OP_COUNT;
    }
    *session_out = session;
    return PLAIT_OK;
}

enum plait_status plait_session_create(plait_context *context, const void *bytes, size_t size, const char *folder,
                                       const plait_session_options *options, plait_session **session_out) {
    plait_session *session;
    PLAIT__TRY(create_empty(context, options, &session));
    enum plait_status status = load(session, bytes, size, folder);
    if (status != PLAIT_OK) {
        plait_session_destroy(session);
        return status;
    }
    *session_out = session;
    return PLAIT_OK;
}

/* The folder of a path, in memory of its own. */
static char *folder_of(plait_context *context, const char *path) {
    const char *slash = strrchr(path, '/');
    size_t length = !slash ? 1 : slash == path ? 1 : (size_t)(slash - path);
    char *folder = plait__allocate(context, length + 1);
    if (!folder) return NULL;
    memcpy(folder, slash ? path : ".", length);
    folder[length] = '\0';
    return folder;
}

enum plait_status plait_session_create_from_file(plait_context *context, const char *path, const plait_session_options *options,
                                                 plait_session **session_out) {
    plait_session *session;
    PLAIT__TRY(create_empty(context, options, &session));
    char *folder = folder_of(context, path);
    enum plait_status status = folder ? plait__file_open(context, path, 0, &session->file) : PLAIT_MEMORY;
    if (status == PLAIT_OK) status = load(session, session->file.bytes, session->file.size, folder);
    plait__release(context, folder);
    if (status != PLAIT_OK) {
        plait_session_destroy(session);
        return status;
    }
    *session_out = session;
    return PLAIT_OK;
}

void plait_session_destroy(plait_session *session) {
    if (!session) return;
    plait_context *context = session->context;
    for (int i = 0; i < PLAIT__PLAN_CACHE; i++) plait__plan_destroy(session->plans[i]);
    for (int v = 0; v < session->value_capacity; v++) plait__release(context, session->owned[v]);
    plait__release(context, session->owned);
    plait__release(context, session->values);
    plait__release(context, session->workspace);
    plait__release(context, session->scratch);
    plait__graph_destroy(session->graph);
    plait__file_close(context, &session->file);
    plait__buffer_end(&session->report);
    plait__release(context, session->op_times[0]);
    plait__release(context, session);
}

size_t plait_session_input_count(const plait_session *session) {
    return (size_t)session->graph->input_count;
}
size_t plait_session_output_count(const plait_session *session) {
    return (size_t)session->graph->output_count;
}

static const struct plait__value *input_of(const plait_session *session, size_t index) {
    return &session->graph->values[session->graph->inputs[index]];
}

static const struct plait__value *output_of(const plait_session *session, size_t index) {
    return &session->graph->values[session->graph->outputs[index]];
}

const char *plait_session_input_name(const plait_session *session, size_t index) {
    return input_of(session, index)->name;
}
const char *plait_session_output_name(const plait_session *session, size_t index) {
    return output_of(session, index)->name;
}

const char *plait_session_input_dimension_name(const plait_session *session, size_t index, int axis) {
    const struct plait__value *input = input_of(session, index);
    return input->dim_names && axis >= 0 && axis < input->type.rank ? input->dim_names[axis] : NULL;
}

void plait_session_input_type(const plait_session *session, size_t index, plait_tensor *type_out) {
    *type_out = input_of(session, index)->type;
    type_out->data = NULL;
}

void plait_session_output_type(const plait_session *session, size_t index, plait_tensor *type_out) {
    *type_out = output_of(session, index)->type;
    type_out->data = NULL;
}

bool plait__session_is_wide(const plait_session *session) {
    return session->backend->wide;
}

const struct plait__graph *plait__session_plan_graph(const plait_session *session) {
    return session->current ? session->current->graph : NULL;
}
