#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "document/document.h"
#include "server/internal.h"

#define SECONDS {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}
#define SHARES  {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1}

/* member, kind, name, help, labels, series, bounds */
#define FAMILIES(X)                                                                                                           \
    X(requests, COUNTER, "plait_http_requests_total", "Requests answered.", ("route", "method", "code"), 0, {0})              \
    X(request_seconds, HISTOGRAM, "plait_http_request_duration_seconds", "From a request's head to its end.", ("route"), 0,   \
      SECONDS)                                                                                                                \
    X(rejected, COUNTER, "plait_rejected_total", "Requests refused before work, by reason.", ("reason"), 0, {0})              \
    X(disconnected, COUNTER, "plait_disconnected_total",                                                                      \
      "Connections ended because a client was too slow, by what it was "                                                      \
      "waited for.",                                                                                                          \
      ("waited_for"), 0, {0})                                                                                                 \
    X(crashes, COUNTER, "plait_crashes_total", "Servers before this one that a signal ended.", (NULL), 0, {0})                \
    X(connections, GAUGE, "plait_connections", "Open connections.", (NULL), 0, {0})                                           \
    X(open, GAUGE, "plait_requests_open", "Requests begun and not yet answered.", (NULL), 0, {0})                             \
    X(waiting, GAUGE, "plait_queue_length", "Requests that wait for a worker.", (NULL), 0, {0})                               \
    X(queue_limit, GAUGE, "plait_queue_limit", "Requests that may wait for a worker.", (NULL), 0, {0})                        \
    X(wait_seconds, HISTOGRAM, "plait_queue_wait_seconds", "Time in the queue.", (NULL), 0, SECONDS)                          \
    X(workers, GAUGE, "plait_workers", "Worker threads.", (NULL), 0, {0})                                                     \
    X(busy, GAUGE, "plait_workers_busy", "Workers at work.", (NULL), 0, {0})                                                  \
    X(work_seconds, COUNTER, "plait_work_seconds_total", "Time workers worked: what requests cost.", ("model"), 0, {0})       \
    X(documents, COUNTER, "plait_documents_total", "Documents by outcome.", ("model", "version", "outcome"), 0, {0})          \
    X(pages, COUNTER, "plait_pages_total", "Pages read.", (NULL), 0, {0})                                                     \
    X(stages, HISTOGRAM, "plait_stage_duration_seconds", "Time of a document's stages, as its timing_ms.", ("stage"), 0,      \
      SECONDS)                                                                                                                \
    X(reviews, COUNTER, "plait_reviews_total", "Documents a person should look at.", ("model"), 0, {0})                       \
    X(checks, COUNTER, "plait_checks_total", "Checks of documents.", ("check", "passed"), 0, {0})                             \
    X(present, COUNTER, "plait_modality_present_total", "Documents that had a modality.", ("modality"), 0, {0})               \
    X(quality, HISTOGRAM, "plait_modality_quality", "Quality of the modalities present.", ("modality"), 0, SHARES)            \
    X(contribution, HISTOGRAM, "plait_modality_contribution", "Share of a modality in the answer.", ("modality"), 0, SHARES)  \
    X(confidence, HISTOGRAM, "plait_field_confidence", "Calibrated confidence of fields with a value.", ("field"), 0, SHARES) \
    X(agreement, HISTOGRAM, "plait_modality_agreement",                                                                       \
      "How far the modalities, asked one by one, say the same: 1 less the Jensen-Shannon divergence.", ("field"), 0, SHARES)  \
    X(drift, GAUGE, "plait_modality_drift",                                                                                   \
      "How far the newest embeddings are from those of training: population stability index less what chance adds.",          \
      ("model", "version", "modality"), 0, {0})                                                                               \
    X(drifted, GAUGE, "plait_modality_drifted", "1 where that is no chance, and large enough to matter.",                     \
      ("model", "version", "modality"), 0, {0})                                                                               \
    X(inferences, COUNTER, "plait_inferences_total", "Runs of a model through the inference protocol.", ("model", "outcome"), \
      0, {0})                                                                                                                 \
    X(events, COUNTER, "plait_events_total", "CloudEvents by outcome.", ("outcome"), 0, {0})                                  \
    X(model_info, GAUGE, "plait_model_info", "1 for every model version that is ready.", ("model", "version", "digest"), 0,   \
      {0})                                                                                                                    \
    X(build_info, GAUGE, "plait_build_info", "1; the version is Plait's.", ("version"), 0, {0})                               \
    X(ready, GAUGE, "plait_ready", "1 when all models are warm and nothing is being ended.", (NULL), 0, {0})                  \
    X(traces, COUNTER, "plait_traces_exported_total", "Traces the collector took.", (NULL), 0, {0})                           \
    X(dropped, COUNTER, "plait_telemetry_dropped_total", "Lines and traces that could not be kept.", ("kind"), 0, {0})        \
    X(rolled_back, COUNTER, "plait_canaries_unloaded_total", "Canaries that were worse than what they were to follow.",       \
      ("model"), 0, {0})                                                                                                      \
    X(stand_ins, COUNTER, "plait_stand_ins_total", "Requests that the stable version did because a canary could not.",        \
      ("model"), 0, {0})                                                                                                      \
    X(shadow_documents, COUNTER, "plait_shadow_documents_total",                                                              \
      "Documents that another version was to read too, by what became of that.", ("model", "version", "outcome"), 0, {0})     \
    X(shadow_fields, COUNTER, "plait_shadow_fields_total",                                                                    \
      "Fields of a version on trial, compared with what the stable one found.", ("model", "version", "same"), 0, {0})         \
    X(corrected, COUNTER, "plait_feedback_fields_total", "Fields of which a person said what is right.", ("model", "right"),  \
      0, {0})                                                                                                                 \
    X(client_events, COUNTER, "plait_client_events_total",                                                                    \
      "What devices report: starts, documents, questions to a server, captures, reports that were lost.",                     \
      ("event", "outcome", "variant"), 600, {0})                                                                              \
    X(client_seconds, HISTOGRAM, "plait_client_duration_seconds", "How long that took on the devices.", ("event", "variant"), \
      0, SECONDS)                                                                                                             \
    X(gpu_busy, GAUGE, "plait_gpu_utilization_ratio", "Share of the time that a GPU was at work lately.", ("gpu"), 0, {0})    \
    X(gpu_memory_used, GAUGE, "plait_gpu_memory_used_bytes", "Memory of a GPU that is taken.", ("gpu"), 0, {0})               \
    X(gpu_memory, GAUGE, "plait_gpu_memory_bytes", "Memory of a GPU.", ("gpu"), 0, {0})                                       \
    X(batch_sizes, HISTOGRAM, "plait_batch_size", "Requests that shared a run of a network.", ("model"), 0,                   \
      {1, 2, 4, 8, 16, 32, 64})                                                                                               \
    X(line_batch_sizes, HISTOGRAM, "plait_line_batch_size", "Lines of documents in one run of a network.", ("model"), 0,      \
      {1, 2, 4, 8, 16, 32, 64})                                                                                               \
    X(degraded, COUNTER, "plait_degraded_total", "Documents read by the cheap path alone, because many waited.", (NULL), 0,   \
      {0})                                                                                                                    \
    X(start_seconds, GAUGE, "plait_start_cpu_seconds", "Processor time from the process's begin until ready, by stage.",      \
      ("stage"), 0, {0})                                                                                                      \
    X(memory, GAUGE, "process_resident_memory_bytes", "Resident memory.", (NULL), 0, {0})                                     \
    X(processor, COUNTER, "process_cpu_seconds_total", "Processor time, user and system.", (NULL), 0, {0})                    \
    X(files, GAUGE, "process_open_fds", "Open files.", (NULL), 0, {0})                                                        \
    X(started, GAUGE, "process_start_time_seconds", "When the server began, seconds since 1970.", (NULL), 0, {0})

