/* What the server measures, and how it comes from exchanges and documents.  docs/server.md lists the names. */
#ifndef PLAIT_SERVER_MEASURE_H
#define PLAIT_SERVER_MEASURE_H

#include "observe/metrics.h"

struct plait__server;
struct plait__exchange;
struct plait__edition;

struct plait__measure {
    struct plait__metrics *metrics;
    struct plait__metric *requests, *request_seconds, *rejected, *disconnected, *crashes, *connections, *open;
    struct plait__metric *waiting, *queue_limit, *wait_seconds, *workers, *busy, *work_seconds;
    struct plait__metric *documents, *pages, *stages, *reviews, *checks, *present, *quality, *contribution, *confidence,
        *agreement, *drift, *drifted;
    struct plait__metric *events, *inferences, *model_info, *build_info, *ready;
    struct plait__metric *traces, *dropped, *rolled_back, *stand_ins, *client_events, *client_seconds, *gpu_busy,
        *gpu_memory_used, *gpu_memory;
    struct plait__metric *memory, *processor, *files, *started, *start_seconds;
    struct plait__metric *shadow_documents, *shadow_fields, *corrected, *batch_sizes, *line_batch_sizes, *degraded;
};

enum plait_status plait__measure_begin(struct plait__measure *measure, plait_context *context);
void plait__measure_end(struct plait__measure *measure);

/* An exchange is over; `sent`: its answer went out whole. */
void plait__measure_exchange(struct plait__server *server, struct plait__exchange *exchange, bool sent);

/* A document was read. */
struct plait__document;
void plait__measure_document(struct plait__measure *measure, const struct plait__document *document);

/* What is looked up when somebody asks: the queue, the process. */
void plait__measure_state(struct plait__server *server);

#endif
