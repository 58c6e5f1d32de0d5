/* Unit vectors in rows, and which of them are the most alike. */
#ifndef PLAIT_MEMORY_NEAREST_H
#define PLAIT_MEMORY_NEAREST_H

#include "base/context.h"

enum {
    PLAIT__EXACT_MOST = 100000, /* rows that are all looked at; above, an approximate index looks */
    PLAIT__INDEX_STEP = 256     /* rows that a search brings into the index: as long as looking at all of them, about */
};

struct plait__approximate;

struct plait__vectors {
    plait_context *context;
    int width;                  /* floats of a row, a multiple of 32, at most 4096 */
    int count, capacity;        /* rows */
    float *rows;                /* [capacity, width] */
    int16_t *rounded;           /* the same in units of 1/32767, which a search reads first */
    int exact_most, index_step; /* as above, unless a test says otherwise */
    struct plait__approximate *index;
    int indexed; /* rows [0, indexed) are in it; those after them are looked at one by one */
};

struct plait__near {
    int row;
    float cosine;
};

void plait__vectors_init(struct plait__vectors *vectors, plait_context *context, int width);
void plait__vectors_end(struct plait__vectors *vectors);

/* Row `row` <= count becomes a copy of the vector [width]. */
enum plait_status plait__vectors_put(struct plait__vectors *vectors, int row, const float *vector);

/* The last row takes the place of `row`; or nothing is left. */
void plait__vectors_remove(struct plait__vectors *vectors, int row);
void plait__vectors_clear(struct plait__vectors *vectors);

/* The most alike first, of equals the lower row; how many of `most` there are.  Exact up to `exact_most` rows.  Above, every
 * search brings a step of rows into an approximate index, so that a process that asks once never waits for it, and the rows
 * that are not yet in it are still all looked at.  Where there is no room for the index, or it was not built in, everything
 * stays exact. */
int plait__vectors_nearest(struct plait__vectors *vectors, const float *vector, int most, struct plait__near *out);

/* ------------------------------------------------------------------ approximate.cpp, approximate_none.c */

/* Hierarchical navigable small worlds (Malkov and Yashunin, 2018) by hnswlib: a graph over numbers of rows, which asks for the
 * vectors where they are.  Its memory is malloc's.  In all calls `rows` is where they are now. */
struct plait__approximate *plait__approximate_create(int width); /* NULL: none can be had */
void plait__approximate_destroy(struct plait__approximate *index);

/* Brings a row in, or in again after it changed.  False: there was no room; the index is as it was. */
bool plait__approximate_put(struct plait__approximate *index, const float *rows, int row);
void plait__approximate_drop(struct plait__approximate *index, int row);

/* At most `most` rows, the most alike first; -1: it failed. */
int plait__approximate_search(struct plait__approximate *index, const float *rows, const float *vector, int most,
                              struct plait__near *out);

#endif
