/* The models that are served: editions (a model's versions), each with replicas that one worker uses at a time.
 *
 * A context and what is made from it belongs to one thread at a time, so that every replica has a context of its own; the
 * weights' files are mapped and shared.  An edition that somebody holds stays until it is released, also when it is no longer
 * to be had: nothing is taken from under a request. */
#ifndef PLAIT_SERVER_REPOSITORY_H
#define PLAIT_SERVER_REPOSITORY_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "model/package.h"

struct plait__exchange;

/* A model that runs, for one worker at a time. */
struct plait__replica {
    plait_context *context;
    plait_model *model;               /* a package ... */
    plait_session *session;           /* ... or a network by itself */
    struct plait__exchange *exchange; /* it works for this one: whether to stop, and whom to tell of progress */
    struct plait__replica *next;
};

/* What is known of something that can be run: a network, or the whole package. */
struct plait__card {
    char network[32];     /* "detector" of detector.onnx; "": the edition itself */
    const char *platform; /* static text */
    char *types;          /* JSON members "inputs" and "outputs" of the inference protocol's metadata; owned */
};

enum plait__edition_state { PLAIT__EDITION_LOADING, PLAIT__EDITION_READY, PLAIT__EDITION_GONE, PLAIT__EDITION_FAILED };

enum { PLAIT__RECENT = 128, PLAIT__NO_LOT = 100 };

/* A new version that gets a share of the requests first, and by how much it may be worse than the one it is to follow. */
struct plait__canary {
    int share;       /* per cent of the requests that name no version; 0: it is none */
    double failures; /* share of its requests that may fail more; 0.05 by default */
    double slower;   /* factor by which its slowest hundredth may be slower; 1.5 by default */
};

struct plait__edition {
    char name[64], version[32], folder[4096], digest[65];
    bool package; /* with a manifest; otherwise model.onnx alone */
    enum plait__edition_state state;
    struct plait__canary canary;
    uint64_t served, failed;
    float recent_ms[PLAIT__RECENT]; /* how long the last ones took */
    int holds, replica_count, card_count;
    struct plait__card cards[PLAIT__NETWORKS_MOST + 1];
    struct plait__replica *idle;
    struct plait__edition *next;
};

struct plait__repository {
    plait_context *context;
    const char *const *folders;
    int folder_count, replicas_most;
    bool all_versions; /* otherwise a version that is loaded takes the place of the others, unless it is a canary */
    const char *backend;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t warm_us;                /* of processor time, for the first run of the replicas made by load_all */
    struct plait__edition *editions; /* by name, the newest version first */
};

enum plait_status plait__repository_begin(struct plait__repository *repository, plait_context *context,
                                          const char *const *folders, int folder_count, int replicas_most, const char *backend,
                                          bool all_versions);
void plait__repository_end(struct plait__repository *repository); /* nobody holds anything any more */

/* Finds what is in the folders, and makes the newest version of each model (or all of them) ready: with one warm replica. */
enum plait_status plait__repository_load_all(struct plait__repository *repository);

/* Makes the other replicas, so that no request waits for one.  Any thread. */
void plait__repository_fill(struct plait__repository *repository);

/* Looks into the folders again and loads the newest version of a model, or the one named, also when it is loaded already. Until
 * it is warm the others answer; a canary leaves them where they are.  A model that cannot be loaded changes nothing.
 * `version_out` is what was loaded. */
enum plait_status plait__repository_load(struct plait__repository *repository, const char *name, const char *version,
                                         struct plait__canary canary, char version_out[32], char sentence[256]);

/* No new request gets the model (or that version of it); those that have it are answered.  NOT_FOUND: none was ready. */
enum plait_status plait__repository_unload(struct plait__repository *repository, const char *name, const char *version);

/* How a request went that an edition answered.  When that makes a canary worse than the one it is to follow, after 20 requests
 * each, it is unloaded: true, and why. */
bool plait__edition_judge(struct plait__repository *repository, struct plait__edition *edition, bool failed, uint64_t took_us,
                          char sentence[256]);

/* A ready edition: of a version, or the newest (NULL); a canary where `lot` (0..99) is below its share.  `card_out` is what
 * `name` means: "receipt" the package, and "receipt.detector" its network.  NULL with a sentence: there is none.  Release it;
 * the card stays as long. */
struct plait__edition *plait__edition_hold(struct plait__repository *repository, const char *name, const char *version,
                                           unsigned lot, const struct plait__card **card_out, char sentence[256]);
void plait__edition_release(struct plait__repository *repository, struct plait__edition *edition);

/* A replica of an edition that is held; NULL when it cannot be made. */
struct plait__replica *plait__replica_take(struct plait__repository *repository, struct plait__edition *edition);
void plait__replica_return(struct plait__repository *repository, struct plait__edition *edition,
                           struct plait__replica *replica);

/* The session that a card is of; NULL: the card is the package's. */
plait_session *plait__replica_session(const struct plait__replica *replica, const struct plait__card *card);

/* The versions of a model that are ready, newest first, separated by NULs, an empty one at the end. */
void plait__edition_versions(struct plait__repository *repository, const char *name, char versions[1024]);

/* Calls for every edition. */
void plait__editions_each(struct plait__repository *repository, void (*call)(void *user, const struct plait__edition *edition),
                          void *user);

#endif
