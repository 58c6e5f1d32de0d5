/* Letters and digits of ASCII, whatever the locale; other bytes are neither and stay as they are. */
#ifndef PLAIT_BASE_ASCII_H
#define PLAIT_BASE_ASCII_H

#include <stdbool.h>

static inline bool plait__is_digit(char c) {
    return c >= '0' && c <= '9';
}

static inline bool plait__is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A letter, a digit, or a byte of a character of UTF-8 that is not ASCII: what is neither space nor sign, roughly. */
static inline bool plait__is_of_word(char c) {
    return plait__is_letter(c) || plait__is_digit(c) || (c & 0x80);
}

static inline char plait__lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline char plait__upper(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

#endif
