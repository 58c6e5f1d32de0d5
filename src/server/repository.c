#include "server/repository.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/find.h"
#include "server/internal.h"

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

struct plait__edition *plait__edition_create(const struct plait__repository *repository, const char *name, const char *version,
                                             const char *folder, bool package) {
    struct plait__edition *edition = calloc(1, sizeof *edition);
    if (!edition) return NULL;
    snprintf(edition->name, sizeof edition->name, "%.63s", name);
    snprintf(edition->version, sizeof edition->version, "%.31s", version);
    snprintf(edition->folder, sizeof edition->folder, "%.4095s", folder);
    edition->package = package;
    plait__lines_begin(repository, edition);
    plait__drifts_begin(&edition->drifts);
    return edition;
}

void plait__edition_destroy(struct plait__edition *edition) {
    if (!edition) return;
    if (edition->measure && edition->state == PLAIT__EDITION_GONE && *edition->digest)
        plait__gauge(edition->measure->model_info, PLAIT__LABELS(edition->name, edition->version, edition->digest), 0);
    plait__drifts_end(edition);
    while (edition->idle) {
        struct plait__replica *replica = edition->idle;
        edition->idle = replica->next;
        plait__replica_destroy(replica);
    }
    plait__cards_clear(edition);
    plait__crops_end(&edition->lines);
    free(edition);
}

static bool edition_add(const struct plait__repository *repository, struct plait__edition **list, const char *name,
                        const char *version, const char *folder, bool package) {
    struct plait__edition *edition = plait__edition_create(repository, name, version, folder, package);
    if (edition) edition_insert(list, edition);
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
    enum plait_status status = plait__replica_create(repository, edition, &replica, &warm_us, sentence);
    plait__cards_clear(edition);
    if (status == PLAIT_OK && (status = plait__cards_make(edition, replica)) != PLAIT_OK) {
        snprintf(sentence, 256, "memory is out");
        plait__replica_destroy(replica);
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

/* Whether an edition may answer for that name and version; one on trial only where it is asked for, or a canary by lot. */
static bool answers(const struct plait__edition *edition, const char *name, const char *version, unsigned lot) {
    if (edition->state != PLAIT__EDITION_READY || !is_name_of(edition, name)) return false;
    if (version) return strcmp(edition->version, version) == 0;
    return !edition->trial.shadow && (!edition->trial.canary || (int)lot < edition->trial.canary);
}

struct plait__edition *plait__edition_hold(struct plait__repository *repository, const char *name, const char *version,
                                           unsigned lot, const struct plait__card **card_out, char sentence[256]) {
    struct plait__edition *found = NULL;
    bool named = false;
    pthread_mutex_lock(&repository->lock);
    for (struct plait__edition *edition = repository->editions; edition; edition = edition->next) {
        named = named || (is_name_of(edition, name) && edition->state == PLAIT__EDITION_READY);
        const struct plait__card *card = answers(edition, name, version, lot) ? card_of(edition, name) : NULL;
        if (!card || (found && !edition->trial.canary))
            continue; /* the newest first, but a canary that has the lot before all */
        found = edition;
        *card_out = card;
        if (edition->trial.canary) break;
    }
    if (found) found->holds++;
    pthread_mutex_unlock(&repository->lock);
    if (!found && named && version)
        snprintf(sentence, 256, "the model \"%.60s\" has no version \"%.30s\" that is ready", name, version);
    else if (!found)
        snprintf(sentence, 256, "there is no model \"%.60s\"", name);
    return found;
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
        plait__edition_destroy(edition);
    }
}

void plait__edition_keep(struct plait__repository *repository, struct plait__edition *edition) {
    pthread_mutex_lock(&repository->lock);
    edition->holds++;
    pthread_mutex_unlock(&repository->lock);
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
                                          const struct plait__serve_options *options, struct plait__measure *measure) {
    *repository = (struct plait__repository){.context = context,
                                             .folders = options->folders,
                                             .folder_count = options->folder_count,
                                             .replicas_most = options->workers,
                                             .memory_most = options->model_memory,
                                             .backend = options->backend,
                                             .batch = options->batch,
                                             .batch_delay_us = (uint64_t)options->batch_delay,
                                             .measure = measure,
                                             .fallen = options->fallen,
                                             .all_versions = options->all_versions};
    pthread_mutex_init(&repository->lock, NULL);
    pthread_cond_init(&repository->changed, NULL);
    return PLAIT_OK;
}

void plait__repository_end(struct plait__repository *repository) {
    while (repository->editions) {
        struct plait__edition *edition = repository->editions;
        repository->editions = edition->next;
        plait__edition_destroy(edition);
    }
    pthread_mutex_destroy(&repository->lock);
    pthread_cond_destroy(&repository->changed);
}

/* NAME/VERSION/model.onnx, the layout of other servers' repositories. */
static bool find_networks(const struct plait__repository *repository, struct plait__edition **list, const char *folder,
                          const char *name) {
    char path[4096], inner[4096 + 300], model[4096 + 320];
    bool added = true;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    DIR *versions = opendir(path);
    for (struct dirent *entry; versions && (entry = readdir(versions));) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        snprintf(model, sizeof model, "%s/model.onnx", inner);
        if (access(model, R_OK) == 0 && !edition_find(*list, name, entry->d_name))
            added = edition_add(repository, list, name, entry->d_name, inner, false) && added;
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
            added = edition_add(repository, list, places[i].name, places[i].version, places[i].folder, true) && added;
    plait__arena_end(&arena);
    for (int i = 0; i < repository->folder_count; i++) {
        DIR *folder = opendir(repository->folders[i]);
        for (struct dirent *entry; folder && (entry = readdir(folder));)
            if (entry->d_name[0] != '.')
                added = find_networks(repository, list, repository->folders[i], entry->d_name) && added;
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
        const bool fell = plait__fallen_has(repository->fallen, edition->name, edition->version);
        const bool newest = !fell && strcmp(before, edition->name) != 0;
        if (newest) before = edition->name;
        if (newest || (repository->all_versions && !fell))
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
        plait__edition_destroy(list);
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
    const bool on_trial = loaded->trial.canary || loaded->trial.shadow;
    for (struct plait__edition *edition = repository->editions; edition; edition = edition->next) {
        const bool same = strcmp(edition->version, loaded->version) == 0;
        if (edition == loaded || edition->state != PLAIT__EDITION_READY || strcmp(edition->name, loaded->name) != 0) continue;
        if (same || edition->trial.canary || edition->trial.shadow || (!on_trial && !repository->all_versions))
            edition->state = PLAIT__EDITION_GONE;
    }
}

enum plait_status plait__repository_load(struct plait__repository *repository, const char *name, const char *version,
                                         const struct plait__trial *trial, char version_out[32], char sentence[256]) {
    struct plait__edition *edition = look_up(repository, name, version);
    if (!edition) {
        snprintf(sentence, 256, "there is no model \"%.60s\"%s%.30s in the folders", name, version ? " of version " : "",
                 version ? version : "");
        return PLAIT_NOT_FOUND;
    }
    edition->trial = *trial;
    enum plait_status status = plait__rehearse(repository, edition, sentence);
    if (status == PLAIT_OK) status = edition_load(repository, edition, sentence);
    snprintf(version_out, 32, "%s", edition->version);
    if (status != PLAIT_OK) {
        plait__edition_destroy(edition);
        return status;
    }
    pthread_mutex_lock(&repository->lock);
    edition_insert(&repository->editions, edition);
    retire(repository, edition);
    plait__fallen_note(repository->fallen, edition->name, edition->version, trial->canary || trial->shadow);
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
