#include "backend/xnnpack/places.h"

#include <string.h>

enum plait_status plait__xnn_places_begin(struct plait__xnn_places *places, struct plait__xnn_segment *segment,
                                          const plait_tensor *from, const plait_tensor *to) {
    *places = (struct plait__xnn_places){.segment = segment, .rank = to->rank, .element_bytes = plait_dtype_bytes(to->dtype)};
    for (int axis = 0; axis < to->rank; axis++) {
        places->from[axis] = (size_t)from->dims[axis];
        places->to[axis] = (size_t)to->dims[axis];
        places->axes[axis] = plait__arena_array(&segment->arena, places->to[axis], sizeof(int32_t));
        if (!places->axes[axis]) return PLAIT_MEMORY;
        for (size_t i = 0; i < places->to[axis]; i++) places->axes[axis][i] = (int32_t)i;
    }
    return PLAIT_OK;
}

/* What the kernel works from: the innermost axes that are taken as they are have become one block of bytes.  An axis that is
 * taken in part, but in one piece, makes the block begin elsewhere. */
struct plan {
    struct plait__xnn_places places; /* rank: of the axes outside the block */
    size_t block, offset;            /* bytes: copied at once, and where the first begins in the input's block */
    size_t steps[PLAIT__XNN_RANK];   /* bytes from one place of an axis to the next, in the input */
    size_t rows;                     /* blocks in the output */
};

static bool in_one_piece(const int32_t *places, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (places[i] < 0 || places[i] != places[0] + (int32_t)i) return false;
    return true;
}

struct places_run {
    const struct plan *plan;
    const char *from;
    char *to;
};

static void fill(char *to, const struct plan *plan) {
    for (size_t i = 0; i < plan->block; i += sizeof(float)) memcpy(to + i, &plan->places.fill, sizeof(float));
}

static void copy_rows(void *context, size_t start, size_t count) {
    const struct places_run *run = context;
    const struct plan *plan = run->plan;
    const struct plait__xnn_places *places = &plan->places;
    size_t at[PLAIT__XNN_RANK] = {0};
    for (size_t rest = start, axis = (size_t)places->rank; axis-- > 0; rest /= places->to[axis])
        at[axis] = rest % places->to[axis];
    for (size_t row = start; row < start + count; row++) {
        size_t offset = plan->offset;
        bool nowhere = false;
        for (int axis = 0; axis < places->rank; axis++) {
            int32_t place = places->axes[axis][at[axis]];
            nowhere = nowhere || place < 0;
            offset += (size_t)(place < 0 ? 0 : place) * plan->steps[axis];
        }
        char *to = run->to + row * plan->block;
        if (nowhere)
            fill(to, plan);
        else if (plan->block == sizeof(float))
            memcpy(to, run->from + offset, sizeof(float));
        else
            memcpy(to, run->from + offset, plan->block);
        for (int axis = places->rank; axis-- > 0;) {
            if (++at[axis] < places->to[axis]) break;
            at[axis] = 0;
        }
    }
}

static const char *places_kernel(const struct plait__xnn_step *step, pthreadpool_t pool) {
    struct places_run run = {step->parameters, step->places[0], step->places[1]};
    size_t tile = 32768 / (run.plan->block + 16) + 1;
    pthreadpool_parallelize_1d_tile_1d(pool, copy_rows, &run, run.plan->rows, tile, 0);
    return NULL;
}

enum plait_status plait__xnn_places_step(struct plait__xnn_places *places, int read, int written) {
    struct plan plan = {.places = *places, .block = places->element_bytes, .rows = 1};
    size_t step = places->element_bytes;
    int axis = places->rank;
    /* Whole axes join the block, and after them one that is taken in one piece. */
    for (bool whole = true; axis > 0 && whole && in_one_piece(places->axes[axis - 1], places->to[axis - 1]); axis--) {
        whole = places->to[axis - 1] == places->from[axis - 1];
        plan.offset += (size_t)places->axes[axis - 1][0] * step;
        plan.block *= places->to[axis - 1];
        step *= places->from[axis - 1];
    }
    plan.places.rank = axis;
    for (; axis > 0; axis--) {
        plan.steps[axis - 1] = step;
        step *= places->from[axis - 1];
        plan.rows *= places->to[axis - 1];
    }
    int slots[] = {read, written};
    return plait__xnn_kernel_step(places->segment, places_kernel, &plan, sizeof plan, 2, slots) ? PLAIT_OK : PLAIT_MEMORY;
}
