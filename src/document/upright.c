/* Which way up is a page?  Asked only when it was read badly as it came: its longest lines are read in each of the four
 * positions, and the one that reads best by far is it. */
#include <stdlib.h>
#include <string.h>

#include "document/document.h"

enum { LINES = 12 }; /* read in each position */

static float across(const struct plait__quad *quad) {
    return quad->corners[1][0] - quad->corners[0][0];
}

static int longest_first(const void *a, const void *b) {
    const float x = across(a), y = across(b);
    return x > y ? -1 : x < y;
}

float plait__legibility(const struct plait__page *page, int quads) {
    float sum = 0;
    if (quads == 0 || page->word_count == 0) return 0;
    for (int i = 0; i < page->word_count; i++) sum += page->words[i].confidence;
    return sum / (float)page->word_count * (float)page->line_count / (float)quads;
}

/* How well the longest lines of a picture read, 0..1. */
static enum plait_status try_position(plait_context *context, const struct plait__package *package,
                                      const struct plait__image *grey, struct plait__arena *arena, float *legibility_out) {
    struct plait__quad *quads;
    struct plait__page page = {.width = grey->width, .height = grey->height};
    int count;
    PLAIT__TRY(plait__detect(context, &package->detector, grey, arena, &quads, &count));
    qsort(quads, (size_t)count, sizeof *quads, longest_first);
    if (count > LINES) count = LINES;
    PLAIT__TRY(plait__recognise(context, &package->recogniser, grey, quads, count, NULL, arena, &page));
    *legibility_out = plait__legibility(&page, count);
    return PLAIT_OK;
}

enum plait_status plait__turn_upright(plait_context *context, const struct plait__package *package, struct plait__image *grey,
                                      struct plait__arena *arena, int *degrees_out) {
    const float by_far = 0.1f;
    float best = 0, first = 0, legibility;
    int turns = 0;
    for (int i = 0; i < 4; i++) { /* grey has made i quarter turns */
        PLAIT__TRY(try_position(context, package, grey, arena, &legibility));
        if (i == 0) first = best = legibility;
        if (legibility > best && legibility > first + by_far) best = legibility, turns = i;
        PLAIT__TRY(plait__image_turn(context, grey, 90));
    }
    PLAIT__TRY(plait__image_turn(context, grey, 90 * turns));
    *degrees_out = 90 * turns;
    return PLAIT_OK;
}
