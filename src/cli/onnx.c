/* plait onnx: runs a graph on arrays in files. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "cli/cli.h"
#include "cli/tensor_file.h"
#include "tensor/npy.h"
#include "tensor/tensor.h"

struct settings {
    int threads;
    const char *backend, *precision, *output;
    bool profile;
};

/* FOLDER/NAME.npy; what a file name cannot have becomes '_'. */
static enum plait_status write_output(plait_context *context, const char *folder, const char *name,
                                      const plait_tensor *tensor) {
    char path[1024], shape[128];
    int prefix = snprintf(path, sizeof path, "%s/", folder);
    snprintf(path + prefix, sizeof path - (size_t)prefix, "%s.npy", name);
    for (char *at = path + prefix; *at; at++)
        if (*at == '/' || *at == '\\' || *at == ':') *at = '_';
    struct plait__buffer buffer;
    plait__buffer_init(&buffer, context, SIZE_MAX / 2);
    enum plait_status status = plait__npy_write(&buffer, tensor);
    if (status == PLAIT_OK) status = plait__file_write(context, path, buffer.data, buffer.size);
    plait__buffer_end(&buffer);
    if (status == PLAIT_OK) printf("%s %s\n", path, plait__tensor_describe(tensor, shape, sizeof shape));
    return status;
}

static enum plait_status run_and_write(plait_session *session, plait_context *context, const struct settings *settings,
                                       const plait_tensor *inputs, size_t input_count, struct plait__arena *arena) {
    size_t count = plait_session_output_count(session);
    plait_tensor *outputs = plait__arena_array(arena, count, sizeof *outputs);
    if (!outputs) return PLAIT_MEMORY;
    PLAIT__TRY(plait_session_run(session, inputs, input_count, outputs, count));
    for (size_t i = 0; i < count; i++)
        PLAIT__TRY(write_output(context, settings->output, plait_session_output_name(session, i), &outputs[i]));
    if (!settings->profile) return PLAIT_OK;
    const char *json;
    PLAIT__TRY(plait_session_profile_json(session, &json));
    printf("%s\n", json);
    return PLAIT_OK;
}

static int run_model(plait_context *context, const struct settings *settings, const char *model, char **paths, int path_count) {
    plait_session_options options;
    plait_session_options_default(&options);
    if (settings->backend) options.backend = settings->backend;
    options.int8 = settings->precision && strcmp(settings->precision, "int8") == 0;
    options.profile = settings->profile;
    plait_session *session = NULL;
    struct plait__arena arena;
    plait__arena_init(&arena, context);
    const char *where = model;
    enum plait_status status = plait_session_create_from_file(context, model, &options, &session);
    plait_tensor *inputs = plait__arena_array(&arena, (size_t)path_count, sizeof *inputs);
    if (status == PLAIT_OK && !inputs) status = PLAIT_MEMORY;
    for (int i = 0; i < path_count && status == PLAIT_OK; i++) {
        status = plait__cli_tensor_file(context, paths[i], &arena, &inputs[i]);
        if (status != PLAIT_OK) where = paths[i];
    }
    if (status == PLAIT_OK) status = run_and_write(session, context, settings, inputs, (size_t)path_count, &arena);
    if (status != PLAIT_OK) plait__cli_error(where, "%s", plait_context_error(context));
    plait_session_destroy(session);
    plait__arena_end(&arena);
    return status == PLAIT_OK ? PLAIT__EXIT_OK : PLAIT__EXIT_FAILED;
}

static int run(const struct plait__command *command, int argc, char **argv) {
    struct settings settings = {.output = "."};
    const struct plait__option options[] = {
        {.name = "--backend", .value = "NAME", .help = "xnnpack (default), reference or cuda", .text = &settings.backend},
        {.name = "--precision", .value = "P", .help = "f32 (default) or int8", .text = &settings.precision},
        {.name = "--threads", .value = "N", .help = "threads, 1 by default", .number = &settings.threads},
        {.name = "--output",
         .value = "FOLDER",
         .help = "where NAME.npy goes for each output, . by default",
         .text = &settings.output},
        {.name = "--profile", .help = "print where the time went, as JSON", .flag = &settings.profile},
        {0}};
    int parsed = plait__cli_options(command, options, argc, argv);
    if (parsed < 0) return plait__cli_exit(parsed);
    if (parsed == 0) {
        plait__cli_error(NULL, "onnx: expected MODEL.onnx and its inputs");
        return PLAIT__EXIT_USAGE;
    }
    if (settings.precision && strcmp(settings.precision, "int8") != 0 && strcmp(settings.precision, "f32") != 0) {
        plait__cli_error(NULL, "onnx: --precision: expected f32 or int8, found %s", settings.precision);
        return PLAIT__EXIT_USAGE;
    }
    plait_context *context = plait__cli_context(settings.threads);
    if (!context) return PLAIT__EXIT_FAILED;
    int exit = run_model(context, &settings, argv[0], argv + 1, parsed - 1);
    plait_context_destroy(context);
    return exit;
}

const struct plait__command plait__command_onnx = {"onnx", "[options] MODEL.onnx INPUT...",
                                                   "runs a graph on .npy or TensorProto files", run};
