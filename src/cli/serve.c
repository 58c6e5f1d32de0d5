/* plait serve: the HTTP endpoint. */
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/packages.h"
#include "cli/remember.h"
#include "server/probe.h"

/* PORT is how platforms say where they will ask; then it is asked from outside. */
static bool read_environment(struct plait__serve_options *options) {
    const char *port = getenv("PORT");
    if (!port || !*port) return true;
    char *end;
    const long number = strtol(port, &end, 10);
    if (*end || number < 1 || number > 65535) {
        plait__cli_error(NULL, "PORT: expected a number from 1 to 65535, found \"%s\"", port);
        return false;
    }
    options->port = (int)number;
    options->address = "0.0.0.0";
    return true;
}

/* OpenTelemetry's: the base of a collector's addresses. */
static bool endpoint_of_environment(char url[1024]) {
    const char *base = getenv("OTEL_EXPORTER_OTLP_ENDPOINT");
    if (!base || !*base) return false;
    const size_t length = strlen(base);
    return snprintf(url, 1024, "%s%sv1/traces", base, base[length - 1] == '/' ? "" : "/") < 1024;
}

static int serve(plait_context *context, struct plait__serve_options *options, const char *models, bool supervised) {
    int ended = -1;
    struct plait__arena arena;
    const char *folders[PLAIT__FOLDERS_MOST] = {models};
    plait__arena_init(&arena, context);
    options->folders = folders;
    options->folder_count = models ? 1 : 0;
    enum plait_status status = models ? PLAIT_OK : plait__cli_folders(&arena, folders, &options->folder_count);
    if (status == PLAIT_OK) status = supervised ? plait__supervise(context, options, &ended) : plait__serve(context, options);
    if (status != PLAIT_OK) plait__cli_error("serve", "%s", plait_context_error(context));
    plait__arena_end(&arena);
    return ended >= 0 ? ended : status == PLAIT_OK ? PLAIT__EXIT_OK : PLAIT__EXIT_FAILED;
}

static int check(plait_context *context, const struct plait__serve_options *options) {
    if (plait__probe(context, options->port, options->tls_certificate) == PLAIT_OK) return PLAIT__EXIT_OK;
    plait__cli_error(NULL, "%s", plait_context_error(context));
    return PLAIT__EXIT_FAILED;
}

/* Ends the process, with all that the model has taken. */
static void try(plait_context *context, const struct plait__serve_options *options, const char *folder) {
    const enum plait_status status = plait__serve_try(context, options, folder);
    if (status != PLAIT_OK) plait__cli_error("serve", "%s", plait_context_error(context));
    fflush(stderr);
    _Exit(status == PLAIT_OK ? PLAIT__EXIT_OK : PLAIT__EXIT_FAILED);
}

