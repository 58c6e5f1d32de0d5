/* The queue: first come, first served, and never longer than its limit. */
#include "server/internal.h"

void plait__queue_begin(struct plait__queue *queue, int limit) {
    *queue = (struct plait__queue){.limit = limit, .mean_us = 100000};
    pthread_mutex_init(&queue->lock, NULL);
    plait__condition_begin(&queue->filled);
    queue->last = &queue->first;
}

void plait__queue_end(struct plait__queue *queue) {
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->filled);
}

/* After how long one more would be begun. */
static uint64_t wait_of(const struct plait__queue *queue, int workers) {
    const int before = queue->count + queue->busy - workers + 1;
    return before > 0 ? (uint64_t)(queue->mean_us * before / workers) : 0;
}

bool plait__queue_put(struct plait__queue *queue, struct plait__exchange *exchange, int workers, uint64_t *wait_us_out) {
    pthread_mutex_lock(&queue->lock);
    const uint64_t wait = wait_of(queue, workers);
    const bool late = exchange->deadline_us && exchange->queued_us + wait > exchange->deadline_us;
    const bool taken = !queue->closed && !late && queue->count < queue->limit;
    if (taken) {
        exchange->next = NULL;
        *queue->last = exchange;
        queue->last = &exchange->next;
        queue->count++;
        atomic_store(&queue->presses, true);
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->lock);
    *wait_us_out = wait;
    return taken;
}

bool plait__queue_full(struct plait__queue *queue, int workers, uint64_t *wait_us_out) {
    pthread_mutex_lock(&queue->lock);
    const bool full = queue->closed || queue->count >= queue->limit;
    *wait_us_out = wait_of(queue, workers);
    pthread_mutex_unlock(&queue->lock);
    return full;
}

struct plait__exchange *plait__queue_take(struct plait__queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->idle++;
    while (!queue->first && !queue->spare && !queue->closed) pthread_cond_wait(&queue->filled, &queue->lock);
    queue->idle--;
    struct plait__exchange *exchange = queue->first;
    if (!exchange && queue->spare) {
        exchange = queue->spare;
        queue->spare = NULL;
        queue->spare_busy = true;
    } else if (exchange) {
        queue->first = exchange->next;
        if (!queue->first) queue->last = &queue->first;
        atomic_store(&queue->presses, --queue->count > 0);
        queue->busy++;
    }
    pthread_mutex_unlock(&queue->lock);
    return exchange;
}

/* Takes those out that are alike, as many as one of all workers that are free would have; the lock is held. */
static int take_alike(struct plait__queue *queue, struct plait__exchange **group, int count, int most) {
    struct plait__exchange **link = &queue->first;
    int all = count;
    for (const struct plait__exchange *exchange = queue->first; exchange; exchange = exchange->next)
        all += exchange->alike == group[0]->alike;
    const int share = (all + queue->idle) / (queue->idle + 1); /* rounded up */
    if (most > share) most = share;
    while (*link && count < most) {
        struct plait__exchange *exchange = *link;
        if (exchange->alike != group[0]->alike) {
            link = &exchange->next;
            continue;
        }
        *link = exchange->next;
        if (!*link) queue->last = link;
        group[count++] = exchange;
        queue->count--;
        queue->busy++;
    }
    atomic_store(&queue->presses, queue->count > 0);
    return count;
}

int plait__queue_take_alike(struct plait__queue *queue, struct plait__exchange **group, int most, uint64_t wait_us) {
    const struct timespec end = plait__condition_deadline(wait_us);
    pthread_mutex_lock(&queue->lock);
    int count = take_alike(queue, group, 1, most);
    while (count < most && wait_us && !queue->first && !queue->closed) {
        if (pthread_cond_timedwait(&queue->filled, &queue->lock, &end) != 0) break;
        count = take_alike(queue, group, count, most);
    }
    /* What is waiting and of another kind is somebody else's, who may have slept through its coming. */
    if (queue->first) pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
    return count;
}

bool plait__queue_offer(struct plait__queue *queue, struct plait__exchange *exchange) {
    pthread_mutex_lock(&queue->lock);
    const bool taken = !queue->closed && !queue->spare && !queue->spare_busy;
    if (taken) {
        queue->spare = exchange;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

void plait__queue_spare_done(struct plait__queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->spare_busy = false;
    pthread_mutex_unlock(&queue->lock);
}

bool plait__queue_presses(struct plait__queue *queue) {
    return atomic_load(&queue->presses);
}

void plait__queue_done(struct plait__queue *queue, uint64_t took_us) {
    pthread_mutex_lock(&queue->lock);
    queue->busy--;
    queue->mean_us += 0.1 * ((double)took_us - queue->mean_us);
    pthread_mutex_unlock(&queue->lock);
}

void plait__queue_close(struct plait__queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

void plait__queue_state(struct plait__queue *queue, int *waiting_out, int *busy_out) {
    pthread_mutex_lock(&queue->lock);
    *waiting_out = queue->count;
    *busy_out = queue->busy;
    pthread_mutex_unlock(&queue->lock);
}
