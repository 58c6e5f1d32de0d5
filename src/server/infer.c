/* POST /v2/models/{m}/infer: the Open Inference Protocol with Triton's extension for binary tensors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_write.h"
#include "server/infer.h"
#include "tensor/tensor.h"

/* ------------------------------------------------------------------ the answer */

/* A package's output: JSON text, with its length in front where it goes as binary. */
static void write_text(struct plait__infer *infer, struct plait__writer *writer, const struct plait__buffer *json,
                       struct plait__buffer *binary) {
    const uint32_t size = (uint32_t)json->size;
    const unsigned char length[4] = {(unsigned char)size, (unsigned char)(size >> 8), (unsigned char)(size >> 16),
                                     (unsigned char)(size >> 24)};
    plait__write_bytes_open(writer, plait__package_output(infer->package));
    if (infer->as_binary[0]) {
        plait__write_open(writer, "parameters", '{');
        plait__write_int(writer, "binary_data_size", (int64_t)json->size + 4);
        plait__write_close(writer, '}');
        if (writer->status == PLAIT_OK) writer->status = plait__buffer_append(binary, length, sizeof length);
        if (writer->status == PLAIT_OK) writer->status = plait__buffer_append(binary, json->data, json->size);
    } else {
        plait__write_open(writer, "data", '[');
        plait__write_text(writer, NULL, json->data);
        plait__write_close(writer, ']');
    }
    plait__write_close(writer, '}');
}

static void write_tensor(struct plait__infer *infer, struct plait__writer *writer, size_t index, struct plait__buffer *binary) {
    const plait_tensor *tensor = &infer->outputs[index];
    plait__write_tensor_open(writer, plait_session_output_name(infer->session, index), tensor);
    if (infer->as_binary[index]) {
        const size_t bytes = plait_tensor_bytes(tensor);
        plait__write_open(writer, "parameters", '{');
        plait__write_int(writer, "binary_data_size", (int64_t)bytes);
        plait__write_close(writer, '}');
        if (writer->status == PLAIT_OK) writer->status = plait__buffer_append(binary, tensor->data, bytes);
    } else {
        if (writer->status == PLAIT_OK) writer->status = plait__buffer_append(writer->buffer, ",\"data\":", 8);
        if (writer->status == PLAIT_OK) writer->status = plait__tensor_to_json(tensor, writer->buffer);
    }
    plait__write_close(writer, '}');
}

void plait__infer_answer(struct plait__infer *infer, const struct plait__buffer *json) {
    struct plait__exchange *exchange = infer->exchange;
    struct plait__writer writer = {.buffer = &exchange->answer};
    struct plait__buffer binary;
    const char *id = NULL;
    char digits[24];
    plait__buffer_init(&binary, infer->context, exchange->answer.ceiling);
    plait__write_open(&writer, NULL, '{');
    if (infer->root.item && plait__json_has(&infer->root, "id") && plait__json_text(&infer->root, "id", &id) == PLAIT_OK)
        plait__write_text(&writer, "id", id);
    plait__write_text(&writer, "model_name", exchange->parts[0]);
    plait__write_text(&writer, "model_version", exchange->edition->version);
    plait__write_open(&writer, "outputs", '[');
    for (size_t i = 0; i < infer->output_count; i++) {
        if (!infer->wanted[i]) continue;
        if (infer->session)
            write_tensor(infer, &writer, i, &binary);
        else
            write_text(infer, &writer, json, &binary);
    }
    plait__write_close(&writer, ']');
    plait__write_close(&writer, '}');
    const int length = snprintf(digits, sizeof digits, "%zu", exchange->answer.size);
    const bool has_binary = binary.size > 0;
    if (writer.status == PLAIT_OK && has_binary)
        writer.status = plait__buffer_append(&exchange->answer, binary.data, binary.size);
    plait__buffer_end(&binary);
    if (writer.status != PLAIT_OK) {
        plait__answer_error(exchange, 503, "memory is out");
        return;
    }
    if (has_binary)
        plait__answer_header(exchange, "Inference-Header-Content-Length",
                             plait__arena_string(&exchange->arena, digits, (size_t)length));
    plait__answer(exchange, 200, has_binary ? "application/octet-stream" : "application/json");
}

/* ------------------------------------------------------------------ the work */

static void read_document(struct plait__infer *infer, struct plait__replica *replica) {
    struct plait__buffer json;
    plait__buffer_init(&json, infer->context, infer->exchange->answer.ceiling);
    if (plait__document_acceptable(infer->exchange, &infer->document) &&
        plait__document_read(infer->exchange, replica, &infer->document, &json))
        plait__infer_answer(infer, &json);
    plait__buffer_end(&json);
}

