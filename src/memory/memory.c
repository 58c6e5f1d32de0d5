#include "memory/memory.h"

#include <string.h>

enum { LINE_BYTES_MOST = 16 << 20, EXPORT_BYTES_MOST = 1 << 30 };

enum plait_status plait_memory_create(plait_context *context, plait_memory **memory_out) {
    struct plait_memory *memory = plait__allocate_zero(context, 1, sizeof *memory);
    if (!memory) return PLAIT_MEMORY;
    memory->context = context;
    plait__vectors_init(&memory->looks, context, PLAIT__LOOK_WIDTH);
    plait__buffer_init(&memory->exported, context, EXPORT_BYTES_MOST);
    *memory_out = memory;
    return PLAIT_OK;
}

void plait_memory_destroy(plait_memory *memory) {
    if (!memory) return;
    for (int i = 0; i < memory->count; i++) plait__example_destroy(memory->examples[i]);
    plait__release(memory->context, memory->examples);
    plait__release(memory->context, memory->slots);
    plait__vectors_end(&memory->looks);
    plait__vault_close(memory->vault);
    plait__buffer_end(&memory->exported);
    plait__release(memory->context, memory);
}

size_t plait_memory_count(const plait_memory *memory) {
    return (size_t)memory->count;
}

/* ------------------------------------------------------------------ adding */

/* FNV-1a; who makes up identifiers can make them collide, and waits then. */
static int slot_of(const struct plait_memory *memory, const char *id) {
    uint32_t hash = 2166136261u;
    for (const char *c = id; *c; c++) hash = (hash ^ (uint8_t)*c) * 16777619u;
    int slot = (int)(hash & (uint32_t)(memory->slot_count - 1));
    while (memory->slots[slot] && strcmp(memory->examples[memory->slots[slot] - 1]->id, id) != 0)
        slot = (slot + 1) & (memory->slot_count - 1);
    return slot;
}

/* Where it is; the count when it is not there. */
static int find(const struct plait_memory *memory, const char *id) {
    const int found = memory->slot_count ? memory->slots[slot_of(memory, id)] : 0;
    return found ? found - 1 : memory->count;
}

static void fill_slots(struct plait_memory *memory) {
    memset(memory->slots, 0, (size_t)memory->slot_count * sizeof *memory->slots);
    for (int i = 0; i < memory->count; i++) memory->slots[slot_of(memory, memory->examples[i]->id)] = i + 1;
}

static enum plait_status grow(struct plait_memory *memory) {
    if (memory->count < memory->capacity) return PLAIT_OK;
    const size_t before = (size_t)memory->count, capacity = before ? 2 * before : 16;
    struct plait__example **examples = plait__allocate_zero(memory->context, capacity, sizeof *examples);
    int *slots = plait__allocate_zero(memory->context, 2 * capacity, sizeof *slots);
    if (!examples || !slots) {
        plait__release(memory->context, examples);
        plait__release(memory->context, slots);
        return PLAIT_MEMORY;
    }
    if (before) memcpy(examples, memory->examples, before * sizeof *examples);
    plait__release(memory->context, memory->examples);
    plait__release(memory->context, memory->slots);
    memory->examples = examples;
    memory->slots = slots;
    memory->capacity = (int)capacity;
    memory->slot_count = 2 * memory->capacity;
    fill_slots(memory);
    return PLAIT_OK;
}

enum plait_status plait__memory_add(struct plait_memory *memory, struct plait__example *example,
                                    const float look[PLAIT__LOOK_WIDTH]) {
    PLAIT__TRY(grow(memory));
    const int place = find(memory, example->id);
    PLAIT__TRY(plait__vectors_put(&memory->looks, place, look));
    if (place < memory->count) {
        plait__example_destroy(memory->examples[place]);
        memory->examples[place] = example;
    } else {
        memory->examples[memory->count++] = example;
        memory->slots[slot_of(memory, example->id)] = memory->count;
    }
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
    for (int i = id ? place : 0; i < (id ? place + 1 : memory->count); i++) plait__example_destroy(memory->examples[i]);
    if (id) {
        memory->examples[place] = memory->examples[--memory->count];
        plait__vectors_remove(&memory->looks, place);
    } else {
        memory->count = 0;
        plait__vectors_clear(&memory->looks);
    }
    if (memory->slot_count) fill_slots(memory);
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

int plait__memory_nearest(struct plait_memory *memory, const float look[PLAIT__LOOK_WIDTH], int most,
                          struct plait__alike *out) {
    enum { NEAR_MOST = 64 };
    struct plait__near near[NEAR_MOST];
    const int count = plait__vectors_nearest(&memory->looks, look, most < NEAR_MOST ? most : NEAR_MOST, near);
    for (int i = 0; i < count; i++) out[i] = (struct plait__alike){memory->examples[near[i].row], near[i].cosine};
    return count;
}
