/* POST /v2/models/{m}/infer: the Open Inference Protocol with Triton's extension for binary tensors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/json_write.h"
#include "server/documents.h"
#include "server/tensors.h"
#include "tensor/tensor.h"

enum { LEFT_MOST = 8 << 20 /* bytes of a request without its data */ };

/* A run under way.  The tensors' data is in the exchange's arena or in its body. */
struct infer {
    struct plait__exchange *exchange;
    plait_context *context;
    const struct plait__card *card;
    plait_session *session; /* NULL: the package */
    size_t json_size;       /* of the body's JSON, which binary data follows */
    bool raw;               /* the body is the only input's data and nothing else */
    struct plait__json root;
    struct plait__span_of_text runs[PLAIT__TENSORS_MOST];
    int run_count;
    const char *binary, *binary_end; /* not taken yet */
    struct plait__document_job document;
    plait_tensor *inputs, *outputs;
    size_t input_count, output_count;
    bool *wanted, *as_binary; /* [output_count] */
    bool all_binary;
};

/* ------------------------------------------------------------------ inputs */

static enum plait_status read_shape(const struct plait__json *input, plait_tensor *tensor) {
    struct plait__json shape, size = {0};
    PLAIT__TRY(plait__json_array(input, "shape", &shape));
    if (plait__json_count(&shape) > PLAIT_MAX_RANK)
        return plait__json_fail(input, "shape", PLAIT_INVALID, "expected at most %d dimensions", PLAIT_MAX_RANK);
    while (plait__json_next(&shape, &size))
        PLAIT__TRY(plait__json_int(&size, NULL, 0, (int64_t)1 << 40, &tensor->dims[tensor->rank++]));
    return PLAIT_OK;
}

/* The next `size` bytes behind the JSON. */
static enum plait_status take_binary(struct infer *infer, int64_t size, const char **bytes_out) {
    if (size > infer->binary_end - infer->binary)
        return plait__fail(infer->context, PLAIT_INVALID,
                           "binary_data_size: expected at most %lld bytes after the JSON, found %lld",
                           (long long)(infer->binary_end - infer->binary), (long long)size);
    *bytes_out = infer->binary;
    infer->binary += size;
    return PLAIT_OK;
}

/* Aligned, as the body's bytes need not be. */
static enum plait_status keep(struct infer *infer, plait_tensor *tensor, const char *bytes, size_t size) {
    const size_t expected = plait_tensor_bytes(tensor);
    if (size != expected)
        return plait__fail(infer->context, PLAIT_INVALID, "expected %zu bytes of binary data as the shape says, found %zu",
                           expected, size);
    if (!(tensor->data = plait__arena_allocate(&infer->exchange->arena, size + 64))) return PLAIT_MEMORY;
    memcpy(tensor->data, bytes, size);
    return PLAIT_OK;
}

static enum plait_status binary_size(const struct plait__json *input, int64_t *size_out) {
    struct plait__json parameters;
    *size_out = -1;
    if (!plait__json_has(input, "parameters")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(input, "parameters", &parameters));
    return plait__json_has(&parameters, "binary_data_size")
               ? plait__json_int(&parameters, "binary_data_size", 0, (int64_t)1 << 40, size_out)
               : PLAIT_OK;
}

/* The run of text that stood for "data". */
static enum plait_status data_of(const struct infer *infer, const struct plait__json *input,
                                 const struct plait__span_of_text **run_out) {
    int64_t index;
    if (!plait__json_has(input, "data"))
        return plait__json_fail(input, "data", PLAIT_INVALID, "expected data, or a binary_data_size parameter");
    PLAIT__TRY(plait__json_int(input, "data", 0, infer->run_count - 1, &index));
    *run_out = &infer->runs[index];
    return PLAIT_OK;
}

static enum plait_status fill(struct infer *infer, const struct plait__json *input, plait_tensor *tensor) {
    const struct plait__span_of_text *run;
    const char *bytes;
    int64_t size, elements;
    PLAIT__TRY(plait__tensor_measure(infer->context, tensor, &elements, NULL));
    PLAIT__TRY(binary_size(input, &size));
    if (size >= 0) {
        PLAIT__TRY(take_binary(infer, size, &bytes));
        return keep(infer, tensor, bytes, (size_t)size);
    }
    PLAIT__TRY(data_of(infer, input, &run));
    if (elements > (int64_t)run->size) /* so that nothing is made for what cannot be there */
        return plait__json_fail(input, "data", PLAIT_INVALID, "expected %lld elements as the shape says, found fewer",
                                (long long)elements);
    if (!(tensor->data = plait__arena_allocate(&infer->exchange->arena, plait_tensor_bytes(tensor) + 64))) return PLAIT_MEMORY;
    const enum plait_status status = plait__tensor_from_json(infer->context, run, tensor);
    return status == PLAIT_OK ? status : plait__json_fail(input, NULL, status, "%s", plait_context_error(infer->context));
}

