/* Replicas: copies of a model that run, one for a worker at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "document/font.h"
#include "server/internal.h"

/* A canary has half the time, so that the stable version can do what it cannot. */
static uint64_t deadline_of(const struct plait__exchange *exchange) {
    const struct plait__edition *edition = exchange->edition;
    const bool halved = edition && edition->trial.canary && !exchange->version_named && exchange->deadline_us;
    return halved ? exchange->began_us + (exchange->deadline_us - exchange->began_us) / 2 : exchange->deadline_us;
}

static bool is_stopped(void *user) {
    const struct plait__replica *replica = user;
    struct plait__exchange *exchange = replica->exchange;
    if (!exchange) return false;
    if (exchange->spare && plait__queue_presses(&exchange->server->queue)) return true;
    const uint64_t deadline = deadline_of(exchange);
    return atomic_load(&exchange->stopped) || (deadline && plait__now_us(replica->context) > deadline);
}

static void tell(void *user, const char *stage, double fraction) {
    const struct plait__replica *replica = user;
    if (replica->exchange) plait__exchange_progress(replica->exchange, stage, fraction);
}

/* ------------------------------------------------------------------ memory: so much and no more */

static size_t size_of(void *memory) {
#ifdef __GLIBC__
    return malloc_usable_size(memory);
#else
    (void)memory;
    return 0; /* not counted */
#endif
}

static void *allocate(void *user, size_t bytes) {
    struct plait__replica *replica = user;
    if (bytes > replica->memory_most - replica->memory_used) return NULL;
    void *memory = replica->heap.allocate(replica->heap.user, bytes);
    if (memory) replica->memory_used += size_of(memory);
    if (replica->memory_used > replica->memory_most) replica->memory_used = replica->memory_most; /* rounded up to a page */
    return memory;
}

static void release(void *user, void *memory) {
    struct plait__replica *replica = user;
    const size_t size = size_of(memory);
    replica->memory_used -= size < replica->memory_used ? size : replica->memory_used;
    replica->heap.release(replica->heap.user, memory);
}

/* ------------------------------------------------------------------ one more, and its end */

void plait__replica_destroy(struct plait__replica *replica) {
    if (!replica) return;
    plait_session_destroy(replica->session);
    plait_model_destroy(replica->model);
    plait_memory_destroy(replica->memory);
    plait_context_destroy(replica->context);
    free(replica);
}

static enum plait_status load(const struct plait__repository *repository, const struct plait__edition *edition,
                              struct plait__replica *replica) {
    char path[sizeof edition->folder + 16];
    plait_session_options options;
    plait_session_options_default(&options);
    options.backend = repository->backend;
    if (edition->package) return plait_model_create(replica->context, edition->folder, &options, &replica->model);
    snprintf(path, sizeof path, "%s/model.onnx", edition->folder);
    return plait_session_create_from_file(replica->context, path, &options, &replica->session);
}

static void draw(struct plait__image *page, int x, int y, const char *text) {
    enum { SCALE = 3 };
    for (; *text; text++, x += (PLAIT__GLYPH_WIDTH + 1) * SCALE)
        for (int row = 0; row < PLAIT__GLYPH_HEIGHT * SCALE; row++)
            for (int column = 0; column < PLAIT__GLYPH_WIDTH * SCALE; column++)
                if (*text != ' ' && plait__glyph(*text)[row / SCALE] >> (PLAIT__GLYPH_WIDTH - 1 - column / SCALE) & 1)
                    page->pixels[(size_t)(y + row) * page->stride + (size_t)(x + column)] = 0;
}

/* A page with a few words on it (PGM), so that every network has run once before the first request. */
static enum plait_status warm(struct plait__replica *replica) {
    enum { WIDTH = 480, HEIGHT = 320, HEADER = 15 };
    static const char *const lines[] = {"WARM BAKERY", "DATE 14/03/2019", "TOTAL RM 12.50"};
    if (!replica->model || !replica->model->has_detector) return PLAIT_OK;
    struct plait__image page = {WIDTH, HEIGHT, 1, WIDTH, NULL};
    unsigned char *bytes = plait__allocate(replica->context, HEADER + WIDTH * HEIGHT);
    if (!bytes) return PLAIT_MEMORY;
    memcpy(bytes, "P5 480 320 255\n", HEADER);
    memset(bytes + HEADER, 255, WIDTH * HEIGHT);
    page.pixels = bytes + HEADER;
    for (int i = 0; i < 3; i++) draw(&page, 40, 60 + 80 * i, lines[i]);
    plait_document *document = NULL;
    const enum plait_status status = plait_read(replica->model, bytes, HEADER + WIDTH * HEIGHT, NULL, &document);
    plait_document_destroy(document);
    plait__release(replica->context, bytes);
    return status;
}

