#include "server/repository.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_write.h"
#include "document/font.h"
#include "model/find.h"
#include "server/internal.h"
#include "server/tensors.h"

/* ------------------------------------------------------------------ replicas */

static bool is_stopped(void *user) {
    const struct plait__replica *replica = user;
    struct plait__exchange *exchange = replica->exchange;
    if (!exchange) return false;
    return atomic_load(&exchange->stopped) ||
           (exchange->deadline_us && plait__now_us(replica->context) > exchange->deadline_us);
}

static void tell(void *user, const char *stage, double fraction) {
    const struct plait__replica *replica = user;
    if (replica->exchange) plait__exchange_progress(replica->exchange, stage, fraction);
}

static void replica_destroy(struct plait__replica *replica) {
    if (!replica) return;
    plait_session_destroy(replica->session);
    plait_model_destroy(replica->model);
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

static enum plait_status replica_create(const struct plait__repository *repository, const struct plait__edition *edition,
                                        struct plait__replica **replica_out, uint64_t *warm_us_out, char sentence[256]) {
    plait_context_options options;
    plait_context_options_default(&options);
    struct plait__replica *replica = calloc(1, sizeof *replica);
    if (!replica) return PLAIT_MEMORY;
    options.trusted_keys = repository->context->options.trusted_keys;
    options.cancelled = is_stopped;
    options.cancelled_user = replica;
    options.progress = tell;
    options.progress_user = replica;
    enum plait_status status = plait_context_create(&options, &replica->context);
    if (status == PLAIT_OK) status = load(repository, edition, replica);
    const uint64_t loaded = plait__processor_now();
    if (status == PLAIT_OK) status = warm(replica);
    if (warm_us_out) *warm_us_out += plait__processor_now() - loaded;
    if (status == PLAIT_OK) {
        *replica_out = replica;
        return status;
    }
    snprintf(sentence, 256, "%.255s", replica->context ? plait_context_error(replica->context) : plait_status_text(status));
    replica_destroy(replica);
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
    if (replica_create(repository, edition, &replica, NULL, sentence) == PLAIT_OK) return replica;
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

/* ------------------------------------------------------------------ cards */

static void write_types(struct plait__writer *writer, const char *key, const plait_session *session, bool inputs) {
    const size_t count = inputs ? plait_session_input_count(session) : plait_session_output_count(session);
    plait__write_open(writer, key, '[');
    for (size_t i = 0; i < count; i++) {
        plait_tensor type = {0};
        (inputs ? plait_session_input_type : plait_session_output_type)(session, i, &type);
        plait__write_open(writer, NULL, '{');
        plait__write_text(writer, "name", (inputs ? plait_session_input_name : plait_session_output_name)(session, i));
        plait__write_text(writer, "datatype", plait__datatype_name(type.dtype));
        plait__write_open(writer, "shape", '[');
        for (int d = 0; d < type.rank; d++) plait__write_int(writer, NULL, type.dims[d]);
        if (type.rank < 0) plait__write_int(writer, NULL, -1);
        plait__write_close(writer, ']');
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, ']');
}

/* The package as a model of its own: a document's bytes in, its JSON out. */
static void write_package_types(struct plait__writer *writer) {
    static const char *const keys[] = {"inputs", "outputs"};
    for (int i = 0; i < 2; i++) {
        plait__write_open(writer, keys[i], '[');
        plait__write_open(writer, NULL, '{');
        plait__write_text(writer, "name", "document");
        plait__write_text(writer, "datatype", "BYTES");
        plait__write_open(writer, "shape", '[');
        plait__write_int(writer, NULL, 1);
        plait__write_close(writer, ']');
        plait__write_close(writer, '}');
        plait__write_close(writer, ']');
    }
}

static enum plait_status card_add(plait_context *context, struct plait__edition *edition, const char *network, size_t length,
                                  const plait_session *session) {
    struct plait__card *card = &edition->cards[edition->card_count];
    struct plait__buffer buffer;
    struct plait__writer writer = {.buffer = &buffer};
    plait__buffer_init(&buffer, context, 1 << 20);
    snprintf(card->network, sizeof card->network, "%.*s", (int)length, network);
    card->platform = session ? "onnx_plait" : "plait_package";
    if (session) {
        write_types(&writer, "inputs", session, true);
        write_types(&writer, "outputs", session, false);
    } else {
        write_package_types(&writer);
    }
    if (writer.status == PLAIT_OK && !(card->types = strdup(buffer.data))) writer.status = PLAIT_MEMORY;
    plait__buffer_end(&buffer);
    if (writer.status == PLAIT_OK) edition->card_count++;
    return writer.status;
}

static enum plait_status cards_make(struct plait__edition *edition, const struct plait__replica *replica) {
    struct plait__network *networks[PLAIT__NETWORKS_MOST];
    if (replica->session) return card_add(replica->context, edition, "", 0, replica->session);
    PLAIT__TRY(card_add(replica->context, edition, "", 0, NULL));
    const int count = plait__package_networks(replica->model, networks);
    for (int i = 0; i < count; i++)
        PLAIT__TRY(
            card_add(replica->context, edition, networks[i]->file, strcspn(networks[i]->file, "."), networks[i]->session));
    return PLAIT_OK;
}

static void cards_clear(struct plait__edition *edition) {
    for (int i = 0; i < PLAIT__NETWORKS_MOST + 1; i++) free(edition->cards[i].types);
    memset(edition->cards, 0, sizeof edition->cards);
    edition->card_count = 0;
}

/* ------------------------------------------------------------------ editions */

/* In its place: by name, the newest first. */
static void edition_insert(struct plait__edition **list, struct plait__edition *edition) {
    struct plait__edition **link = list;
    while (*link &&
           (strcmp((*link)->name, edition->name) < 0 ||
            (strcmp((*link)->name, edition->name) == 0 && plait__version_compare((*link)->version, edition->version) > 0)))
        link = &(*link)->next;
    edition->next = *link;
    *link = edition;
}

static struct plait__edition *edition_add(struct plait__edition **list, const char *name, const char *version,
                                          const char *folder, bool package) {
    struct plait__edition *edition = calloc(1, sizeof *edition);
    if (!edition) return NULL;
    snprintf(edition->name, sizeof edition->name, "%.63s", name);
    snprintf(edition->version, sizeof edition->version, "%.31s", version);
    snprintf(edition->folder, sizeof edition->folder, "%.4095s", folder);
    edition->package = package;
    edition_insert(list, edition);
    return edition;
}

static struct plait__edition *edition_find(struct plait__edition *list, const char *name, const char *version) {
    for (struct plait__edition *edition = list; edition; edition = edition->next)
        if (strcmp(edition->name, name) == 0 && strcmp(edition->version, version) == 0) return edition;
    return NULL;
}

/* Makes its first replica, and with it the edition ready. */
static enum plait_status edition_load(struct plait__repository *repository, struct plait__edition *edition,
                                      char sentence[256]) {
    struct plait__replica *replica = NULL;
    uint64_t warm_us = 0;
    enum plait_status status = replica_create(repository, edition, &replica, &warm_us, sentence);
    cards_clear(edition);
    if (status == PLAIT_OK && (status = cards_make(edition, replica)) != PLAIT_OK) {
        snprintf(sentence, 256, "memory is out");
        replica_destroy(replica);
    }
    pthread_mutex_lock(&repository->lock);
    if (status == PLAIT_OK) {
        if (replica->model) snprintf(edition->digest, sizeof edition->digest, "%s", replica->model->digest);
        edition->idle = replica;
        edition->replica_count = 1;
        edition->state = PLAIT__EDITION_READY;
        repository->warm_us += warm_us;
    } else {
        edition->state = PLAIT__EDITION_FAILED;
    }
    pthread_cond_broadcast(&repository->changed);
    pthread_mutex_unlock(&repository->lock);
    return status;
}

/* "receipt" of the edition of that name, and "receipt.detector" too. */
static bool is_name_of(const struct plait__edition *edition, const char *name) {
    const size_t length = strlen(edition->name);
    return strncmp(edition->name, name, length) == 0 && (name[length] == '\0' || (name[length] == '.' && edition->package));
}

static const struct plait__card *card_of(const struct plait__edition *edition, const char *name) {
    const size_t length = strlen(edition->name);
    const char *network = name[length] == '.' ? name + length + 1 : "";
    for (int i = 0; i < edition->card_count; i++)
        if (strcmp(edition->cards[i].network, network) == 0) return &edition->cards[i];
    return NULL;
}

/* Whether an edition may answer for that name and version; a canary only where it is asked for, or by lot. */
static bool answers(const struct plait__edition *edition, const char *name, const char *version, unsigned lot) {
    if (edition->state != PLAIT__EDITION_READY || !is_name_of(edition, name)) return false;
    if (version) return strcmp(edition->version, version) == 0;
    return edition->canary.share ? (int)lot < edition->canary.share : true;
}

struct plait__edition *plait__edition_hold(struct plait__repository *repository, const char *name, const char *version,
                                           unsigned lot, const struct plait__card **card_out, char sentence[256]) {
    struct plait__edition *found = NULL;
    bool named = false;
    pthread_mutex_lock(&repository->lock);
    for (struct plait__edition *edition = repository->editions; edition; edition = edition->next) {
        named = named || (is_name_of(edition, name) && edition->state == PLAIT__EDITION_READY);
        const struct plait__card *card = answers(edition, name, version, lot) ? card_of(edition, name) : NULL;
        if (!card || (found && !edition->canary.share))
            continue; /* the newest first, but a canary that has the lot before all */
        found = edition;
        *card_out = card;
        if (edition->canary.share) break;
    }
    if (found) found->holds++;
    pthread_mutex_unlock(&repository->lock);
    if (!found && named && version)
        snprintf(sentence, 256, "the model \"%.60s\" has no version \"%.30s\" that is ready", name, version);
    else if (!found)
        snprintf(sentence, 256, "there is no model \"%.60s\"", name);
    return found;
}

static void edition_clear(struct plait__edition *edition) {
    while (edition->idle) {
        struct plait__replica *replica = edition->idle;
        edition->idle = replica->next;
        replica_destroy(replica);
    }
    edition->replica_count = 0;
}

/* Takes one that is gone and that nobody holds out of the list; the lock is held. */
static struct plait__edition *collect(struct plait__repository *repository) {
    struct plait__edition **link = &repository->editions;
    while (*link && !((*link)->state == PLAIT__EDITION_GONE && (*link)->holds == 0)) link = &(*link)->next;
    struct plait__edition *edition = *link;
    if (edition) *link = edition->next;
    return edition;
}

static void end_gone(struct plait__repository *repository) {
    for (;;) {
        pthread_mutex_lock(&repository->lock);
        struct plait__edition *edition = collect(repository);
        pthread_mutex_unlock(&repository->lock);
        if (!edition) return;
        edition_clear(edition);
        cards_clear(edition);
        free(edition);
    }
}

void plait__edition_release(struct plait__repository *repository, struct plait__edition *edition) {
    if (!edition) return;
    pthread_mutex_lock(&repository->lock);
    edition->holds--;
    const bool gone = edition->state == PLAIT__EDITION_GONE && edition->holds == 0;
    pthread_cond_broadcast(&repository->changed);
    pthread_mutex_unlock(&repository->lock);
    if (gone) end_gone(repository);
}

void plait__edition_versions(struct plait__repository *repository, const char *name, char versions[1024]) {
    size_t used = 0;
    pthread_mutex_lock(&repository->lock);
    for (const struct plait__edition *edition = repository->editions; edition; edition = edition->next) {
        if (edition->state != PLAIT__EDITION_READY || !is_name_of(edition, name)) continue;
        if (used + strlen(edition->version) + 2 > 1024) break;
        used += (size_t)snprintf(versions + used, 1024 - used, "%s", edition->version) + 1;
    }
    versions[used < 1024 ? used : 1023] = '\0';
    pthread_mutex_unlock(&repository->lock);
}

void plait__editions_each(struct plait__repository *repository, void (*call)(void *user, const struct plait__edition *edition),
                          void *user) {
    pthread_mutex_lock(&repository->lock);
    for (const struct plait__edition *edition = repository->editions; edition; edition = edition->next) call(user, edition);
    pthread_mutex_unlock(&repository->lock);
}

/* ------------------------------------------------------------------ the whole */

enum plait_status plait__repository_begin(struct plait__repository *repository, plait_context *context,
                                          const char *const *folders, int folder_count, int replicas_most, const char *backend,
                                          bool all_versions) {
    *repository = (struct plait__repository){.context = context,
                                             .folders = folders,
                                             .folder_count = folder_count,
                                             .replicas_most = replicas_most,
                                             .backend = backend,
                                             .all_versions = all_versions};
    pthread_mutex_init(&repository->lock, NULL);
    pthread_cond_init(&repository->changed, NULL);
    return PLAIT_OK;
}

void plait__repository_end(struct plait__repository *repository) {
    while (repository->editions) {
        struct plait__edition *edition = repository->editions;
        repository->editions = edition->next;
        edition_clear(edition);
        cards_clear(edition);
        free(edition);
    }
    pthread_mutex_destroy(&repository->lock);
    pthread_cond_destroy(&repository->changed);
}

/* NAME/VERSION/model.onnx, the layout of other servers' repositories. */
static bool find_networks(struct plait__edition **list, const char *folder, const char *name) {
    char path[4096], inner[4096 + 300], model[4096 + 320];
    bool added = true;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    DIR *versions = opendir(path);
    for (struct dirent *entry; versions && (entry = readdir(versions));) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        snprintf(model, sizeof model, "%s/model.onnx", inner);
        if (access(model, R_OK) == 0 && !edition_find(*list, name, entry->d_name))
            added = edition_add(list, name, entry->d_name, inner, false) && added;
    }
    if (versions) closedir(versions);
    return added;
}

static enum plait_status find_all(const struct plait__repository *repository, plait_context *context,
                                  struct plait__edition **list) {
    struct plait__arena arena;
    struct plait__package_place *places = NULL;
    int count = 0;
    bool added = true;
    plait__arena_init(&arena, context);
    enum plait_status status = plait__packages_list(&arena, repository->folders, repository->folder_count, &places, &count);
    for (int i = 0; i < count && status == PLAIT_OK; i++)
        if (!edition_find(*list, places[i].name, places[i].version))
            added = edition_add(list, places[i].name, places[i].version, places[i].folder, true) && added;
    plait__arena_end(&arena);
    for (int i = 0; i < repository->folder_count; i++) {
        DIR *folder = opendir(repository->folders[i]);
        for (struct dirent *entry; folder && (entry = readdir(folder));)
            if (entry->d_name[0] != '.') added = find_networks(list, repository->folders[i], entry->d_name) && added;
        if (folder) closedir(folder);
    }
    return !added ? PLAIT_MEMORY : status;
}

enum plait_status plait__repository_load_all(struct plait__repository *repository) {
    PLAIT__TRY(find_all(repository, repository->context, &repository->editions));
    const char *before = "";
    char sentence[256] = "";
    enum plait_status status = PLAIT_OK;
    for (struct plait__edition *edition = repository->editions; edition && status == PLAIT_OK; edition = edition->next) {
        const bool newest = strcmp(before, edition->name) != 0;
        before = edition->name;
        if (newest || repository->all_versions)
            status = edition_load(repository, edition, sentence);
        else
            edition->state = PLAIT__EDITION_GONE;
        if (status != PLAIT_OK) plait__fail(repository->context, status, "%s: %s", edition->name, sentence);
    }
    end_gone(repository);
    return status;
}

/* ------------------------------------------------------------------ changes while it serves */

static void list_end(struct plait__edition *list) {
    while (list) {
        struct plait__edition *next = list->next;
        free(list);
        list = next;
    }
}

/* Takes a model's newest version, or the one named, out of what is in the folders now. */
static struct plait__edition *look_up(const struct plait__repository *repository, const char *name, const char *version) {
    struct plait__edition *list = NULL, **link = &list, *found = NULL;
    plait_context *context = NULL; /* the repository's is another thread's */
    if (plait_context_create(NULL, &context) != PLAIT_OK) return NULL;
    if (find_all(repository, context, &list) == PLAIT_OK) {
        while (*link && !(strcmp((*link)->name, name) == 0 && (!version || strcmp((*link)->version, version) == 0)))
            link = &(*link)->next;
        if ((found = *link)) *link = found->next;
    }
    list_end(list);
    plait_context_destroy(context);
    return found;
}

/* Those whose place a loaded edition takes; the lock is held. */
static void retire(struct plait__repository *repository, const struct plait__edition *loaded) {
    for (struct plait__edition *edition = repository->editions; edition; edition = edition->next) {
        const bool same = strcmp(edition->version, loaded->version) == 0;
        if (edition == loaded || edition->state != PLAIT__EDITION_READY || strcmp(edition->name, loaded->name) != 0) continue;
        if (same || edition->canary.share || (!loaded->canary.share && !repository->all_versions))
            edition->state = PLAIT__EDITION_GONE;
    }
}

enum plait_status plait__repository_load(struct plait__repository *repository, const char *name, const char *version,
                                         struct plait__canary canary, char version_out[32], char sentence[256]) {
    struct plait__edition *edition = look_up(repository, name, version);
    if (!edition) {
        snprintf(sentence, 256, "there is no model \"%.60s\"%s%.30s in the folders", name, version ? " of version " : "",
                 version ? version : "");
        return PLAIT_NOT_FOUND;
    }
    edition->canary = canary;
    const enum plait_status status = edition_load(repository, edition, sentence);
    snprintf(version_out, 32, "%s", edition->version);
    if (status != PLAIT_OK) {
        cards_clear(edition);
        free(edition);
        return status;
    }
    pthread_mutex_lock(&repository->lock);
    edition_insert(&repository->editions, edition);
    retire(repository, edition);
    pthread_mutex_unlock(&repository->lock);
    end_gone(repository);
    return PLAIT_OK;
}

enum plait_status plait__repository_unload(struct plait__repository *repository, const char *name, const char *version) {
    bool any = false;
    pthread_mutex_lock(&repository->lock);
    for (struct plait__edition *edition = repository->editions; edition; edition = edition->next) {
        if (edition->state != PLAIT__EDITION_READY || strcmp(edition->name, name) != 0) continue;
        if (version && strcmp(edition->version, version) != 0) continue;
        edition->state = PLAIT__EDITION_GONE;
        any = true;
    }
    pthread_mutex_unlock(&repository->lock);
    end_gone(repository);
    return any ? PLAIT_OK : PLAIT_NOT_FOUND;
}

/* ------------------------------------------------------------------ canaries */

static int compare_floats(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The time that one in a hundred of the last requests passed. */
static float slowest(const struct plait__edition *edition) {
    float sorted[PLAIT__RECENT];
    const int count = edition->served < PLAIT__RECENT ? (int)edition->served : PLAIT__RECENT;
    memcpy(sorted, edition->recent_ms, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_floats);
    return sorted[(count - 1) * 99 / 100];
}

/* Why the canary should go; the lock is held. */
static bool is_worse(const struct plait__edition *canary, const struct plait__edition *stable, char sentence[256]) {
    enum { REQUESTS_LEAST = 20 };
    if (canary->served < REQUESTS_LEAST || stable->served < REQUESTS_LEAST) return false;
    const double failures = (double)canary->failed / (double)canary->served;
    const double expected = (double)stable->failed / (double)stable->served;
    const float ms = slowest(canary), expected_ms = slowest(stable);
    if (failures > expected + canary->canary.failures)
        snprintf(sentence, 256, "%.60s@%.30s fails %.1f%% of its requests, %.30s %.1f%%", canary->name, canary->version,
                 100 * failures, stable->version, 100 * expected);
    else if ((double)ms > canary->canary.slower * (double)expected_ms)
        snprintf(sentence, 256, "%.60s@%.30s takes %.0f ms at its slowest, %.30s %.0f ms", canary->name, canary->version,
                 (double)ms, stable->version, (double)expected_ms);
    else
        return false;
    return true;
}

bool plait__edition_judge(struct plait__repository *repository, struct plait__edition *edition, bool failed, uint64_t took_us,
                          char sentence[256]) {
    bool worse = false;
    pthread_mutex_lock(&repository->lock);
    edition->recent_ms[edition->served++ % PLAIT__RECENT] = (float)took_us / 1000;
    edition->failed += failed;
    for (const struct plait__edition *stable = repository->editions; stable && edition->canary.share && !worse;
         stable = stable->next)
        if (stable != edition && stable->state == PLAIT__EDITION_READY && edition->state == PLAIT__EDITION_READY &&
            !stable->canary.share && strcmp(stable->name, edition->name) == 0)
            worse = is_worse(edition, stable, sentence);
    if (worse) edition->state = PLAIT__EDITION_GONE; /* who releases it last ends it */
    pthread_mutex_unlock(&repository->lock);
    return worse;
}

/* One more replica of an edition that is short of them; false when there is none. */
static bool fill_one(struct plait__repository *repository) {
    struct plait__edition *edition;
    pthread_mutex_lock(&repository->lock);
    for (edition = repository->editions; edition; edition = edition->next)
        if (edition->state == PLAIT__EDITION_READY && edition->replica_count < repository->replicas_most) break;
    if (edition) {
        edition->holds++;
        edition->replica_count++;
    }
    pthread_mutex_unlock(&repository->lock);
    if (!edition) return false;
    struct plait__replica *replica = NULL;
    char sentence[256];
    const bool made = replica_create(repository, edition, &replica, NULL, sentence) == PLAIT_OK;
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
