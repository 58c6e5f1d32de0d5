/* Columns: where the gaps of many rows lie above each other.
 *
 * Every gap between two segments of a row asks for a separator somewhere in it.  The separator that most gaps agree on is taken
 * first, less those rows whose text it would cut (a heading over several columns does not mind being cut, ordinary text does);
 * the gaps that hold it are content, and the rest are asked again.  It is the greedy piercing of intervals with a price. */
#include <math.h>
#include <stdlib.h>

#include "document/tables.h"

enum { COLUMNS_MOST = 64 };

/* An end of a gap or of a segment, as the sweep meets it. */
struct event {
    float x;
    int votes, cover; /* what changes here */
    int gap;          /* index; -1 for a segment's */
};

static int by_place(const void *a, const void *b) {
    const struct event *x = a, *y = b;
    if (x->x != y->x) return x->x < y->x ? -1 : 1;
    return x->gap - y->gap;
}

struct gap {
    float left, right;
    bool content;
};

/* The middle of the widest stretch that has the best score; false when none is worth it. */
static bool best_place(const struct event *events, int count, const struct gap *gaps, float *place_out, int *votes_out,
                       int *cover_out) {
    float width = 0;
    int best = 0, votes = 0, cover = 0;
    for (int i = 0; i + 1 < count; i++) {
        if (events[i].gap < 0 || !gaps[events[i].gap].content) votes += events[i].votes;
        cover += events[i].cover;
        const int score = votes - cover; /* cutting a row's text costs what a gap gives */
        const float here = events[i + 1].x - events[i].x;
        if (here <= 0 || score < best || score <= 0 || (score == best && here <= width)) continue;
        best = score, width = here;
        *place_out = (events[i].x + events[i + 1].x) / 2;
        *votes_out = votes, *cover_out = cover;
    }
    return best > 0;
}

static int by_value(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static int column_at(const struct plait__region *region, float x) {
    int column = 0;
    while (column < region->separator_count && region->separators[column] < x) column++;
    return column;
}

/* A little over a separator is no span. */
static void place_segments(struct plait__region *region) {
    for (int i = region->first; i < region->first + region->count; i++) {
        const struct plait__strip *strip = &region->strips->items[i];
        for (int s = strip->segment_first; s < strip->segment_first + strip->segment_count; s++) {
            struct plait__segment *segment = &region->strips->segments[s];
            const float slack = fminf(0.4f * strip->height, 0.25f * (segment->right - segment->left));
            segment->column = column_at(region, segment->left + slack);
            segment->column_end = column_at(region, segment->right - slack);
        }
    }
}

enum plait_status plait__table_columns(struct plait__arena *arena, struct plait__region *region) {
    size_t segments = 0;
    for (int i = region->first; i < region->first + region->count; i++)
        segments += (size_t)region->strips->items[i].segment_count;
    struct event *events = plait__arena_array(arena, 4 * segments + 1, sizeof *events);
    struct gap *gaps = plait__arena_array(arena, segments + 1, sizeof *gaps);
    region->separators = plait__arena_array(arena, COLUMNS_MOST, sizeof *region->separators);
    if (!events || !gaps || !region->separators) return PLAIT_MEMORY;
    int event_count = 0, gap_count = 0;
    for (int i = region->first; i < region->first + region->count; i++) {
        const struct plait__strip *strip = &region->strips->items[i];
        const struct plait__segment *segment = &region->strips->segments[strip->segment_first];
        for (int s = 0; s < strip->segment_count; s++, segment++) {
            events[event_count++] = (struct event){segment->left, 0, 1, -1};
            events[event_count++] = (struct event){segment->right, 0, -1, -1};
            if (s + 1 == strip->segment_count) continue;
            gaps[gap_count] = (struct gap){segment->right, segment[1].left, false};
            events[event_count++] = (struct event){segment->right, 1, 0, gap_count};
            events[event_count++] = (struct event){segment[1].left, -1, 0, gap_count++};
        }
    }
    qsort(events, (size_t)event_count, sizeof *events, by_place);
    float place;
    int votes, cover, votes_sum = 0, cover_sum = 0;
    region->separator_count = 0;
    while (region->separator_count < COLUMNS_MOST && best_place(events, event_count, gaps, &place, &votes, &cover)) {
        region->separators[region->separator_count++] = place;
        for (int g = 0; g < gap_count; g++)
            if (gaps[g].left < place && place < gaps[g].right) gaps[g].content = true;
        votes_sum += votes, cover_sum += cover;
    }
    qsort(region->separators, (size_t)region->separator_count, sizeof *region->separators, by_value);
    region->agreement = votes_sum > 0 ? (float)votes_sum / (float)(votes_sum + cover_sum) : 0;
    place_segments(region);
    return PLAIT_OK;
}
