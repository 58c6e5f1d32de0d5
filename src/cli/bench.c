/* plait bench: how fast a graph runs, what of the machine that is, and what fell back to reference. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/flops.h"
#include "cli/product.h"
#include "session/session.h"
#include "tensor/element.h"

enum {
    RUNS_LEAST = 10,
    RUNS_MOST = 20000,
    RUNS_PROFILED = 5,
    SECONDS = 3 /* by default */
};

struct settings {
    int threads, seconds;
    const char *backend, *precision;
    struct plait__texts shapes;
    bool json;
};

/* What was measured. */
struct bench {
    double flops;
    int runs;
    double p50_us, p95_us;
    double processor_us; /* median, of all threads */
    double product_us;   /* median of one 512 x 512 x 512 product, in turn with the runs */
    size_t peak_bytes;
    int nodes, nodes_fallen;
    uint64_t profiled_us, fallen_us;
};

/* ------------------------------------------------------------------ inputs */

/* "name=1x3x224x224" sets the dims of the input of that name; false when the text is not of that form. */
static bool parse_shape(const char *text, const char *name, plait_tensor *type, bool *matches_out) {
    const char *equals = strrchr(text, '=');
    if (!equals) return false;
    *matches_out = (size_t)(equals - text) == strlen(name) && strncmp(text, name, (size_t)(equals - text)) == 0;
    if (!*matches_out) return true;
    type->rank = 0;
    for (const char *at = equals + 1; *at;) {
        char *end;
        long long dim = strtoll(at, &end, 10);
        if (end == at || dim < 0 || type->rank == PLAIT_MAX_RANK || (*end && *end != 'x')) return false;
        type->dims[type->rank++] = dim;
        at = *end ? end + 1 : end;
    }
    return true;
}

static enum plait_status shape_input(plait_context *context, const struct settings *settings, const char *name,
                                     plait_tensor *type) {
    for (int i = 0; i < settings->shapes.count; i++) {
        bool matches = false;
        if (!parse_shape(settings->shapes.items[i], name, type, &matches))
            return plait__fail(context, PLAIT_INVALID, "--shape: expected name=1x3x224x224, found %s",
                               settings->shapes.items[i]);
    }
    if (type->rank < 0)
        return plait__fail(context, PLAIT_INVALID, "input '%s' may have any shape: give --shape %s=...", name, name);
    for (int i = 0; i < type->rank; i++) {
        if (type->dims[i] < 0 && i > 0)
            return plait__fail(context, PLAIT_INVALID, "dimension %d of input '%s' may change: give --shape %s=...", i, name,
                               name);
        if (type->dims[i] < 0) type->dims[i] = 1; /* a batch of one */
    }
    return PLAIT_OK;
}

/* Floats in -1..1; whole numbers are 0 and 1, which index and mask whatever they are for. */
static void fill_input(plait_tensor *input, uint32_t *random) {
    bool real = plait__is_float(input->dtype);
    for (int64_t i = 0; i < plait_tensor_elements(input); i++) {
        *random = *random * 1664525u + 1013904223u;
        double number = (double)(int32_t)*random / 2147483648.0;
        int64_t bit = *random >> 31;
        if (real)
            plait__store_reals(input, i, 0, 1, &number);
        else
            plait__store_integers(input, i, 0, 1, &bit);
    }
}

