/* Libraries that are opened when they are needed, where they are there. */
#ifndef PLAIT_BASE_SYMBOLS_H
#define PLAIT_BASE_SYMBOLS_H

#include <stddef.h>

/* A function, and the pointer that it goes into.  POSIX has a pointer to a function fit into one to an object, and C has no
 * conversion between them. */
struct plait__symbol {
    const char *name;
    void **pointer;
};

/* Fills all pointers; the library stays open.  NULL, or a sentence that says what is not there, until the thread's next call.
 */
const char *plait__symbols_open(const char *library, const struct plait__symbol *symbols, size_t count);

#endif
