/* The last answers, by their documents' digests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/internal.h"

enum { ANSWER_MOST = 256 << 10 /* bytes */, DIGEST = 64 };

/* The source's digest, which stands before all others in an answer; a quote within a text has a backslash before it. */
static bool digest_of(const char *json, char digest_out[65]) {
    static const char key[] = "\"digest\":\"";
    const char *at = strstr(json, key);
    if (!at || strlen(at) < sizeof key - 1 + DIGEST) return false;
    memcpy(digest_out, at + sizeof key - 1, DIGEST);
    digest_out[DIGEST] = '\0';
    return true;
}

void plait__answer_keep(struct plait__exchange *exchange, const struct plait__buffer *json) {
    struct plait__server *server = exchange->server;
    struct plait__answers *answers = &server->answers;
    char digest[DIGEST + 1];
    if ((!server->options->feedback && !server->options->memory) || json->size > ANSWER_MOST || !digest_of(json->data, digest))
        return;
    char *copy = strdup(json->data);
    if (!copy) return;
    pthread_mutex_lock(&answers->lock);
    struct plait__kept_answer *kept = &answers->kept[answers->next++ % PLAIT__ANSWERS];
    free(kept->json);
    kept->json = copy;
    memcpy(kept->digest, digest, sizeof kept->digest);
    snprintf(kept->model, sizeof kept->model, "%s", exchange->model);
    pthread_mutex_unlock(&answers->lock);
}

bool plait__answer_find(struct plait__server *server, const char *digest, struct plait__arena *arena, const char **json_out,
                        char model_out[80]) {
    struct plait__answers *answers = &server->answers;
    *json_out = NULL;
    pthread_mutex_lock(&answers->lock);
    for (unsigned back = 1; back <= PLAIT__ANSWERS && !*json_out; back++) { /* the newest first */
        const struct plait__kept_answer *kept = &answers->kept[(answers->next - back) % PLAIT__ANSWERS];
        if (!kept->json || strcmp(kept->digest, digest) != 0) continue;
        *json_out = plait__arena_string(arena, kept->json, strlen(kept->json));
        memcpy(model_out, kept->model, sizeof kept->model);
        break;
    }
    pthread_mutex_unlock(&answers->lock);
    return *json_out;
}

void plait__answers_end(struct plait__answers *answers) {
    for (int i = 0; i < PLAIT__ANSWERS; i++) free(answers->kept[i].json);
    pthread_mutex_destroy(&answers->lock);
}
