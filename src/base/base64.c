#include "base/base64.h"

#include <string.h>

static int value_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

enum plait_status plait__base64_decode(struct plait__arena *arena, const char *text, const char **bytes_out, size_t *size_out) {
    size_t length = strlen(text), size = 0;
    for (int i = 0; i < 2 && length && text[length - 1] == '='; i++) length--;
    char *bytes = plait__arena_allocate(arena, length / 4 * 3 + 4);
    if (!bytes) return PLAIT_MEMORY;
    uint32_t bits = 0;
    for (size_t i = 0; i < length; i++) {
        const int value = value_of(text[i]);
        if (value < 0)
            return plait__fail(arena->context, PLAIT_INVALID, "expected base64, found another character at %zu of %zu", i,
                               length);
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 == 1) bytes[size++] = (char)(bits >> 4 & 255);
        if (i % 4 == 2) bytes[size++] = (char)(bits >> 2 & 255);
        if (i % 4 == 3) bytes[size++] = (char)(bits & 255);
    }
    if (length % 4 == 1) return plait__fail(arena->context, PLAIT_INVALID, "expected base64, found %zu characters", length);
    *bytes_out = bytes;
    *size_out = size;
    return PLAIT_OK;
}
