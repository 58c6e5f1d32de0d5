#include "onnx/names.h"

#include <string.h>

/* FNV-1a.  A file made to collide only slows its own loading down. */
static uint32_t hash_of(const char *text) {
    uint32_t hash = 2166136261u;
    for (; *text; text++) hash = (hash ^ (uint8_t)*text) * 16777619u;
    return hash;
}

static struct plait__name *slot_of(struct plait__name *table, int capacity, const char *text) {
    uint32_t mask = (uint32_t)capacity - 1, at = hash_of(text) & mask;
    while (table[at].text && strcmp(table[at].text, text) != 0) at = (at + 1) & mask;
    return &table[at];
}

int plait__names_find(const struct plait__names *names, const char *text) {
    if (!names->count) return -1;
    const struct plait__name *slot = slot_of(names->table, names->capacity, text);
    return slot->text ? slot->value : -1;
}

static enum plait_status enlarge(struct plait__names *names) {
    int capacity = names->capacity ? names->capacity * 2 : 64;
    struct plait__name *table = plait__arena_array(names->arena, (size_t)capacity, sizeof *table);
    if (!table) return PLAIT_MEMORY;
    for (int i = 0; i < names->capacity; i++)
        if (names->table[i].text) *slot_of(table, capacity, names->table[i].text) = names->table[i];
    names->table = table;
    names->capacity = capacity;
    return PLAIT_OK;
}

enum plait_status plait__names_add(struct plait__names *names, const char *text, int value) {
    if (names->count * 2 >= names->capacity) PLAIT__TRY(enlarge(names));
    *slot_of(names->table, names->capacity, text) = (struct plait__name){text, value};
    names->count++;
    return PLAIT_OK;
}