static enum plait_status read_input(struct infer *infer, const struct plait__json *input) {
    const char *name, *datatype;
    size_t index = 0;
    plait_tensor type, *tensor;
    PLAIT__TRY(plait__json_text(input, "name", &name));
    PLAIT__TRY(plait__json_text(input, "datatype", &datatype));
    while (index < infer->input_count && strcmp(plait_session_input_name(infer->session, index), name) != 0) index++;
    if (index == infer->input_count)
        return plait__json_fail(input, "name", PLAIT_INVALID, "the model has no input \"%.60s\"", name);
    plait_session_input_type(infer->session, index, &type);
    tensor = &infer->inputs[index];
    if (tensor->dtype) return plait__json_fail(input, "name", PLAIT_INVALID, "the input \"%.60s\" is given twice", name);
    if (plait__datatype_find(datatype) != type.dtype)
        return plait__json_fail(input, "datatype", PLAIT_INVALID, "expected %s, found \"%.20s\"",
                                plait__datatype_name(type.dtype), datatype);
    *tensor = (plait_tensor){.dtype = type.dtype};
    PLAIT__TRY(read_shape(input, tensor));
    for (int d = 0; d < type.rank; d++)
        if (tensor->rank != type.rank || (type.dims[d] >= 0 && type.dims[d] != tensor->dims[d])) {
            char expected[128];
            return plait__json_fail(input, "shape", PLAIT_INVALID, "expected %s",
                                    plait__tensor_describe(&type, expected, sizeof expected));
        }
    return fill(infer, input, tensor);
}

/* ------------------------------------------------------------------ the package's input: bytes */

static enum plait_status read_bytes(struct infer *infer, const struct plait__json *input) {
    const char *datatype, *bytes, *text;
    int64_t size;
    plait_tensor shape = {0};
    PLAIT__TRY(plait__json_text(input, "datatype", &datatype));
    if (strcmp(datatype, "BYTES") != 0)
        return plait__json_fail(input, "datatype", PLAIT_INVALID, "expected BYTES, found \"%.20s\"", datatype);
    PLAIT__TRY(read_shape(input, &shape));
    if (plait__elements(shape.rank, shape.dims) != 1)
        return plait__json_fail(input, "shape", PLAIT_INVALID, "expected one element, a document");
    PLAIT__TRY(binary_size(input, &size));
    if (size >= 0) {
        PLAIT__TRY(take_binary(infer, size, &bytes));
        const unsigned char *b = (const unsigned char *)bytes;
        if (size < 4 ||
            (int64_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24) != size - 4)
            return plait__json_fail(input, NULL, PLAIT_INVALID, "expected four bytes of length and as many bytes as they say");
        infer->document.bytes = bytes + 4;
        infer->document.size = (size_t)size - 4;
        return PLAIT_OK;
    }
    const struct plait__span_of_text *run;
    struct plait__json data, element = {0};
    PLAIT__TRY(data_of(infer, input, &run));
    PLAIT__TRY(plait__json_parse(infer->context, run->at, run->size, "data", &data));
    enum plait_status status = PLAIT_OK;
    if (!cJSON_IsArray(data.item) || !plait__json_next(&data, &element))
        status = plait__json_fail(input, "data", PLAIT_INVALID, "expected an array of one string, base64 of a document");
    else if ((status = plait__json_text(&element, NULL, &text)) == PLAIT_OK)
        status = plait__base64_decode(&infer->exchange->arena, text, &infer->document.bytes, &infer->document.size);
    plait__json_end(&data);
    return status;
}

/* ------------------------------------------------------------------ the request */

static enum plait_status read_outputs(struct infer *infer) {
    struct plait__json outputs, output = {0}, parameters;
    if (!plait__json_has(&infer->root, "outputs")) {
        for (size_t i = 0; i < infer->output_count; i++) infer->wanted[i] = true, infer->as_binary[i] = infer->all_binary;
        return PLAIT_OK;
    }
    PLAIT__TRY(plait__json_array(&infer->root, "outputs", &outputs));
    while (plait__json_next(&outputs, &output)) {
        const char *name;
        size_t index = 0;
        PLAIT__TRY(plait__json_text(&output, "name", &name));
        while (index < infer->output_count &&
               strcmp(infer->session ? plait_session_output_name(infer->session, index) : "document", name) != 0)
            index++;
        if (index == infer->output_count)
            return plait__json_fail(&output, "name", PLAIT_INVALID, "the model has no output \"%.60s\"", name);
        infer->wanted[index] = true;
        infer->as_binary[index] = infer->all_binary;
        if (!plait__json_has(&output, "parameters")) continue;
        PLAIT__TRY(plait__json_object(&output, "parameters", &parameters));
        if (plait__json_has(&parameters, "binary_data"))
            PLAIT__TRY(plait__json_bool(&parameters, "binary_data", &infer->as_binary[index]));
    }
    return PLAIT_OK;
}

