#include "server/memos.h"

#include <stdlib.h>
#include <string.h>

enum { MEMOS_MOST = 4096, BYTES_MOST = 128 << 20, KEPT_SECONDS = 3600 };

static void memo_end(struct plait__memos *memos, struct plait__memo **link) {
    struct plait__memo *memo = *link;
    *link = memo->next;
    memos->count--;
    memos->bytes -= memo->size;
    free(memo->answer);
    free(memo);
}

/* The oldest go when there are too many; what is being worked on stays. */
static void forget_old(struct plait__memos *memos, uint64_t now) {
    size_t count = 0, bytes = 0;
    for (struct plait__memo **link = &memos->first; *link;) {
        struct plait__memo *memo = *link;
        const bool old = now > memo->since_us + 1000000 * (uint64_t)KEPT_SECONDS;
        if (!memo->pending && (old || count >= MEMOS_MOST || bytes + memo->size > BYTES_MOST)) {
            memo_end(memos, link);
            continue;
        }
        count++;
        bytes += memo->size;
        link = &memo->next;
    }
}

static struct plait__memo **find(struct plait__memos *memos, const char key[65]) {
    struct plait__memo **link = &memos->first;
    while (*link && strcmp((*link)->key, key) != 0) link = &(*link)->next;
    return link;
}

static void add(struct plait__memos *memos, const char key[65], uint64_t now) {
    struct plait__memo *memo = calloc(1, sizeof *memo);
    if (!memo) return; /* then it is worked on again */
    memcpy(memo->key, key, sizeof memo->key);
    memo->pending = true;
    memo->since_us = now;
    memo->next = memos->first;
    memos->first = memo;
    memos->count++;
}

enum plait__memo_state plait__memo_look(struct plait__server *server, const char key[65], struct plait__buffer *answer,
                                        int *status_out) {
    struct plait__memos *memos = &server->memos;
    enum plait__memo_state state = PLAIT__MEMO_NEW;
    pthread_mutex_lock(&memos->lock);
    forget_old(memos, plait__server_now(server));
    const struct plait__memo *memo = *find(memos, key);
    if (!memo) {
        add(memos, key, plait__server_now(server));
    } else if (memo->pending) {
        state = PLAIT__MEMO_PENDING;
    } else {
        state = PLAIT__MEMO_KNOWN;
        *status_out = plait__buffer_append(answer, memo->answer, memo->size) == PLAIT_OK ? memo->status : 503;
    }
    pthread_mutex_unlock(&memos->lock);
    return state;
}

void plait__memo_keep(struct plait__server *server, const char key[65], const struct plait__buffer *answer, int status) {
    struct plait__memos *memos = &server->memos;
    pthread_mutex_lock(&memos->lock);
    struct plait__memo **link = find(memos, key), *memo = *link;
    if (memo && (status == 429 || status >= 499 || !(memo->answer = malloc(answer->size + 1)))) {
        memo_end(memos, link);
    } else if (memo) {
        memcpy(memo->answer, answer->data, answer->size);
        memo->size = answer->size;
        memo->status = status;
        memo->pending = false;
        memos->bytes += memo->size;
    }
    pthread_mutex_unlock(&memos->lock);
}

void plait__memos_end(struct plait__memos *memos) {
    while (memos->first) memo_end(memos, &memos->first);
}
