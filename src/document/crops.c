#include "document/crops.h"

#include "base/condition.h"

void plait__crops_begin(struct plait__crops *crops, int most) {
    *crops = (struct plait__crops){.most = most};
    crops->last = &crops->first;
    pthread_mutex_init(&crops->lock, NULL);
    plait__condition_begin(&crops->changed);
}

void plait__crops_end(struct plait__crops *crops) {
    pthread_cond_destroy(&crops->changed);
    pthread_mutex_destroy(&crops->lock);
}

/* ------------------------------------------------------------------ what waits; the lock is held */

static void put(struct plait__crops *crops, struct plait__crop *crop) {
    crop->taken = false;
    crop->next = NULL;
    *crops->last = crop;
    crops->last = &crop->next;
}

static void remove_from(struct plait__crops *crops, struct plait__crop **link) {
    struct plait__crop *crop = *link;
    *link = crop->next;
    if (!*link) crops->last = link;
    crop->taken = true;
}

/* Lines of a width that make a full run; a power of two, because every new number costs the session a plan. */
static int full(const struct plait__crops *crops, const struct plait__crop_reader *reader, int width) {
    int size = 1;
    while (2 * size <= crops->most && 2 * size * width <= reader->columns_most) size *= 2;
    return size;
}

static bool may_run(const struct plait__crop_reader *reader, const struct plait__crop *crop) {
    return crop->reader == reader || (!crop->alone && crop->width <= reader->width_most);
}

/* How many there are that would go with `crop`, at most `most`. */
static int count_alike(const struct plait__crops *crops, const struct plait__crop_reader *reader,
                       const struct plait__crop *crop, int most) {
    int count = 0;
    for (const struct plait__crop *other = crops->first; other && count < most; other = other->next)
        count += other == crop || (other->width == crop->width && !other->alone && !crop->alone && may_run(reader, other));
    return count;
}

/* The first that may be run now, the reader's own before others'; NULL: none, and in `wait_us` there may be one (0: no). */
static struct plait__crop *choose(const struct plait__crops *crops, const struct plait__crop_reader *reader, uint64_t now_us,
                                  uint64_t *wait_us) {
    struct plait__crop *others = NULL;
    *wait_us = 0;
    for (struct plait__crop *crop = crops->first; crop; crop = crop->next) {
        const bool own = crop->reader == reader;
        if (!may_run(reader, crop) || (!own && others)) continue;
        const uint64_t waited = now_us > crop->since_us ? now_us - crop->since_us : 0;
        const int most = full(crops, reader, crop->width);
        if (waited >= crops->delay_us || crop->alone || count_alike(crops, reader, crop, most) == most) {
            if (own) return crop;
            others = crop;
        } else if (!*wait_us || crops->delay_us - waited < *wait_us) {
            *wait_us = crops->delay_us - waited;
        }
    }
    return others;
}

/* Takes `chosen` and what goes with it out of what waits, the reader's own first, into `group`, which has room; how many. */
static int take(struct plait__crops *crops, const struct plait__crop_reader *reader, const struct plait__crop *chosen,
                struct plait__crop **group) {
    const int width = chosen->width, most = full(crops, reader, width), alike = count_alike(crops, reader, chosen, most);
    const bool alone = chosen->alone;
    int size = 1, count = 0;
    while (2 * size <= alike) size *= 2;
    for (int own = 1; own >= 0; own--)
        for (struct plait__crop **link = &crops->first; *link && count < size;) {
            struct plait__crop *crop = *link;
            const bool goes = alone ? crop == chosen : crop->width == width && !crop->alone && may_run(reader, crop);
            if (goes && (crop->reader == reader) == (own == 1)) {
                remove_from(crops, link);
                group[count++] = crop;
            } else {
                link = &crop->next;
            }
        }
    return count;
}

static int pages_of(struct plait__crop *const *group, int count) {
    int pages = 0;
    for (int i = 0; i < count; i++) {
        bool seen = false;
        for (int k = 0; k < i; k++) seen = seen || group[k]->reader == group[i]->reader;
        pages += !seen;
    }
    return pages;
}