static enum plait_status read_parameters(struct infer *infer) {
    struct plait__json parameters;
    int64_t timeout_us = 0;
    if (!plait__json_has(&infer->root, "parameters")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(&infer->root, "parameters", &parameters));
    if (plait__json_has(&parameters, "binary_data_output"))
        PLAIT__TRY(plait__json_bool(&parameters, "binary_data_output", &infer->all_binary));
    if (plait__json_has(&parameters, "timeout"))
        PLAIT__TRY(plait__json_int(&parameters, "timeout", 0, (int64_t)1 << 50, &timeout_us));
    const uint64_t deadline = infer->exchange->start_us + (uint64_t)timeout_us;
    if (timeout_us && deadline < infer->exchange->deadline_us) infer->exchange->deadline_us = deadline;
    return PLAIT_OK;
}

static enum plait_status read_inputs(struct infer *infer) {
    struct plait__json inputs, input = {0};
    PLAIT__TRY(plait__json_array(&infer->root, "inputs", &inputs));
    while (plait__json_next(&inputs, &input)) PLAIT__TRY((infer->session ? read_input : read_bytes)(infer, &input));
    for (size_t i = 0; i < infer->input_count; i++)
        if (!infer->inputs[i].dtype)
            return plait__fail(infer->context, PLAIT_INVALID, "inputs: expected the input \"%.60s\", found none of that name",
                               plait_session_input_name(infer->session, i));
    if (!infer->session && !infer->document.bytes)
        return plait__fail(infer->context, PLAIT_INVALID, "inputs: expected one input, the document");
    if (infer->binary != infer->binary_end)
        return plait__fail(infer->context, PLAIT_INVALID, "%lld bytes after the JSON belong to no input",
                           (long long)(infer->binary_end - infer->binary));
    return PLAIT_OK;
}

/* The body is the one input's data: its shape is the model's, with one dimension that may be any. */
static enum plait_status read_raw(struct infer *infer) {
    plait_tensor *tensor = infer->inputs;
    const struct plait__buffer *body = &infer->exchange->body;
    int open = -1;
    for (size_t i = 0; i < infer->output_count; i++) infer->wanted[i] = infer->as_binary[i] = true;
    if (!infer->session) {
        infer->document.bytes = body->data;
        infer->document.size = body->size;
        return PLAIT_OK;
    }
    if (infer->input_count != 1)
        return plait__fail(infer->context, PLAIT_INVALID, "raw data is for a model with one input, this one has %zu",
                           infer->input_count);
    plait_session_input_type(infer->session, 0, tensor);
    if (tensor->rank < 0) return plait__fail(infer->context, PLAIT_INVALID, "the model leaves the rank of its input open");
    for (int d = 0; d < tensor->rank; d++) {
        if (tensor->dims[d] >= 0) continue;
        if (open >= 0)
            return plait__fail(infer->context, PLAIT_INVALID, "raw data needs a shape with one open dimension at most");
        open = d;
        tensor->dims[d] = 1;
    }
    const size_t bytes = plait_tensor_bytes(tensor);
    if (open >= 0 && bytes) tensor->dims[open] = (int64_t)(body->size / bytes);
    return keep(infer, tensor, body->data ? body->data : "", body->size);
}

static enum plait_status read_json(struct infer *infer) {
    struct plait__exchange *exchange = infer->exchange;
    struct plait__buffer left;
    infer->binary = exchange->body.data + infer->json_size;
    infer->binary_end = exchange->body.data + exchange->body.size;
    plait__buffer_init(&left, infer->context, LEFT_MOST);
    enum plait_status status =
        plait__take_data_out(infer->context, exchange->body.data, infer->json_size, &left, infer->runs, &infer->run_count);
    if (status == PLAIT_OK) status = plait__json_parse(infer->context, left.data, left.size, "request", &infer->root);
    plait__buffer_end(&left);
    PLAIT__TRY(status);
    if (!cJSON_IsObject(infer->root.item)) return plait__json_fail(&infer->root, NULL, PLAIT_INVALID, "expected an object");
    PLAIT__TRY(read_parameters(infer));
    PLAIT__TRY(read_inputs(infer));
    return read_outputs(infer);
}

