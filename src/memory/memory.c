#include "memory/memory.h"

#include <string.h>

enum { COUNT_MOST = 1 << 20, LINE_BYTES_MOST = 16 << 20, EXPORT_BYTES_MOST = 1 << 30 };

enum plait_status plait_memory_create(plait_context *context, plait_memory **memory_out) {
    struct plait_memory *memory = plait__allocate_zero(context, 1, sizeof *memory);
    if (!memory) return PLAIT_MEMORY;
    memory->context = context;
    plait__buffer_init(&memory->exported, context, EXPORT_BYTES_MOST);
    *memory_out = memory;
    return PLAIT_OK;
}

void plait_memory_destroy(plait_memory *memory) {
    if (!memory) return;
    for (int i = 0; i < memory->count; i++) plait__example_destroy(memory->examples[i]);
    plait__release(memory->context, memory->examples);
    plait__release(memory->context, memory->looks);
    plait__vault_close(memory->vault);
    plait__buffer_end(&memory->exported);
    plait__release(memory->context, memory);
}

size_t plait_memory_count(const plait_memory *memory) {
    return (size_t)memory->count;
}

/* ------------------------------------------------------------------ adding */

static int find(const struct plait_memory *memory, const char *id) {
    int i = 0;
    while (i < memory->count && strcmp(memory->examples[i]->id, id) != 0) i++;
    return i;
}

static enum plait_status grow(struct plait_memory *memory) {
    if (memory->count < memory->capacity) return PLAIT_OK;
    if (memory->capacity >= COUNT_MOST)
        return plait__fail(memory->context, PLAIT_LIMIT, "memory: expected at most %d documents", COUNT_MOST);
    const size_t before = (size_t)memory->count, capacity = before ? 2 * before : 16;
    struct plait__example **examples = plait__allocate_zero(memory->context, capacity, sizeof *examples);
    float *looks = plait__allocate_zero(memory->context, capacity, PLAIT__LOOK_WIDTH * sizeof *looks);
    if (!examples || !looks) {
        plait__release(memory->context, examples);
        plait__release(memory->context, looks);
        return PLAIT_MEMORY;
    }
    if (before) {
        memcpy(examples, memory->examples, before * sizeof *examples);
        memcpy(looks, memory->looks, before * PLAIT__LOOK_WIDTH * sizeof *looks);
    }
    plait__release(memory->context, memory->examples);
    plait__release(memory->context, memory->looks);
    memory->examples = examples;
    memory->looks = looks;
    memory->capacity = (int)capacity;
    return PLAIT_OK;
}

enum plait_status plait__memory_add(struct plait_memory *memory, struct plait__example *example,
                                    const float look[PLAIT__LOOK_WIDTH]) {
    const int place = find(memory, example->id);
    PLAIT__TRY(grow(memory));
    if (place < memory->count)
        plait__example_destroy(memory->examples[place]);
    else
        memory->count++;
    memory->examples[place] = example;
    memcpy(memory->looks + (size_t)place * PLAIT__LOOK_WIDTH, look, PLAIT__LOOK_WIDTH * sizeof *look);
    return PLAIT_OK;
}

/* From a line; kept in the file too where `lasting`. */
static enum plait_status add_line(struct plait_memory *memory, const char *line, size_t size, bool lasting, char id_out[17]) {
    struct plait__example *example = NULL;
    float look[PLAIT__LOOK_WIDTH];
    char id[PLAIT__EXAMPLE_ID];
    PLAIT__TRY(plait__example_read(memory->context, line, size, &example, look));
    memcpy(id, example->id, sizeof id);
    enum plait_status status = PLAIT_OK;
    if (memory->vault && lasting) status = plait__vault_put(memory->vault, id, line, size);
    if (status == PLAIT_OK) status = plait__memory_add(memory, example, look);
    if (status != PLAIT_OK)
        plait__example_destroy(example);
    else if (id_out)
        memcpy(id_out, id, sizeof id);
    return status;
}

static enum plait_status add_loaded(void *user, const char *line, size_t size) {
    return add_line(user, line, size, false, NULL);
}