#define BARE(...) __VA_ARGS__

enum plait_status plait__measure_begin(struct plait__measure *measure, plait_context *context) {
    PLAIT__TRY(plait__metrics_create(context, &measure->metrics));
#define ADD(member, kind, name, help, labels, series, ...)                                                              \
    measure->member = plait__metric_add(                                                                                \
        measure->metrics, &(struct plait__metric_info){PLAIT__##kind, name, help, {BARE labels}, series, __VA_ARGS__}); \
    if (!measure->member) return PLAIT_MEMORY;
    FAMILIES(ADD)
#undef ADD
    plait__gauge(measure->build_info, PLAIT__LABELS(PLAIT_VERSION), 1);
    plait__gauge(measure->started, NULL, (double)plait__unix_now() / 1e6);
    return PLAIT_OK;
}

void plait__measure_end(struct plait__measure *measure) {
    plait__metrics_destroy(measure->metrics);
    measure->metrics = NULL;
}

/* ------------------------------------------------------------------ what happens */

void plait__measure_exchange(struct plait__server *server, struct plait__exchange *exchange, bool sent) {
    char code[8] = "none"; /* the client went first */
    const char *route = exchange->route ? exchange->route->name : "none",
               *method = exchange->route ? exchange->route->method : "";
    if (sent) snprintf(code, sizeof code, "%d", exchange->streams ? 200 : exchange->status);
    plait__count(server->measure.requests, PLAIT__LABELS(route, method, code), 1);
    plait__observe(server->measure.request_seconds, PLAIT__LABELS(route),
                   (double)(plait__server_now(server) - exchange->start_us) / 1e6);
}

static void measure_modality(struct plait__measure *measure, const char *name, const struct plait__modality_state *state) {
    if (!state->present) return;
    plait__count(measure->present, PLAIT__LABELS(name), 1);
    plait__observe(measure->quality, PLAIT__LABELS(name), (double)state->quality);
    if (!isnan(state->contribution)) plait__observe(measure->contribution, PLAIT__LABELS(name), (double)state->contribution);
}

void plait__measure_document(struct plait__measure *measure, const struct plait__document *document) {
    plait__count(measure->pages, NULL, document->page_count);
    for (int s = 0; s < PLAIT__STAGE_COUNT; s++)
        plait__observe(measure->stages, PLAIT__LABELS(plait__stage_name((enum plait__stage)s)),
                       (double)document->stage_us[s] / 1e6);
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++)
        measure_modality(measure, plait__modality_name((enum plait__modality)m), &document->modalities[m]);
    for (int f = 0; f < document->field_count; f++) {
        const struct plait__field *field = &document->fields[f];
        if (!field->value) continue;
        plait__observe(measure->confidence, PLAIT__LABELS(field->rule->name), (double)field->confidence);
        if (field->compared) plait__observe(measure->agreement, PLAIT__LABELS(field->rule->name), (double)field->agreement);
    }
    for (int c = 0; c < document->check_count; c++)
        plait__count(measure->checks, PLAIT__LABELS(document->checks[c].name, document->checks[c].passed ? "true" : "false"),
                     1);
    if (document->review_count) plait__count(measure->reviews, PLAIT__LABELS(document->package->name), 1);
}

/* ------------------------------------------------------------------ what is looked up */

static double resident_bytes(void) {
    unsigned long long all, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return 0;
    if (fscanf(file, "%llu %llu", &all, &resident) != 2) resident = 0;
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double open_files(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) return 0;
    while (readdir(folder)) count++;
    closedir(folder);
    return count - 3; /* itself, . and .. */
}

static double processor_seconds(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void measure_model(void *user, const struct plait__edition *edition) {
    struct plait__server *server = user;
    plait__gauge(server->measure.model_info, PLAIT__LABELS(edition->name, edition->version, edition->digest),
                 edition->state == PLAIT__EDITION_READY);
}

void plait__measure_state(struct plait__server *server) {
    plait__editions_each(&server->repository, measure_model, server);
    struct plait__measure *measure = &server->measure;
    int waiting, busy;
    plait__queue_state(&server->queue, &waiting, &busy);
    pthread_mutex_lock(&server->wires.lock);
    const int connections = server->wires.count;
    pthread_mutex_unlock(&server->wires.lock);
    plait__gauge(measure->waiting, NULL, waiting);
    plait__gauge(measure->busy, NULL, busy);
    plait__gauge(measure->queue_limit, NULL, server->queue.limit);
    plait__gauge(measure->workers, NULL, server->worker_count);
    plait__gauge(measure->connections, NULL, connections);
    plait__gauge(measure->open, NULL, atomic_load(&server->open));
    plait__gauge(measure->ready, NULL, atomic_load(&server->ready) && !atomic_load(&server->draining));
    plait__gpus_measure(&server->gpus, measure);
    plait__gauge(measure->memory, NULL, resident_bytes());
    plait__gauge(measure->files, NULL, open_files());
    plait__gauge(measure->processor, NULL, processor_seconds());
}

void plait__handle_metrics(struct plait__exchange *exchange) {
    plait__measure_state(exchange->server);
    if (plait__metrics_write(exchange->server->measure.metrics, &exchange->answer) == PLAIT_OK)
        plait__answer(exchange, 200, "text/plain; version=0.0.4; charset=utf-8");
    else
        plait__answer_error(exchange, 503, "memory is out");
}