static enum plait_status read_request(struct infer *infer) {
    struct plait__arena *arena = &infer->exchange->arena;
    infer->input_count = infer->session ? plait_session_input_count(infer->session) : 0;
    infer->output_count = infer->session ? plait_session_output_count(infer->session) : 1;
    infer->inputs = plait__arena_array(arena, infer->input_count + 1, sizeof *infer->inputs);
    infer->outputs = plait__arena_array(arena, infer->output_count + 1, sizeof *infer->outputs);
    infer->wanted = plait__arena_array(arena, infer->output_count + 1, sizeof *infer->wanted);
    infer->as_binary = plait__arena_array(arena, infer->output_count + 1, sizeof *infer->as_binary);
    if (!infer->inputs || !infer->outputs || !infer->wanted || !infer->as_binary) return PLAIT_MEMORY;
    if (infer->raw) return read_raw(infer);
    if (!infer->exchange->body.size) return plait__fail(infer->context, PLAIT_INVALID, "expected a request, found no bytes");
    return read_json(infer);
}

/* ------------------------------------------------------------------ the answer */

/* The document as an output: JSON text, with its length in front where it goes as binary. */
static void write_document(struct infer *infer, struct plait__writer *writer, const struct plait__buffer *json,
                           struct plait__buffer *binary) {
    const uint32_t size = (uint32_t)json->size;
    const unsigned char length[4] = {(unsigned char)size, (unsigned char)(size >> 8), (unsigned char)(size >> 16),
                                     (unsigned char)(size >> 24)};
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "name", "document");
    plait__write_text(writer, "datatype", "BYTES");
    plait__write_open(writer, "shape", '[');
    plait__write_int(writer, NULL, 1);
    plait__write_close(writer, ']');
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

static void write_tensor(struct infer *infer, struct plait__writer *writer, size_t index, struct plait__buffer *binary) {
    const plait_tensor *tensor = &infer->outputs[index];
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "name", plait_session_output_name(infer->session, index));
    plait__write_text(writer, "datatype", plait__datatype_name(tensor->dtype));
    plait__write_open(writer, "shape", '[');
    for (int d = 0; d < tensor->rank; d++) plait__write_int(writer, NULL, tensor->dims[d]);
    plait__write_close(writer, ']');
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

static void write_answer(struct infer *infer, const struct plait__buffer *json) {
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
            write_document(infer, &writer, json, &binary);
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

static void read_document(struct infer *infer, struct plait__replica *replica) {
    struct plait__buffer json;
    plait__buffer_init(&json, infer->context, infer->exchange->answer.ceiling);
    if (plait__document_acceptable(infer->exchange, &infer->document) &&
        plait__document_read(infer->exchange, replica, &infer->document, &json))
        write_answer(infer, &json);
    plait__buffer_end(&json);
}

static void run(struct infer *infer, const struct plait__replica *replica) {
    struct plait__exchange *exchange = infer->exchange;
    const uint64_t start = plait__unix_now();
    const int span = plait__span_begin(&exchange->trace, "run", exchange->span, start);
    const enum plait_status status =
        plait_session_run(infer->session, infer->inputs, infer->input_count, infer->outputs, infer->output_count);
    plait__span_end(&exchange->trace, span, plait__unix_now(), status != PLAIT_OK);
    if (status == PLAIT_OK)
        write_answer(infer, NULL);
    else if (status == PLAIT_CANCELLED)
        plait__answer_error(exchange, 504, "the deadline passed while the model ran");
    else if (status == PLAIT_INVALID || status == PLAIT_UNSUPPORTED || status == PLAIT_LIMIT)
        plait__answer_error(exchange, 400, "%s", plait_context_error(replica->context));
    else
        plait__answer_failure(exchange, status, plait_context_error(replica->context));
}

static void work(struct plait__exchange *exchange, struct plait__replica *replica) {
    struct infer *infer = exchange->job;
    infer->session = plait__replica_session(replica, infer->card);
    const enum plait_status status = read_request(infer);
    if (status != PLAIT_OK)
        plait__answer_error(exchange, status == PLAIT_MEMORY ? 503 : 400, "%s", plait_context_error(infer->context));
    else if (infer->session)
        run(infer, replica);
    else
        read_document(infer, replica);
    if (infer->root.item) plait__json_end(&infer->root);
    plait__count(exchange->server->measure.inferences,
                 PLAIT__LABELS(exchange->parts[0], exchange->status == 200 ? "OK" : "failed"), 1);
}

/* How much of the body is JSON. */
static bool read_sizes(struct infer *infer) {
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
    struct infer *infer = plait__arena_allocate(&exchange->arena, sizeof *infer);
    char sentence[256];
    if (!infer) {
        plait__answer_error(exchange, 503, "memory is out");
        return;
    }
    infer->exchange = exchange;
    infer->context = exchange->context;
    if (!read_sizes(infer)) return;
    exchange->edition = plait__edition_hold(&exchange->server->repository, exchange->parts[0], exchange->parts[1],
                                            plait__lot(exchange), &infer->card, sentence);
    if (!exchange->edition) {
        plait__answer_error(exchange, 404, "%s", sentence);
        return;
    }
    exchange->job = infer;
    exchange->work = work;
    plait__submit(exchange);
}
