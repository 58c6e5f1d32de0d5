#include "model/language.h"

#include <string.h>

static const char MAGIC[8] = "PLANGUA1";

enum { HEAD_BYTES = 24, CLASSES_MOST = 4096 };

static uint32_t read_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The parts behind the head, one after the other. */
static enum plait_status read_parts(const uint8_t *at, struct plait__arena *arena, struct plait__language *language) {
    size_t classes = (size_t)language->class_count, slots = language->slots;
    uint8_t *symbols = plait__arena_allocate(arena, classes);
    uint32_t *keys = plait__arena_array(arena, slots, sizeof *keys);
    uint8_t *chances = plait__arena_array(arena, slots, 2), *backoffs = chances ? chances + slots : NULL;
    if (!symbols || !keys || !chances) return PLAIT_MEMORY;
    memcpy(symbols, at, classes);
    at += classes;
    for (size_t i = 0; i < slots; i++, at += 4) keys[i] = read_u32(at);
    memcpy(chances, at, 2 * slots);
    language->symbols = symbols;
    language->keys = keys;
    language->chances = chances;
    language->backoffs = backoffs;
    return PLAIT_OK;
}

enum plait_status plait__language_read(const char *path, const uint8_t *bytes, size_t size, struct plait__arena *arena,
                                       struct plait__language *language_out) {
    plait_context *context = arena->context;
    if (size < HEAD_BYTES || memcmp(bytes, MAGIC, sizeof MAGIC) != 0)
        return plait__fail(context, PLAIT_INVALID, "%s: expected a language model, found something else", path);
    uint32_t order = read_u32(bytes + 8), slots = read_u32(bytes + 12), classes = read_u32(bytes + 16);
    uint32_t step_bits = read_u32(bytes + 20);
    struct plait__language language = {.order = (int)order, .class_count = (int)classes, .slots = slots};
    memcpy(&language.step, &step_bits, sizeof language.step);
    if (order < 1 || order > PLAIT__LANGUAGE_ORDER_MOST || classes < 1 || classes > CLASSES_MOST || slots < 1 ||
        (slots & (slots - 1)) != 0 || !(language.step > 0 && language.step < 1))
        return plait__fail(context, PLAIT_INVALID, "%s: order %u, %u classes, %u slots or the step are out of bounds", path,
                           order, classes, slots);
    if (size != HEAD_BYTES + classes + 6 * (size_t)slots)
        return plait__fail(context, PLAIT_INVALID, "%s: expected %zu bytes for %u slots, found %zu", path,
                           HEAD_BYTES + classes + 6 * (size_t)slots, slots, size);
    PLAIT__TRY(read_parts(bytes + HEAD_BYTES, arena, &language));
    *language_out = language;
    return PLAIT_OK;
}

/* The n-gram's slot, or -1.  FNV-1a over the symbols, its bits then mixed so that both halves can be used. */
static int64_t find(const struct plait__language *language, const uint8_t *symbols, int length) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < length; i++) hash = (hash ^ symbols[i]) * 0x100000001b3u;
    hash ^= hash >> 29;
    hash *= 0xbf58476d1ce4e5b9u;
    hash ^= hash >> 32;
    uint32_t key = (uint32_t)(hash >> 32) ? (uint32_t)(hash >> 32) : 1, mask = language->slots - 1;
    uint32_t at = (uint32_t)hash & mask;
    for (uint32_t tried = 0; tried < language->slots && language->keys[at]; tried++, at = (at + 1) & mask)
        if (language->keys[at] == key) return at;
    return -1;
}

float plait__language_log_chance(const struct plait__language *language, const uint8_t *symbols, int length) {
    int64_t slot;
    int steps = 0;
    if (length > language->order) {
        symbols += length - language->order;
        length = language->order;
    }
    for (; length > 0; symbols++, length--) {
        if ((slot = find(language, symbols, length)) >= 0) return -language->step * (float)(steps + language->chances[slot]);
        if (length > 1 && (slot = find(language, symbols, length - 1)) >= 0) steps += language->backoffs[slot];
    }
    return -language->step * (float)(steps + UINT8_MAX); /* a symbol the model does not know */
}
