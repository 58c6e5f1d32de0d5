/* Letters and digits of ASCII, whatever the locale. */
#ifndef PLAIT_BASE_ASCII_H
#define PLAIT_BASE_ASCII_H

#include <stdbool.h>

static inline bool plait__is_digit(char c) {
    return c >= '0' && c <= '9';
}

static inline bool plait__is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

#endif