/* Answers where it goes well. */
static enum plait_status fuse(struct plait__infer *infer, struct plait__replica *replica) {
    struct plait__buffer json;
    plait__buffer_init(&json, infer->context, infer->exchange->answer.ceiling);
    const enum plait_status status = plait__fuse_job_run(infer->exchange, replica, &infer->fuse, &json);
    if (status == PLAIT_OK) plait__infer_answer(infer, &json);
    plait__buffer_end(&json);
    return status;
}

void plait__infer_answer_failure(struct plait__infer *infer, enum plait_status status, const char *sentence) {
    if (status == PLAIT_CANCELLED)
        plait__answer_error(infer->exchange, 504, "the deadline passed while the model ran");
    else if (status == PLAIT_INVALID || status == PLAIT_UNSUPPORTED || status == PLAIT_LIMIT || status == PLAIT_NOT_FOUND)
        plait__answer_error(infer->exchange, 400, "%s", sentence);
    else
        plait__answer_failure(infer->exchange, status, sentence);
}

/* Answers where it goes well. */
static enum plait_status run(struct plait__infer *infer) {
    struct plait__exchange *exchange = infer->exchange;
    const uint64_t start = plait__exchange_unix_now(exchange);
    const int span = plait__span_begin(&exchange->trace, "run", exchange->span, start);
    const enum plait_status status =
        plait_session_run(infer->session, infer->inputs, infer->input_count, infer->outputs, infer->output_count);
    plait__span_end(&exchange->trace, span, plait__exchange_unix_now(exchange), status != PLAIT_OK);
    plait__observe(exchange->server->measure.batch_sizes, PLAIT__LABELS(exchange->parts[0]), 1);
    if (status == PLAIT_OK) plait__infer_answer(infer, NULL);
    return status;
}

bool plait__infer_again(struct plait__infer *infer) {
    struct plait__exchange *exchange = infer->exchange;
    struct plait__replica *replica = plait__stand_in(exchange);
    if (!replica) return false;
    plait__json_end(&infer->root);
    *infer = (struct plait__infer){
        .exchange = exchange, .context = infer->context, .json_size = infer->json_size, .raw = infer->raw};
    plait__infer_together(&exchange, 1, replica);
    plait__stand_in_end(exchange, replica, exchange->status == 200);
    return true;
}

void plait__infer_alone(struct plait__infer *infer, struct plait__replica *replica) {
    struct plait__exchange *exchange = infer->exchange;
    const bool documents = infer->package && !infer->package->multimodal;
    const enum plait_status status = documents ? PLAIT_OK : infer->package ? fuse(infer, replica) : run(infer);
    if (status != PLAIT_OK && plait__infer_again(infer)) return; /* and counted */
    if (documents)
        read_document(infer, replica);
    else if (status != PLAIT_OK)
        plait__infer_answer_failure(infer, status, plait_context_error(replica->context));
    plait__count(exchange->server->measure.inferences,
                 PLAIT__LABELS(exchange->parts[0], exchange->status == 200 ? "OK" : "failed"), 1);
}

static void work(struct plait__exchange *exchange, struct plait__replica *replica) {
    plait__infer_together(&exchange, 1, replica);
}

/* How much of the body is JSON. */
static bool read_sizes(struct plait__infer *infer) {
    const char *text = plait__header(infer->exchange, "Inference-Header-Content-Length");
    char *stopped = NULL;
    const unsigned long long size = text ? strtoull(text, &stopped, 10) : infer->exchange->body.size;
    if (text && (stopped == text || *stopped || size > infer->exchange->body.size)) {
        plait__answer_error(infer->exchange, 400,
                            "Inference-Header-Content-Length: expected the length of the JSON in a body of %zu bytes",
                            infer->exchange->body.size);
        return false;
    }
    infer->json_size = (size_t)size;
    infer->raw = text && size == 0;
    return true;
}

void plait__handle_infer(struct plait__exchange *exchange) {
    struct plait__infer *infer = plait__arena_allocate(&exchange->arena, sizeof *infer);
    char sentence[256];
    if (!infer) {
        plait__answer_error(exchange, 503, "memory is out");
        return;
    }
    infer->exchange = exchange;
    infer->context = exchange->context;
    if (!read_sizes(infer)) return;
    exchange->edition = plait__edition_hold(&exchange->server->repository, exchange->parts[0], exchange->parts[1],
                                            plait__lot(exchange), &exchange->card, sentence);
    if (!exchange->edition) {
        plait__answer_error(exchange, 404, "%s", sentence);
        return;
    }
    exchange->job = infer;
    exchange->version_named = exchange->parts[1];
    exchange->work = work;
    exchange->work_together = plait__infer_together;
    exchange->alike = exchange->card->independent ? exchange->card : NULL;
    plait__submit(exchange);
}
