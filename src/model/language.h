/* A character language model: how likely a character is after those before it.  It does not tell upper from lower case.
 *
 * An n-gram model with back-off, in one hash table; models/training/language.py makes the file and describes it. */
#ifndef PLAIT_MODEL_LANGUAGE_H
#define PLAIT_MODEL_LANGUAGE_H

#include "base/arena.h"

enum { PLAIT__LANGUAGE_BORDER = 0, PLAIT__LANGUAGE_ORDER_MOST = 12 };

struct plait__language {
    int order;       /* longest n-gram */
    int class_count; /* of the recogniser the model belongs to, the blank among them */
    uint32_t slots;  /* a power of two */
    float step;
    const uint8_t *symbols;            /* [class_count]: classes with the same symbol are forms of one character */
    const uint32_t *keys;              /* [slots]; 0: empty */
    const uint8_t *chances, *backoffs; /* [slots], in steps of -log */
};

/* Everything is copied into the arena. */
enum plait_status plait__language_read(const char *path, const uint8_t *bytes, size_t size, struct plait__arena *arena,
                                       struct plait__language *language_out);

/* Logarithm of the chance of the last of `length` symbols after the others; PLAIT__LANGUAGE_BORDER stands before the first
 * character and after the last.  Only the last `order` symbols count. */
float plait__language_log_chance(const struct plait__language *language, const uint8_t *symbols, int length);

#endif
