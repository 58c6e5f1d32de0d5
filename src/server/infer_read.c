/* What is asked of a model: tensors in JSON or behind it, or raw bytes. */
#include <string.h>

#include "base/base64.h"
#include "server/infer.h"
#include "tensor/tensor.h"

enum { LEFT_MOST = 8 << 20 /* bytes of a request without its data */ };

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
static enum plait_status take_binary(struct plait__infer *infer, int64_t size, const char **bytes_out) {
    if (size > infer->binary_end - infer->binary)
        return plait__fail(infer->context, PLAIT_INVALID,
                           "binary_data_size: expected at most %lld bytes after the JSON, found %lld",
                           (long long)(infer->binary_end - infer->binary), (long long)size);
    *bytes_out = infer->binary;
    infer->binary += size;
    return PLAIT_OK;
}

/* Aligned, as the body's bytes need not be. */
static enum plait_status keep(struct plait__infer *infer, plait_tensor *tensor, const char *bytes, size_t size) {
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
static enum plait_status data_of(const struct plait__infer *infer, const struct plait__json *input,
                                 const struct plait__span_of_text **run_out) {
    int64_t index;
    if (!plait__json_has(input, "data"))
        return plait__json_fail(input, "data", PLAIT_INVALID, "expected data, or a binary_data_size parameter");
    PLAIT__TRY(plait__json_int(input, "data", 0, infer->run_count - 1, &index));
    *run_out = &infer->runs[index];
    return PLAIT_OK;
}

static enum plait_status fill(struct plait__infer *infer, const struct plait__json *input, plait_tensor *tensor) {
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

static enum plait_status read_input(struct plait__infer *infer, const struct plait__json *input) {
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

/* ------------------------------------------------------------------ a package's inputs: bytes */

/* The one element of an input: binary, with its length in front, or a string of JSON, base64 where it is not text. */
static enum plait_status read_element(struct plait__infer *infer, const struct plait__json *input, bool is_text,
                                      const char **bytes_out, size_t *size_out) {
    const char *datatype, *bytes, *text;
    int64_t size;
    plait_tensor shape = {0};
    PLAIT__TRY(plait__json_text(input, "datatype", &datatype));
    if (strcmp(datatype, "BYTES") != 0)
        return plait__json_fail(input, "datatype", PLAIT_INVALID, "expected BYTES, found \"%.20s\"", datatype);
    PLAIT__TRY(read_shape(input, &shape));
    if (plait__elements(shape.rank, shape.dims) != 1)
        return plait__json_fail(input, "shape", PLAIT_INVALID, "expected one element");
    PLAIT__TRY(binary_size(input, &size));
    if (size >= 0) {
        PLAIT__TRY(take_binary(infer, size, &bytes));
        const unsigned char *b = (const unsigned char *)bytes;
        if (size < 4 ||
            (int64_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24) != size - 4)
            return plait__json_fail(input, NULL, PLAIT_INVALID, "expected four bytes of length and as many bytes as they say");
        *bytes_out = bytes + 4;
        *size_out = (size_t)size - 4;
        return PLAIT_OK;
    }
    const struct plait__span_of_text *run;
    struct plait__json data, element = {0};
    PLAIT__TRY(data_of(infer, input, &run));
    PLAIT__TRY(plait__json_parse(infer->context, run->at, run->size, "data", &data));
    enum plait_status status = PLAIT_OK;
    if (!cJSON_IsArray(data.item) || !plait__json_next(&data, &element)) {
        status = plait__json_fail(input, "data", PLAIT_INVALID, "expected an array of one string%s",
                                  is_text ? "" : ", base64 of its bytes");
    } else if ((status = plait__json_text(&element, NULL, &text)) == PLAIT_OK && is_text) {
        *size_out = strlen(text);
        if (!(*bytes_out = plait__arena_string(&infer->exchange->arena, text, *size_out))) status = PLAIT_MEMORY;
    } else if (status == PLAIT_OK) {
        status = plait__base64_decode(&infer->exchange->arena, text, bytes_out, size_out);
    }
    plait__json_end(&data);
    return status;
}

static enum plait_status read_document(struct plait__infer *infer, const struct plait__json *input) {
    return read_element(infer, input, false, &infer->document.bytes, &infer->document.size);
}

static enum plait_status read_modality(struct plait__infer *infer, const struct plait__json *input) {
    struct plait__fuse_job *job = &infer->fuse;
    const char *name, *known, *kind;
    struct plait__json parameters;
    size_t index = 0;
    PLAIT__TRY(plait__json_text(input, "name", &name));
    while ((known = plait_model_modality(infer->package, index, &kind)) && strcmp(known, name) != 0) index++;
    if (!known) return plait__json_fail(input, "name", PLAIT_INVALID, "the package has no modality \"%.60s\"", name);
    for (size_t i = 0; i < job->input_count; i++)
        if (job->inputs[i].modality == known)
            return plait__json_fail(input, "name", PLAIT_INVALID, "the modality \"%.60s\" is given twice", name);
    plait_input *given = &job->inputs[job->input_count];
    const bool is_text = strcmp(kind, "image") != 0 && strcmp(kind, "audio") != 0;
    const char *bytes;
    given->modality = known;
    PLAIT__TRY(read_element(infer, input, is_text, &bytes, &given->size));
    given->bytes = bytes;
    job->input_count++;
    if (!plait__json_has(input, "parameters")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(input, "parameters", &parameters));
    given->timed = plait__json_has(&parameters, "timestamp_us");
    return given->timed ? plait__json_int(&parameters, "timestamp_us", INT64_MIN / 4, INT64_MAX / 4, &given->timestamp_us)
                        : PLAIT_OK;
}

/* ------------------------------------------------------------------ the request */

static enum plait_status read_outputs(struct plait__infer *infer) {
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
               strcmp(infer->session ? plait_session_output_name(infer->session, index) : plait__package_output(infer->package),
                      name) != 0)
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

static enum plait_status read_parameters(struct plait__infer *infer) {
    struct plait__json parameters;
    int64_t timeout_us = 0;
    if (!plait__json_has(&infer->root, "parameters")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(&infer->root, "parameters", &parameters));
    if (plait__json_has(&parameters, "binary_data_output"))
        PLAIT__TRY(plait__json_bool(&parameters, "binary_data_output", &infer->all_binary));
    if (plait__json_has(&parameters, "timeout"))
        PLAIT__TRY(plait__json_int(&parameters, "timeout", 0, (int64_t)1 << 50, &timeout_us));
    if (infer->package && infer->package->multimodal) {
        plait_fuse_options *fuse = &infer->fuse.options;
        if (plait__json_has(&parameters, "pattern")) PLAIT__TRY(plait__json_text(&parameters, "pattern", &fuse->pattern));
        if (plait__json_has(&parameters, "without")) PLAIT__TRY(plait__json_text(&parameters, "without", &fuse->without));
        fuse->has_now = plait__json_has(&parameters, "now_us");
        if (fuse->has_now) PLAIT__TRY(plait__json_int(&parameters, "now_us", INT64_MIN / 4, INT64_MAX / 4, &fuse->now_us));
    }
    const uint64_t deadline = infer->exchange->start_us + (uint64_t)timeout_us;
    if (timeout_us && deadline < infer->exchange->deadline_us) infer->exchange->deadline_us = deadline;
    return PLAIT_OK;
}

static enum plait_status read_inputs(struct plait__infer *infer) {
    const bool is_multimodal = infer->package && infer->package->multimodal;
    struct plait__json inputs, input = {0};
    PLAIT__TRY(plait__json_array(&infer->root, "inputs", &inputs));
    while (plait__json_next(&inputs, &input))
        PLAIT__TRY((infer->session ? read_input : is_multimodal ? read_modality : read_document)(infer, &input));
    for (size_t i = 0; i < infer->input_count; i++)
        if (!infer->inputs[i].dtype)
            return plait__fail(infer->context, PLAIT_INVALID, "inputs: expected the input \"%.60s\", found none of that name",
                               plait_session_input_name(infer->session, i));
    if (is_multimodal && !infer->fuse.input_count)
        return plait__fail(infer->context, PLAIT_INVALID, "inputs: expected at least one modality, found none");
    if (infer->package && !is_multimodal && !infer->document.bytes)
        return plait__fail(infer->context, PLAIT_INVALID, "inputs: expected one input, the document");
    if (infer->binary != infer->binary_end)
        return plait__fail(infer->context, PLAIT_INVALID, "%lld bytes after the JSON belong to no input",
                           (long long)(infer->binary_end - infer->binary));
    return PLAIT_OK;
}

/* The body is the one input's data: its shape is the model's, with one dimension that may be any. */
static enum plait_status read_raw(struct plait__infer *infer) {
    plait_tensor *tensor = infer->inputs;
    const struct plait__buffer *body = &infer->exchange->body;
    int open = -1;
    for (size_t i = 0; i < infer->output_count; i++) infer->wanted[i] = infer->as_binary[i] = true;
    if (infer->package && infer->package->multimodal)
        return plait__fail(infer->context, PLAIT_INVALID, "raw data is for a model with one input, this one has modalities");
    if (infer->package) {
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

static enum plait_status read_json(struct plait__infer *infer) {
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

enum plait_status plait__infer_read(struct plait__infer *infer) {
    struct plait__arena *arena = &infer->exchange->arena;
    plait_fuse_options_default(&infer->fuse.options);
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