enum plait_status plait_memory_open(plait_context *context, const char *path, const char *key, plait_memory **memory_out) {
    struct plait_memory *memory = NULL;
    PLAIT__TRY(plait_memory_create(context, &memory));
    enum plait_status status = plait__vault_open(context, path, key, &memory->vault);
    if (status == PLAIT_OK) status = plait__vault_each(memory->vault, add_loaded, memory);
    if (status == PLAIT_OK)
        *memory_out = memory;
    else
        plait_memory_destroy(memory);
    return status;
}

enum plait_status plait_confirm(plait_memory *memory, const char *json, size_t json_size, const plait_confirmed *fields,
                                size_t field_count, char id_out[17]) {
    struct plait__buffer line;
    plait__buffer_init(&line, memory->context, LINE_BYTES_MOST);
    enum plait_status status = plait__example_write(memory->context, &line, json, json_size, fields, field_count);
    if (status == PLAIT_OK) status = add_line(memory, line.data, line.size, true, id_out);
    plait__buffer_end(&line);
    return status;
}

/* ------------------------------------------------------------------ forgetting, exchange */

enum plait_status plait_memory_forget(plait_memory *memory, const char *id) {
    const int place = id ? find(memory, id) : 0;
    if (id && place == memory->count)
        return plait__fail(memory->context, PLAIT_NOT_FOUND, "memory: there is no document \"%.60s\"", id);
    if (memory->vault) PLAIT__TRY(plait__vault_remove(memory->vault, id));
    const int last = memory->count - 1;
    for (int i = id ? place : 0; i < (id ? place + 1 : memory->count); i++) plait__example_destroy(memory->examples[i]);
    if (id && place < last) {
        memory->examples[place] = memory->examples[last];
        memcpy(memory->looks + (size_t)place * PLAIT__LOOK_WIDTH, memory->looks + (size_t)last * PLAIT__LOOK_WIDTH,
               PLAIT__LOOK_WIDTH * sizeof *memory->looks);
    }
    memory->count = id ? last : 0;
    return PLAIT_OK;
}

enum plait_status plait_memory_export(plait_memory *memory, const char **lines_out, size_t *size_out) {
    memory->exported.size = 0;
    PLAIT__TRY(plait__buffer_append(&memory->exported, "", 0));
    for (int i = 0; i < memory->count; i++)
        PLAIT__TRY(plait__buffer_printf(&memory->exported, "%s\n", memory->examples[i]->line));
    *lines_out = memory->exported.data;
    *size_out = memory->exported.size;
    return PLAIT_OK;
}

enum plait_status plait_memory_import(plait_memory *memory, const char *lines, size_t size, size_t *count_out) {
    size_t count = 0;
    for (size_t at = 0; at < size;) {
        const char *end = memchr(lines + at, '\n', size - at);
        const size_t length = end ? (size_t)(end - lines) - at : size - at;
        if (length) {
            const enum plait_status status = add_line(memory, lines + at, length, true, NULL);
            if (status != PLAIT_OK) return plait__fail_in(memory->context, status, "line %zu", count + 1);
            count++;
        }
        at += length + 1;
    }
    if (count_out) *count_out = count;
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ nearest neighbours */

/* Sums side by side, so that compilers use vectors without being allowed to reorder a single sum. */
static float product(const float *a, const float *b) {
    enum { SUMS = 32 };
    float sums[SUMS] = {0}, all = 0;
    for (int i = 0; i < PLAIT__LOOK_WIDTH; i += SUMS)
        for (int k = 0; k < SUMS; k++) sums[k] += a[i + k] * b[i + k];
    for (int k = 0; k < SUMS; k++) all += sums[k];
    return all;
}

int plait__memory_nearest(const struct plait_memory *memory, const float look[PLAIT__LOOK_WIDTH], int most,
                          struct plait__alike *out) {
    int count = 0;
    for (int i = 0; i < memory->count; i++) {
        const float cosine = product(look, memory->looks + (size_t)i * PLAIT__LOOK_WIDTH);
        if (count == most && cosine <= out[most - 1].cosine) continue;
        int place = count < most ? count++ : most - 1;
        for (; place > 0 && out[place - 1].cosine < cosine; place--) out[place] = out[place - 1];
        out[place] = (struct plait__alike){memory->examples[i], cosine};
    }
    return count;
}
