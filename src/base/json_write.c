#include "base/json_write.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put(struct plait__writer *writer, const char *bytes, size_t size) {
    if (writer->status == PLAIT_OK) writer->status = plait__buffer_append(writer->buffer, bytes, size);
}

static void put_string(struct plait__writer *writer, const char *utf8) {
    put(writer, "\"", 1);
    for (const char *at = utf8; *at;) {
        size_t plain = 0;
        while ((unsigned char)at[plain] >= 0x20 && at[plain] != '"' && at[plain] != '\\') plain++;
        put(writer, at, plain);
        at += plain;
        if (!*at) break;
        char escape[8];
        int length = *at == '"' || *at == '\\' ? snprintf(escape, sizeof escape, "\\%c", *at)
                                               : snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)*at);
        put(writer, escape, (size_t)length);
        at++;
    }
    put(writer, "\"", 1);
}

/* What stands before every value. */
static void begin(struct plait__writer *writer, const char *key) {
    if (writer->comma) put(writer, ",", 1);
    writer->comma = true;
    if (!key) return;
    put_string(writer, key);
    put(writer, ":", 1);
}

void plait__write_open(struct plait__writer *writer, const char *key, char bracket) {
    begin(writer, key);
    put(writer, &bracket, 1);
    writer->comma = false;
}

void plait__write_close(struct plait__writer *writer, char bracket) {
    put(writer, &bracket, 1);
    writer->comma = true;
}

void plait__write_null(struct plait__writer *writer, const char *key) {
    begin(writer, key);
    put(writer, "null", 4);
}

void plait__write_text(struct plait__writer *writer, const char *key, const char *utf8) {
    if (!utf8) {
        plait__write_null(writer, key);
        return;
    }
    begin(writer, key);
    put_string(writer, utf8);
}

void plait__write_bool(struct plait__writer *writer, const char *key, bool value) {
    begin(writer, key);
    put(writer, value ? "true" : "false", value ? 4 : 5);
}

void plait__write_int(struct plait__writer *writer, const char *key, int64_t value) {
    char digits[24];
    begin(writer, key);
    put(writer, digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)value));
}

void plait__write_number(struct plait__writer *writer, const char *key, double value, int decimals) {
    char digits[64];
    if (!isfinite(value) || fabs(value) > 1e30) {
        plait__write_null(writer, key);
        return;
    }
    size_t length = (size_t)snprintf(digits, sizeof digits, "%.*f", decimals, value);
    size_t whole = strspn(digits, "-0123456789");
    if (whole < length) {
        digits[whole] = '.'; /* whatever the locale uses */
        while (digits[length - 1] == '0') length--;
        if (length == whole + 1) length--;
    }
    if (length == 2 && memcmp(digits, "-0", 2) == 0)
        plait__write_int(writer, key, 0);
    else {
        begin(writer, key);
        put(writer, digits, length);
    }
}