/* ------------------------------------------------------------------ reading */

/* After a run: what was not read waits again.  A run that was stopped says nothing of its lines; after one that failed each
 * line's reader tries it by itself, so that nobody else's failure is its own.  What becomes of the reader. */
static enum plait_status settle(struct plait__crops *crops, const struct plait__crop_reader *reader,
                                struct plait__crop *const *group, int count, enum plait_status status) {
    const bool own = group[0]->reader == reader, again = count > 1 || !own;
    for (int i = 0; i < count; i++) {
        if (status == PLAIT_OK) {
            group[i]->read = true;
            continue;
        }
        group[i]->alone = group[i]->alone || status != PLAIT_CANCELLED;
        put(crops, group[i]);
    }
    pthread_cond_broadcast(&crops->changed);
    return status != PLAIT_CANCELLED && again ? PLAIT_OK : status;
}

static int read_of(struct plait__crop *const *own, int count) {
    int read = 0;
    for (int i = 0; i < count; i++) read += own[i]->read;
    return read;
}

static void wait_for_change(struct plait__crops *crops, uint64_t most_us) {
    const struct timespec end = plait__condition_deadline(most_us);
    if (most_us)
        pthread_cond_timedwait(&crops->changed, &crops->lock, &end);
    else
        pthread_cond_wait(&crops->changed, &crops->lock);
}

/* One run, or a wait for others'; the lock is held before and after. */
static enum plait_status step(struct plait__crops *crops, const struct plait__crop_reader *reader, struct plait__crop **group) {
    uint64_t wait_us;
    const struct plait__crop *chosen = choose(crops, reader, plait__now_us(reader->context), &wait_us);
    if (!chosen) {
        wait_for_change(crops, wait_us);
        return PLAIT_OK;
    }
    const int count = take(crops, reader, chosen, group);
    pthread_mutex_unlock(&crops->lock);
    const enum plait_status status = reader->run(reader->user, group, count);
    if (status == PLAIT_OK && crops->ran) crops->ran(crops->user, count, pages_of(group, count));
    pthread_mutex_lock(&crops->lock);
    return settle(crops, reader, group, count, status);
}

/* Nobody has the reader's crops any more; the lock is held. */
static void withdraw(struct plait__crops *crops, struct plait__crop *const *own, int count) {
    for (int i = 0; i < count; i++) {
        while (own[i]->taken && !own[i]->read) pthread_cond_wait(&crops->changed, &crops->lock);
        if (own[i]->read) continue;
        struct plait__crop **link = &crops->first;
        while (*link != own[i]) link = &(*link)->next;
        remove_from(crops, link);
    }
}

enum plait_status plait__crops_read(struct plait__crops *crops, const struct plait__crop_reader *reader,
                                    struct plait__crop *const *own, int count) {
    struct plait__crop **group = plait__allocate(reader->context, (size_t)crops->most * sizeof *group);
    if (!group) return PLAIT_MEMORY;
    const uint64_t now = plait__now_us(reader->context);
    enum plait_status status = PLAIT_OK;
    pthread_mutex_lock(&crops->lock);
    for (int i = 0; i < count; i++) {
        own[i]->reader = reader;
        own[i]->read = own[i]->alone = false;
        own[i]->since_us = now;
        put(crops, own[i]);
    }
    pthread_cond_broadcast(&crops->changed); /* whoever waits for a run to fill */
    for (int read = 0; status == PLAIT_OK && read < count;) {
        status = step(crops, reader, group);
        const int before = read;
        read = read_of(own, count);
        pthread_mutex_unlock(&crops->lock);
        if (read > before) reader->progress(reader->user, read);
        if (status == PLAIT_OK && plait__cancelled(reader->context)) status = PLAIT_CANCELLED;
        pthread_mutex_lock(&crops->lock);
    }
    withdraw(crops, own, count);
    pthread_mutex_unlock(&crops->lock);
    plait__release(reader->context, group);
    return status == PLAIT_CANCELLED ? plait__fail(reader->context, status, "reading was stopped") : status;
}