static enum plait_status make_inputs(plait_context *context, const struct settings *settings, const plait_session *session,
                                     struct plait__arena *arena, plait_tensor **inputs_out) {
    size_t count = plait_session_input_count(session);
    plait_tensor *inputs = plait__arena_array(arena, count, sizeof *inputs);
    uint32_t random = 1;
    if (!inputs) return PLAIT_MEMORY;
    for (size_t i = 0; i < count; i++) {
        plait_session_input_type(session, i, &inputs[i]);
        PLAIT__TRY(shape_input(context, settings, plait_session_input_name(session, i), &inputs[i]));
        inputs[i].data = plait__arena_allocate(arena, plait_tensor_bytes(&inputs[i]));
        if (!inputs[i].data) return PLAIT_MEMORY;
        fill_input(&inputs[i], &random);
    }
    *inputs_out = inputs;
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ measuring */

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts. */
static double percentile(double *times, int count, double share) {
    qsort(times, (size_t)count, sizeof *times, by_size);
    int index = (int)ceil(share * count) - 1;
    return times[index < 0 ? 0 : index];
}

static double since(const plait_context *context, uint64_t start) {
    return (double)(plait__now_us(context) - start);
}

struct timed {
    plait_session *session;
    plait_tensor *inputs, *outputs;
    size_t input_count, output_count;
};

static enum plait_status run_once(struct timed *timed) {
    return plait_session_run(timed->session, timed->inputs, timed->input_count, timed->outputs, timed->output_count);
}

/* Microseconds, run by run. */
struct times {
    double runs[RUNS_MOST], processor[RUNS_MOST]; /* of the graph, on the wall and of all its threads together */
    double products[RUNS_MOST];
};

/* Of this process; a busy machine distorts it less than the wall clock. */
static double processor_us(void) {
    return 1e6 * (double)clock() / CLOCKS_PER_SEC;
}

/* `count` products, of which the mean goes to *mean_out (microseconds): the first is not counted, because what ran before
 * emptied the caches. */
static enum plait_status time_products(plait_context *context, struct plait__product *product, int count, double *mean_out) {
    PLAIT__TRY(plait__product_run(product));
    uint64_t start = plait__now_us(context);
    for (int i = 0; i < count; i++) PLAIT__TRY(plait__product_run(product));
    *mean_out = since(context, start) / count;
    return PLAIT_OK;
}

static enum plait_status time_run(plait_context *context, struct timed *timed, double *wall_out, double *processor_out) {
    double processor = processor_us();
    uint64_t start = plait__now_us(context);
    PLAIT__TRY(run_once(timed));
    *wall_out = since(context, start);
    *processor_out = processor_us() - processor;
    return PLAIT_OK;
}

/* The graph and about as long a time of products in turn, so that both see the same machine and the same interruptions. */
static enum plait_status measure_in_turn(plait_context *context, const struct settings *settings, struct timed *timed,
                                         struct plait__product *product, struct times *times, int *count_out) {
    double most_us = 1e6 * settings->seconds, *first = times->runs;
    for (int i = 0; i < 2; i++) { /* the second time all is warm */
        PLAIT__TRY(time_run(context, timed, first, times->processor));
        PLAIT__TRY(time_products(context, product, 1, times->products));
    }
    int repeats = (int)fmin(fmax(first[0] / fmax(times->products[0], 1.0), 1.0), 64.0), count = 0;
    for (uint64_t begin = plait__now_us(context); count < RUNS_MOST && (count < RUNS_LEAST || since(context, begin) < most_us);
         count++) {
        PLAIT__TRY(time_run(context, timed, &times->runs[count], &times->processor[count]));
        PLAIT__TRY(time_products(context, product, repeats, &times->products[count]));
        if (since(context, begin) > 1e6)
            plait__cli_progress("bench", (int)fmin(since(context, begin) / 1e4, most_us / 1e4 - 1), (int)(most_us / 1e4));
    }
    plait__cli_progress("bench", (int)(most_us / 1e4), (int)(most_us / 1e4));
    *count_out = count;
    return PLAIT_OK;
}

static enum plait_status measure(plait_context *context, const struct settings *settings, struct timed *timed,
                                 struct times *times, struct bench *bench) {
    struct plait__product *product;
    PLAIT__TRY(plait__product_create(context, &product));
    int count = 0;
    enum plait_status status = measure_in_turn(context, settings, timed, product, times, &count);
    plait__product_destroy(product);
    if (status != PLAIT_OK) return status;
    bench->runs = count;
    bench->p50_us = percentile(times->runs, count, 0.5);
    bench->p95_us = percentile(times->runs, count, 0.95);
    bench->processor_us = percentile(times->processor, count, 0.5);
    bench->product_us = percentile(times->products, count, 0.5);
    bench->peak_bytes = plait_session_peak_bytes(timed->session);
    bench->flops = plait__cli_flops(plait__session_plan_graph(timed->session));
    return PLAIT_OK;
}

static void count_nodes(const plait_session *session, struct bench *bench) {
    for (int s = 0; s < session->current->segment_count; s++) {
        const struct plait__segment *segment = &session->current->segments[s];
        bool fallen = segment->backend != session->backend;
        bench->nodes += segment->plan.node_count;
        bench->profiled_us += segment->total_us;
        bench->nodes_fallen += fallen ? segment->plan.node_count : 0;
        bench->fallen_us += fallen ? segment->total_us : 0;
    }
}

/* ------------------------------------------------------------------ saying it */

static double share(double part, double whole) {
    return whole > 0.0 ? part / whole : 0.0;
}

static void print_operators(const plait_session *session, int which, double total_us) {
    bool done[PLAIT__OP_COUNT] = {false};
    for (;;) {
        int most = -1;
        for (int op = 0; op < PLAIT__OP_COUNT; op++)
            if (!done[op] && session->op_times[which][op].runs &&
                (most < 0 || session->op_times[which][op].us > session->op_times[which][most].us))
                most = op;
        if (most < 0) return;
        done[most] = true;
        printf("  %5.1f %%  %-20s %s\n", 100.0 * share((double)session->op_times[which][most].us, total_us),
               plait__op_name((enum plait__op)most), which ? "fell back to reference" : session->backend->name);
    }
}

static void print_text(const struct bench *bench, const plait_session *session) {
    double rate = bench->flops / bench->p50_us / 1e3, peak = PLAIT__PRODUCT_FLOPS / bench->product_us / 1e3;
    printf("latency   %.3f ms (p95 %.3f ms) over %d runs\n", bench->p50_us / 1e3, bench->p95_us / 1e3, bench->runs);
    printf("rate      %.1f GFLOP/s of %.3f GFLOP: %.2f of the peak of %.1f (a product of 512 x 512 x 512)\n", rate,
           bench->flops / 1e9, share(rate, peak), peak);
    printf("memory    %.1f MB at most\n", (double)bench->peak_bytes / 1e6);
    printf("fell back %d of %d nodes, %.1f %% of the time\n", bench->nodes_fallen, bench->nodes,
           100.0 * share((double)bench->fallen_us, (double)bench->profiled_us));
    for (int which = 0; which < 2; which++) print_operators(session, which, (double)bench->profiled_us);
}

static enum plait_status print_json(const struct bench *bench, plait_session *session, const struct settings *settings) {
    const char *profile;
    PLAIT__TRY(plait_session_profile_json(session, &profile));
    double rate = bench->flops / bench->p50_us / 1e3, peak = PLAIT__PRODUCT_FLOPS / bench->product_us / 1e3;
    printf("{\"backend\":\"%s\",\"threads\":%d,\"precision\":\"%s\",\"runs\":%d,\"p50_ms\":%.4f,\"p95_ms\":%.4f,\"processor_"
           "ms\":%.4f,\"gflop\":%.6f,"
           "\"gflops\":%.2f,\"peak_gflops\":%.2f,\"share_of_peak\":%.4f,\"peak_bytes\":%zu,\"nodes\":%d,\"nodes_fallen\":%d,"
           "\"fallback_share\":%.4f,\"profile\":%s}\n",
           session->backend->name, settings->threads ? settings->threads : 1, session->options.int8 ? "int8" : "f32",
           bench->runs, bench->p50_us / 1e3, bench->p95_us / 1e3, bench->processor_us / 1e3, bench->flops / 1e9, rate, peak,
           share(rate, peak), bench->peak_bytes, bench->nodes, bench->nodes_fallen,
           share((double)bench->fallen_us, (double)bench->profiled_us), profile);
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ the command */

/* Speed is measured without the profile's clock; a second session, which shares the packed weights, says where it went. */
static enum plait_status bench_model(plait_context *context, const char *path, const struct settings *settings,
                                     struct plait__arena *arena, plait_session *sessions[2]) {
    plait_session_options options;
    plait_session_options_default(&options);
    options.backend = settings->backend;
    options.int8 = settings->precision && strcmp(settings->precision, "int8") == 0;
    for (int i = 0; i < 2; i++) {
        options.profile = i == 1;
        PLAIT__TRY(plait_session_create_from_file(context, path, &options, &sessions[i]));
    }
    struct timed timed = {.session = sessions[0],
                          .input_count = plait_session_input_count(sessions[0]),
                          .output_count = plait_session_output_count(sessions[0])};
    timed.outputs = plait__arena_array(arena, timed.output_count, sizeof *timed.outputs);
    struct times *times = plait__arena_allocate(arena, sizeof *times);
    if (!timed.outputs || !times) return PLAIT_MEMORY;
    PLAIT__TRY(make_inputs(context, settings, timed.session, arena, &timed.inputs));
    struct bench bench = {0};
    PLAIT__TRY(measure(context, settings, &timed, times, &bench));
    timed.session = sessions[1];
    for (int i = 0; i < RUNS_PROFILED; i++) PLAIT__TRY(run_once(&timed));
    count_nodes(timed.session, &bench);
    if (settings->json) return print_json(&bench, timed.session, settings);
    print_text(&bench, timed.session);
    return PLAIT_OK;
}

static int run(const struct plait__command *command, int argc, char **argv) {
    struct settings settings = {.seconds = SECONDS};
    const struct plait__option options[] = {
        {.name = "--backend", .value = "NAME", .help = "xnnpack (default), reference or cuda", .text = &settings.backend},
        {.name = "--precision", .value = "P", .help = "f32 (default) or int8", .text = &settings.precision},
        {.name = "--threads", .value = "N", .help = "threads, 1 by default", .number = &settings.threads},
        {.name = "--shape", .value = "NAME=DIMS", .help = "an input's shape, as image=1x3x224x224", .texts = &settings.shapes},
        {.name = "--seconds", .value = "N", .help = "how long to measure, 3 by default", .number = &settings.seconds},
        {.name = "--json", .help = "print one JSON object", .flag = &settings.json},
        {0}};
    int parsed = plait__cli_options(command, options, argc, argv);
    if (parsed < 0) return plait__cli_exit(parsed);
    if (parsed != 1) return plait__cli_usage(command, "expected one MODEL.onnx");
    if (settings.precision && strcmp(settings.precision, "int8") != 0 && strcmp(settings.precision, "f32") != 0)
        return plait__cli_usage(command, "--precision: expected f32 or int8");
    plait_context *context = plait__cli_context(settings.threads);
    if (!context) return PLAIT__EXIT_FAILED;
    struct plait__arena arena;
    plait__arena_init(&arena, context);
    plait_session *sessions[2] = {NULL, NULL};
    enum plait_status status = bench_model(context, argv[0], &settings, &arena, sessions);
    if (status != PLAIT_OK) plait__cli_error(argv[0], "%s", plait__cli_sentence(context, argv[0]));
    for (int i = 0; i < 2; i++) plait_session_destroy(sessions[i]);
    plait__arena_end(&arena);
    plait_context_destroy(context);
    return status == PLAIT_OK ? PLAIT__EXIT_OK : PLAIT__EXIT_FAILED;
}

const struct plait__command plait__command_bench = {"bench", "[options] MODEL.onnx",
                                                    "measures how fast a graph runs, and where", run};