enum plait_status plait__replica_create(const struct plait__repository *repository, struct plait__edition *edition,
                                        struct plait__replica **replica_out, uint64_t *warm_us_out, char sentence[256]) {
    plait_context_options options;
    plait_context_options_default(&options);
    struct plait__replica *replica = calloc(1, sizeof *replica);
    if (!replica) return PLAIT_MEMORY;
    replica->heap = options.allocator;
    replica->memory_most = (size_t)repository->memory_most << 20;
    options.allocator = (plait_allocator){.user = replica, .allocate = allocate, .release = release};
    options.trusted_keys = repository->context->options.trusted_keys;
    options.cancelled = is_stopped;
    options.cancelled_user = replica;
    options.progress = tell;
    options.progress_user = replica;
    enum plait_status status = plait_context_create(&options, &replica->context);
    if (status == PLAIT_OK) status = load(repository, edition, replica);
    if (replica->model) replica->model->recogniser.crops = &edition->lines;
    const uint64_t loaded = plait__processor_now();
    if (status == PLAIT_OK) status = warm(replica);
    if (warm_us_out) *warm_us_out += plait__processor_now() - loaded;
    if (status == PLAIT_OK) {
        *replica_out = replica;
        return status;
    }
    snprintf(sentence, 256, "%.255s", replica->context ? plait_context_error(replica->context) : plait_status_text(status));
    plait__replica_destroy(replica);
    return status;
}

struct plait__replica *plait__replica_take(struct plait__repository *repository, struct plait__edition *edition) {
    struct plait__replica *replica = NULL;
    char sentence[256];
    pthread_mutex_lock(&repository->lock);
    while (!edition->idle && edition->replica_count >= repository->replicas_most)
        pthread_cond_wait(&repository->changed, &repository->lock);
    replica = edition->idle;
    if (replica)
        edition->idle = replica->next;
    else
        edition->replica_count++; /* the one that is made now */
    pthread_mutex_unlock(&repository->lock);
    if (replica) return replica;
    if (plait__replica_create(repository, edition, &replica, NULL, sentence) == PLAIT_OK) return replica;
    pthread_mutex_lock(&repository->lock);
    edition->replica_count--;
    pthread_cond_broadcast(&repository->changed);
    pthread_mutex_unlock(&repository->lock);
    return NULL;
}

void plait__replica_return(struct plait__repository *repository, struct plait__edition *edition,
                           struct plait__replica *replica) {
    replica->exchange = NULL;
    pthread_mutex_lock(&repository->lock);
    replica->next = edition->idle;
    edition->idle = replica;
    pthread_cond_broadcast(&repository->changed);
    pthread_mutex_unlock(&repository->lock);
}

plait_session *plait__replica_session(const struct plait__replica *replica, const struct plait__card *card) {
    struct plait__network *networks[PLAIT__NETWORKS_MOST];
    if (!*card->network || !replica->model) return replica->session;
    const int count = plait__package_networks(replica->model, networks);
    for (int i = 0; i < count; i++) {
        const size_t stem = strcspn(networks[i]->file, ".");
        if (strlen(card->network) == stem && strncmp(card->network, networks[i]->file, stem) == 0) return networks[i]->session;
    }
    return NULL;
}

/* One more replica of an edition that is short of them; false when there is none. */
static bool fill_one(struct plait__repository *repository) {
    struct plait__edition *edition;
    pthread_mutex_lock(&repository->lock);
    for (edition = repository->editions; edition; edition = edition->next)
        if (edition->state == PLAIT__EDITION_READY && !edition->trial.shadow &&
            edition->replica_count < repository->replicas_most)
            break;
    if (edition) {
        edition->holds++;
        edition->replica_count++;
    }
    pthread_mutex_unlock(&repository->lock);
    if (!edition) return false;
    struct plait__replica *replica = NULL;
    char sentence[256];
    const bool made = plait__replica_create(repository, edition, &replica, NULL, sentence) == PLAIT_OK;
    if (made)
        plait__replica_return(repository, edition, replica);
    else { /* it was made once already: memory is short, and the next request tries again */
        pthread_mutex_lock(&repository->lock);
        edition->replica_count--;
        pthread_mutex_unlock(&repository->lock);
    }
    plait__edition_release(repository, edition);
    return made;
}

void plait__repository_fill(struct plait__repository *repository) {
    while (fill_one(repository)) continue;
}
