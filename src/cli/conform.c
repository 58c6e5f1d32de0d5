/* plait conform: ONNX backend test folders, each a model.onnx and test_data_set_N with input_N.pb and output_N.pb. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "cli/cli.h"
#include "cli/tensor_file.h"
#include "session/session.h"
#include "tensor/element.h"
#include "tensor/tensor.h"

enum {
    PATH_BYTES = 1024,
    DEEPEST = 8,                    /* folders inside folders */
    LIST_CEILING = 64 * 1024 * 1024 /* bytes of all paths */
};

/* ------------------------------------------------------------------ comparing */

/* ONNX's own bounds (onnx/backend/test/runner: rtol and atol); integers and booleans have none. */
static bool near(double found, double expected) {
    if (isnan(expected)) return isnan(found);
    if (isinf(expected)) return found == expected;
    return fabs(found - expected) <= 1e-7 + 1e-3 * fabs(expected);
}

static enum plait_status compare(plait_context *context, const plait_tensor *result, const plait_tensor *expected) {
    char found_type[128], expected_type[128];
    /* What wrote ONNX's tests had no bfloat16: its bits are stored, and compared within the bounds, as uint16. */
    bool bits = expected->dtype == PLAIT_U16 && result->dtype == PLAIT_BF16;
    plait_tensor view = *result;
    const plait_tensor *found = &view;
    if (bits) view.dtype = PLAIT_U16;
    if (found->dtype != expected->dtype || !plait__same_shape(found, expected))
        return plait__fail(context, PLAIT_INVALID, "expected %s, found %s",
                           plait__tensor_describe(expected, expected_type, sizeof expected_type),
                           plait__tensor_describe(found, found_type, sizeof found_type));
    bool real = plait__is_float(expected->dtype) || bits;
    int64_t elements = plait_tensor_elements(expected);
    for (int64_t i = 0; i < elements; i++) {
        if (real ? near(plait__load_real(found, i), plait__load_real(expected, i))
                 : plait__load_integer(found, i) == plait__load_integer(expected, i))
            continue;
        return plait__fail(context, PLAIT_INVALID, "element %lld of %s: expected %.9g, found %.9g", (long long)i,
                           plait__tensor_describe(expected, expected_type, sizeof expected_type), plait__load_real(expected, i),
                           plait__load_real(found, i));
    }
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ one test */

static bool exists(const char *path) {
    struct stat status;
    return stat(path, &status) == 0;
}

/* FOLDER/test_data_set_SET/KIND_INDEX.pb, which may hold something that is no tensor: then it is UNSUPPORTED. */
static enum plait_status read_tensor(plait_context *context, const char *folder, int set, const char *kind, size_t index,
                                     struct plait__arena *arena, plait_tensor *tensor) {
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/test_data_set_%d/%s_%zu.pb", folder, set, kind, index);
    enum plait_status status = plait__cli_tensor_file(context, path, arena, tensor);
    return status == PLAIT_OK ? status : plait__fail_in(context, status, "%s %zu", kind, index);
}

/* Reads input `index`.  A few of ONNX's tests give another shape than their own model declares: no runtime can take both at
 * their word, so such a test is reported as one that cannot be run. */
static enum plait_status read_input(plait_context *context, plait_session *session, const char *folder, int set, size_t index,
                                    struct plait__arena *arena, plait_tensor *input) {
    plait_tensor declared;
    plait_session_input_type(session, index, &declared);
    PLAIT__TRY(read_tensor(context, folder, set, "input", index, arena, input));
    if (input->dtype == PLAIT_U16 && declared.dtype == PLAIT_BF16) input->dtype = PLAIT_BF16; /* bits: see compare */
    bool contradicts = declared.rank >= 0 && declared.rank != input->rank;
    for (int d = 0; d < declared.rank && !contradicts; d++)
        contradicts = declared.dims[d] >= 0 && declared.dims[d] != input->dims[d];
    char found[128], expected[128];
    if (!contradicts) return PLAIT_OK;
    return plait__fail(context, PLAIT_UNSUPPORTED, "the test contradicts its model: input '%s' is %s, declared %s",
                       plait_session_input_name(session, index), plait__tensor_describe(input, found, sizeof found),
                       plait__tensor_describe(&declared, expected, sizeof expected));
}

static enum plait_status run_set(plait_context *context, plait_session *session, const char *folder, int set,
                                 struct plait__arena *arena) {
    size_t input_count = plait_session_input_count(session), output_count = plait_session_output_count(session);
    plait_tensor *inputs = plait__arena_array(arena, input_count, sizeof *inputs);
    plait_tensor *outputs = plait__arena_array(arena, output_count, sizeof *outputs), expected;
    if (!inputs || !outputs) return PLAIT_MEMORY;
    for (size_t i = 0; i < input_count; i++) PLAIT__TRY(read_input(context, session, folder, set, i, arena, &inputs[i]));
    PLAIT__TRY(plait_session_run(session, inputs, input_count, outputs, output_count));
    for (size_t i = 0; i < output_count; i++) {
        PLAIT__TRY(read_tensor(context, folder, set, "output", i, arena, &expected));
        enum plait_status status = compare(context, &outputs[i], &expected);
        if (status != PLAIT_OK) return plait__fail_in(context, status, "output '%s'", plait_session_output_name(session, i));
    }
    return PLAIT_OK;
}

static enum plait_status run_sets(plait_context *context, plait_session *session, const char *folder) {
    char path[PATH_BYTES];
    struct plait__arena arena;
    enum plait_status status = PLAIT_OK;
    int set = 0;
    plait__arena_init(&arena, context);
    for (; status == PLAIT_OK; set++) {
        snprintf(path, sizeof path, "%s/test_data_set_%d", folder, set);
        if (!exists(path)) break;
        status = run_set(context, session, folder, set, &arena);
        plait__arena_reset(&arena);
    }
    plait__arena_end(&arena);
    if (status == PLAIT_OK && (set == 0 || plait_session_output_count(session) == 0))
        return plait__fail(context, PLAIT_UNSUPPORTED, "there is nothing to compare");
    return status;
}

/* Whether any node of the last run was not left to the reference backend. */
static bool was_taken(const plait_session *session) {
    struct plait__segment_profile entries[64]; /* more than any test has segments */
    size_t count = plait__session_profile(session, entries, 64);
    for (size_t i = 0; i < count && i < 64; i++)
        if (strcmp(entries[i].backend, "reference") != 0) return true;
    return false;
}

static enum plait_status run_test(plait_context *context, const plait_session_options *options, const char *folder,
                                  bool *taken) {
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    plait_session *session = NULL;
    enum plait_status status = plait_session_create_from_file(context, path, options, &session);
    if (status == PLAIT_OK) status = run_sets(context, session, folder);
    *taken = status == PLAIT_OK && was_taken(session);
    plait_session_destroy(session);
    return status;
}

/* ------------------------------------------------------------------ all tests */

/* Appends every folder below `folder`, itself included, that holds a model.onnx, each with its NUL, in the order of names. */
static enum plait_status collect(plait_context *context, const char *folder, int depth, struct plait__buffer *list) {
    char path[PATH_BYTES];
    if ((size_t)snprintf(path, sizeof path, "%s/model.onnx", folder) >= sizeof path)
        return plait__fail(context, PLAIT_LIMIT, "%s: the path is too long", folder);
    if (exists(path)) return plait__buffer_append(list, folder, strlen(folder) + 1);

    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        return depth > 0 ? PLAIT_OK /* a file */ : plait__fail(context, PLAIT_NOT_FOUND, "%s: no such folder", folder);
    enum plait_status status = PLAIT_OK;
    for (int i = 0; i < count; i++) {
        bool hidden = entries[i]->d_name[0] == '.';
        int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (status == PLAIT_OK && !hidden && depth < DEEPEST && length < (int)sizeof path)
            status = collect(context, path, depth + 1, list);
        free(entries[i]);
    }
    free(entries);
    return status;
}

struct counts {
    int passed, failed, skipped;
    int taken; /* of those passed, how many the backend ran a part of itself */
};

static void run_tests(plait_context *context, const plait_session_options *options, const struct plait__buffer *list,
                      struct counts *counts) {
    int count = 0, done = 0;
    for (size_t i = 0; i < list->size; i++) count += list->data[i] == 0;
    for (const char *folder = list->data; done < count; folder += strlen(folder) + 1) {
        plait__cli_progress("test", done++, count);
        bool taken;
        enum plait_status status = run_test(context, options, folder, &taken);
        const char *slash = strrchr(folder, '/');
        if (status == PLAIT_OK) {
            counts->passed++;
            counts->taken += taken;
            continue;
        }
        bool unsupported = status == PLAIT_UNSUPPORTED;
        *(unsupported ? &counts->skipped : &counts->failed) += 1;
        plait__cli_progress("test", count, count); /* out of the way of the line */
        printf("%s %s: %s\n", unsupported ? "unsupported" : "failed", slash ? slash + 1 : folder, plait_context_error(context));
    }
    plait__cli_progress("test", count, count);
}

static int run(const struct plait__command *command, int argc, char **argv) {
    int threads = 0, least = 0;
    plait_session_options session_options;
    plait_session_options_default(&session_options);
    const struct plait__option options[] = {
        {.name = "--backend",
         .value = "NAME",
         .help = "xnnpack (default), reference or cuda",
         .text = &session_options.backend},
        {.name = "--threads", .value = "N", .help = "threads, 1 by default", .number = &threads},
        {.name = "--least", .value = "N", .help = "exit with 1 also when fewer tests pass", .number = &least},
        {0}};
    int parsed = plait__cli_options(command, options, argc, argv);
    if (parsed < 0) return plait__cli_exit(parsed);
    if (parsed == 0) {
        plait__cli_error(NULL, "conform: expected a folder of tests");
        return PLAIT__EXIT_USAGE;
    }
    if (session_options.backend && !plait__backend_find(session_options.backend)) {
        plait__cli_error(NULL, "conform: this build has no backend \"%s\"", session_options.backend);
        return PLAIT__EXIT_USAGE;
    }
    plait_context *context = plait__cli_context(threads);
    if (!context) return PLAIT__EXIT_FAILED;
    struct plait__buffer list;
    struct counts counts = {0};
    int exit = PLAIT__EXIT_OK;
    plait__buffer_init(&list, context, LIST_CEILING);
    for (int i = 0; i < parsed; i++) {
        size_t before = list.size;
        enum plait_status status = collect(context, argv[i], 0, &list);
        if (status == PLAIT_OK && list.size == before)
            status = plait__fail(context, PLAIT_NOT_FOUND, "%s: no tests in it", argv[i]);
        if (status == PLAIT_OK) continue;
        plait__cli_error(NULL, "%s", plait_context_error(context));
        exit = PLAIT__EXIT_FAILED;
    }
    if (list.size > 0) run_tests(context, &session_options, &list, &counts);
    if (counts.taken > 0)
        printf("%s ran nodes of %d of them, reference the rest\n",
               session_options.backend ? session_options.backend : "xnnpack", counts.taken);
    printf("%d passed, %d failed, %d skipped\n", counts.passed, counts.failed, counts.skipped);
    if (counts.failed > 0 || counts.passed < least) exit = PLAIT__EXIT_FAILED;
    plait__buffer_end(&list);
    plait_context_destroy(context);
    return exit;
}

const struct plait__command plait__command_conform = {"conform", "[options] DIR...", "runs ONNX backend test folders", run};
