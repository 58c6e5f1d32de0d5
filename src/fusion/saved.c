/* Embeddings as bytes, to be fused later or elsewhere:
 *
 *     "PLAITEMB", u32 bytes of JSON, the JSON, then every embedding's floats, in the order of the JSON; all little-endian
 *     {"schema": "plait.embedding/1", "embedding_schema": "digits/1", "modalities":
 *      {"image": {"size": 64, "quality": 0.9, "measures": {"contrast": 0.9}, "timestamp_us": 5}}} */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/json_write.h"
#include "fusion/moment.h"

#define MAGIC  "PLAITEMB"
#define SCHEMA "plait.embedding/1"

enum { MAGIC_BYTES = 8, HEADER_BYTES = MAGIC_BYTES + 4, JSON_BYTES_MOST = 1 << 16 };

static void write_header(struct plait__writer *writer, const struct plait_moment *moment) {
    const struct plait__multimodal *multimodal = moment->package->multimodal;
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "schema", SCHEMA);
    plait__write_text(writer, "embedding_schema", moment->package->embedding_schema);
    plait__write_open(writer, "modalities", '{');
    for (int s = 0; s < multimodal->sense_count; s++) {
        const struct plait__given *given = &moment->given[s];
        if (!given->embedding) continue;
        plait__write_open(writer, multimodal->senses[s].name, '{');
        plait__write_int(writer, "size", multimodal->senses[s].size);
        plait__write_number(writer, "quality", given->quality.value, 9);
        if (given->timed) plait__write_int(writer, "timestamp_us", given->timestamp_us);
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, '}');
    plait__write_close(writer, '}');
}

/* The host's floats are IEEE 754, as everywhere Plait runs; the order of their bytes is seen to. */
static enum plait_status append_floats(struct plait__buffer *buffer, const float *floats, int count) {
    for (int i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &floats[i], sizeof bits);
        const uint8_t bytes[4] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16), (uint8_t)(bits >> 24)};
        PLAIT__TRY(plait__buffer_append(buffer, bytes, sizeof bytes));
    }
    return PLAIT_OK;
}

static enum plait_status save(struct plait_moment *moment, struct plait__buffer *header) {
    const struct plait__multimodal *multimodal = moment->package->multimodal;
    struct plait__writer writer = {.buffer = header};
    struct plait__buffer *saved = &moment->saved;
    write_header(&writer, moment);
    PLAIT__TRY(writer.status);
    const uint32_t size = (uint32_t)header->size;
    const uint8_t length[4] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16), (uint8_t)(size >> 24)};
    saved->size = 0;
    PLAIT__TRY(plait__buffer_append(saved, MAGIC, MAGIC_BYTES));
    PLAIT__TRY(plait__buffer_append(saved, length, sizeof length));
    PLAIT__TRY(plait__buffer_append(saved, header->data, header->size));
    for (int s = 0; s < multimodal->sense_count; s++)
        if (moment->given[s].embedding)
            PLAIT__TRY(append_floats(saved, moment->given[s].embedding, multimodal->senses[s].size));
    return PLAIT_OK;
}