static int run(const struct plait__command *command, int argc, char **argv) {
    struct plait__serve_options o;
    const char *models = NULL, *tried = NULL;
    bool checks = false, supervised = false;
    struct plait__memory_options remembered = {0};
    char memory_key[PLAIT__KEY_BYTES] = {0};
    plait__serve_options_default(&o);
    if (!read_environment(&o)) return PLAIT__EXIT_USAGE;
    const struct plait__option options[] = {
        {"--port", "P", "8080, or what PORT says; 0: one that is free", .number = &o.port},
        {"--address", "A", "127.0.0.1; where PORT is set 0.0.0.0", .text = &o.address},
        {"--models", "FOLDER", "of packages and NAME/VERSION/model.onnx; where plait looks otherwise: see plait models",
         .text = &models},
        {"--model", "NAME[@VERSION]", "that documents are read with; receipt by default", .text = &o.model},
        {"--all-versions", NULL, "serve every version of a model, not only the newest", .flag = &o.all_versions},
        {"--backend", "NAME", "xnnpack (default), reference or cuda", .text = &o.backend},
        {"--workers", "N", "requests worked on at a time; as many as processors by default", .number = &o.workers},
        {"--model-memory", "MIB", "that each worker's copy of a model may take; 2048 by default", .number = &o.model_memory},
        {"--queue", "N", "requests that may wait, then 429; 8 a worker by default", .number = &o.queue},
        {"--batch", "N", "requests, or lines of documents, that may share one run of a network; 32 by default, 1: none",
         .number = &o.batch},
        {"--batch-delay", "US", "microseconds that one waits for others to share with; 0 by default: only with what waits",
         .number = &o.batch_delay},
        {"--connections", "N", "open at a time; 16384 by default", .number = &o.connections},
        {"--body-most", "MIB", "of a request; 32 by default", .number = &o.body_most},
        {"--pixels-most", "MILLION", "of a picture; 100 by default", .number = &o.pixels_most},
        {"--pages-most", "N", "of a PDF; 200 by default", .number = &o.pages_most},
        {"--timeout", "SECONDS", "for an answer, then 504; 60 by default", .number = &o.timeout},
        {"--idle", "SECONDS", "a connection may wait for its next request; 75 by default", .number = &o.idle},
        {"--slow", "SECONDS", "a client may take for a head or a small body; 20 by default", .number = &o.slow},
        {"--grace", "SECONDS", "for what is under way at SIGTERM; 25 by default", .number = &o.grace},
        {"--origins", "LIST", "of pages that may ask, https://a.example,https://b.example, or *; none by default",
         .text = &o.origins},
        {"--telemetry", "N", "reports a second that devices may send; without it none are taken", .number = &o.telemetry},
        {"--feedback", "FILE", "corrections are appended to it, a line of JSON each; without it none are taken",
         .text = &o.feedback},
        {"--memory", "FILE|URL",
         "what people confirmed: documents are read with it, feedback goes into it; PLAIT_MEMORY by default",
         .text = &remembered.path},
        {"--key-file", "FILE", "the memory's key; PLAIT_MEMORY_KEY by default", .text = &remembered.key_file},
        {"--user", "NAME", "whom the process becomes once it listens and has its keys; for root alone", .text = &o.user},
        {"--keys", "FILE", "API keys, made with plait keys; without it anybody may ask", .text = &o.keys},
        {"--audit", "FILE", "a line for every request, chained by hashes: plait audit verify", .text = &o.audit},
        {"--traces", "URL", "of an OTLP collector, with its path; or OTEL_EXPORTER_OTLP_ENDPOINT", .text = &o.traces},
        {"--sample", "PERCENT", "of the traces that begin here; 100 by default", .number = &o.sample},
        {"--tls-certificate", "FILE", "PEM; with --tls-key it is HTTPS", .text = &o.tls_certificate},
        {"--tls-key", "FILE", "PEM", .text = &o.tls_key},
        {"--supervise", NULL, "another process waits, and has the server start again when a model crashes it",
         .flag = &supervised},
        {"--quiet", NULL, "no line on stderr for every request", .flag = &o.quiet},
        {"--try", "FOLDER", "serve nothing: load a package or a folder of model.onnx, and run it once", .text = &tried},
        {"--check", NULL, "serve nothing: ask the server on this machine's port whether it is ready", .flag = &checks},
        {0}};
    const int count = plait__cli_options(command, options, argc, argv);
    if (count < 0) return plait__cli_exit(count);
    if (count > 0) return plait__cli_usage(command, "expected options alone");
    if (o.workers < 1 || o.workers > 256 || o.queue < 1 || o.connections < 1 || o.body_most < 1 || o.body_most > 1024 ||
        o.batch < 1 || o.model_memory < 1 || o.model_memory > 1 << 20 || o.batch_delay < 0 || o.timeout < 1 || o.slow < 1 ||
        o.idle < 1 || o.port > 65535)
        return plait__cli_usage(command,
                                "expected 1 to 256 workers, a port to 65535, 1 to 1024 MiB, and 1 or more of the rest");
    if (!o.tls_certificate != !o.tls_key) return plait__cli_usage(command, "expected --tls-certificate and --tls-key together");
    char traces[1024];
    if (!o.traces && endpoint_of_environment(traces)) o.traces = traces;
    plait_context *context = plait__cli_context(1);
    if (!context) return PLAIT__EXIT_FAILED;
    int exit = PLAIT__EXIT_FAILED;
    o.memory_key = memory_key;
    if (tried)
        try(context, &o, tried);
    else if (checks)
        exit = check(context, &o);
    else if (plait__cli_memory_place(context, &remembered, &o.memory, memory_key) == PLAIT_OK)
        exit = serve(context, &o, models, supervised);
    else
        plait__cli_error("serve", "%s", plait_context_error(context));
    memset(memory_key, 0, sizeof memory_key);
    plait_context_destroy(context);
    return exit;
}

const struct plait__command plait__command_serve = {"serve", "[options]", "answers over HTTP: docs/server.md", run};