enum plait_status plait_moment_save(plait_moment *moment, const void **bytes_out, size_t *size_out) {
    struct plait__buffer header;
    for (int s = 0; s < moment->package->multimodal->sense_count; s++)
        if (moment->given[s].there && !moment->given[s].fault) PLAIT__TRY(plait__moment_embed(moment, s));
    plait__buffer_init(&header, moment->context, JSON_BYTES_MOST);
    const enum plait_status status = save(moment, &header);
    plait__buffer_end(&header);
    PLAIT__TRY(status);
    *bytes_out = moment->saved.data;
    *size_out = moment->saved.size;
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ loading */

/* Floats yet to be taken. */
struct rest {
    const uint8_t *bytes;
    size_t size;
};

static enum plait_status take_floats(const struct plait__json *at, struct rest *rest, float *out, int count) {
    if (rest->size / 4 < (size_t)count)
        return plait__json_fail(at, NULL, PLAIT_INVALID, "expected %d floats, found %zu bytes", count, rest->size);
    for (int i = 0; i < count; i++) {
        const uint8_t *b = rest->bytes + 4 * (size_t)i;
        const uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        memcpy(&out[i], &bits, sizeof bits);
        if (!isfinite(out[i])) return plait__json_fail(at, NULL, PLAIT_INVALID, "float %d is not finite", i);
    }
    rest->bytes += 4 * (size_t)count;
    rest->size -= 4 * (size_t)count;
    return PLAIT_OK;
}

static enum plait_status read_given(struct plait_moment *moment, const struct plait__json *at, struct rest *rest) {
    const struct plait__multimodal *multimodal = moment->package->multimodal;
    const int sense = plait__sense_find(multimodal, at->key, strlen(at->key));
    if (sense < 0) return plait__json_fail(at, NULL, PLAIT_INVALID, "the package has no such modality");
    struct plait__given *given = &moment->given[sense];
    double quality;
    int64_t size;
    PLAIT__TRY(plait__json_int(at, "size", 1, INT32_MAX, &size));
    PLAIT__TRY(plait__json_number(at, "quality", 0, 1, &quality));
    if (size != multimodal->senses[sense].size)
        return plait__json_fail(at, "size", PLAIT_INVALID, "expected embeddings of %d floats, found %lld",
                                multimodal->senses[sense].size, (long long)size);
    given->timed = plait__json_has(at, "timestamp_us");
    if (given->timed) PLAIT__TRY(plait__json_int(at, "timestamp_us", INT64_MIN, INT64_MAX, &given->timestamp_us));
    if (!(given->embedding = plait__arena_array(&moment->arena, (size_t)size, sizeof(float)))) return PLAIT_MEMORY;
    given->there = true;
    given->quality.value = (float)quality;
    return take_floats(at, rest, given->embedding, (int)size);
}

static enum plait_status read_saved(struct plait_moment *moment, const struct plait__json *root, struct rest rest) {
    struct plait__json modalities, item = {0}, object;
    const char *schema;
    PLAIT__TRY(plait__json_text(root, "schema", &schema));
    if (strcmp(schema, SCHEMA) != 0)
        return plait__json_fail(root, "schema", PLAIT_UNSUPPORTED, "expected \"%s\", found \"%.60s\"", SCHEMA, schema);
    PLAIT__TRY(plait__json_text(root, "embedding_schema", &schema));
    if (strcmp(schema, moment->package->embedding_schema) != 0)
        return plait__json_fail(root, "embedding_schema", PLAIT_UNSUPPORTED,
                                "expected \"%s\", which the package %s makes, found \"%.60s\": embed again",
                                moment->package->embedding_schema, moment->package->name, schema);
    PLAIT__TRY(plait__json_object(root, "modalities", &modalities));
    while (plait__json_next(&modalities, &item)) {
        PLAIT__TRY(plait__json_object(&modalities, item.key, &object));
        PLAIT__TRY(read_given(moment, &object, &rest));
    }
    return rest.size == 0 ? PLAIT_OK
                          : plait__json_fail(root, NULL, PLAIT_INVALID, "expected the end, found %zu more bytes", rest.size);
}

enum plait_status plait_moment_load(plait_model *model, const void *bytes, size_t size, plait_moment **moment_out) {
    const uint8_t *data = bytes;
    struct plait_moment *moment = NULL;
    struct plait__json root;
    PLAIT__TRY(plait_moment_create(model, &moment));
    enum plait_status status = PLAIT_OK;
    size_t length = 0;
    if (size >= HEADER_BYTES && memcmp(data, MAGIC, MAGIC_BYTES) == 0)
        length = (size_t)data[8] | (size_t)data[9] << 8 | (size_t)data[10] << 16 | (size_t)data[11] << 24;
    if (length == 0 || length > size - HEADER_BYTES)
        status = plait__fail(model->context, PLAIT_INVALID,
                             "embedding: expected \"%s\" and a header, found neither in %zu bytes", MAGIC, size);
    if (status == PLAIT_OK)
        status = plait__json_parse(model->context, (const char *)data + HEADER_BYTES, length, "embedding", &root);
    if (status == PLAIT_OK) {
        status = read_saved(moment, &root, (struct rest){data + HEADER_BYTES + length, size - HEADER_BYTES - length});
        plait__json_end(&root);
    }
    if (status == PLAIT_OK)
        *moment_out = moment;
    else
        plait_moment_destroy(moment);
    return status;
}
