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
#include "document/crops.h"
#include "model/multimodal.h"
#include "model/package.h"
#include "observe/drift.h"
#include "server/measure.h"
#include "server/server.h"

struct plait__exchange;

/* A model that runs, for one worker at a time. */
struct plait__replica {
    plait_context *context;
    plait_model *model;               /* a package ... */
    plait_session *session;           /* ... or a network by itself */
    plait_allocator heap;             /* what the context's memory comes from ... */
    size_t memory_used, memory_most;  /* ... bytes of it, and at most */
    plait_memory *memory;             /* what the package reads with; NULL: nothing is remembered */
    unsigned memory_age;              /* how much of it is known */
    struct plait__exchange *exchange; /* it works for this one: whether to stop, and whom to tell of progress */
    struct plait__replica *next;
};

/* What is known of something that can be run: a network, or the whole package. */
struct plait__card {
    char network[32];     /* "detector" of detector.onnx; "": the edition itself */
    const char *platform; /* static text */
    bool independent;     /* a network whose inputs' first dimension holds samples that do not know of each other */
    char *types;          /* JSON members "inputs" and "outputs" of the inference protocol's metadata; owned */
};

struct plait__edition;

/* Those of a package and of each of its networks, or of the one network.  cards.c */
enum plait_status plait__cards_make(struct plait__edition *edition, const struct plait__replica *replica);
void plait__cards_clear(struct plait__edition *edition);
/* What a package's one output is called. */
const char *plait__package_output(const plait_model *model);

enum plait__edition_state { PLAIT__EDITION_LOADING, PLAIT__EDITION_READY, PLAIT__EDITION_GONE, PLAIT__EDITION_FAILED };

enum { PLAIT__RECENT = 128, PLAIT__NO_LOT = 100 };

/* A version that is tried before it is to follow another, the stable one. A canary answers a share of the requests; a shadow
 * reads the same documents as the stable one when nothing else is to be done, and nobody sees its answers. */
struct plait__trial {
    int canary, shadow; /* per cent of the requests that name no version; 0: it is none.  One of them at most */
    double failures;    /* share of its requests that may fail more; 0.05 by default */
    double slower;      /* factor by which its slowest hundredth may be slower; 1.5 by default */
    double different;   /* share of its fields that may differ from the stable one's; 0.2 by default */
    double surer;       /* how much more its Brier score may be, after what people say is right; 0.05 by default */
};

/* The newest embeddings of a multimodal package's modalities.  drift.c */
struct plait__drifts {
    pthread_mutex_t lock;
    plait_context *context; /* of the windows, under the lock */
    struct plait__drift_window *windows[PLAIT__SENSES_MOST];
    const char *names[PLAIT__SENSES_MOST]; /* of those that have a window; a replica's */
    uint64_t added[PLAIT__SENSES_MOST];
};

struct plait__edition {
    char name[64], version[32], folder[4096], digest[65];
    bool package; /* with a manifest; otherwise model.onnx alone */
    enum plait__edition_state state;
    struct plait__trial trial;
    uint64_t served, failed;
    uint64_t compared, different;   /* fields of documents that the stable one read too */
    uint64_t corrected;             /* fields of which a person said what is right ... */
    double squares;                 /* ... and the sum of (confidence - 1 or 0)^2 of them (Brier, 1950) */
    float recent_ms[PLAIT__RECENT]; /* how long the last ones took */
    int holds, replica_count, card_count;
    struct plait__card cards[PLAIT__NETWORKS_MOST + 1];
    struct plait__replica *idle;
    struct plait__crops lines; /* its replicas' recognisers share runs.  lines.c */
    struct plait__drifts drifts;
    struct plait__measure *measure; /* where those are counted; NULL: nowhere */
    struct plait__edition *next;
};

struct plait__repository {
    plait_context *context;
    const char *const *folders;
    int folder_count, replicas_most;
    int memory_most;              /* MiB that a replica may take */
    struct plait__fallen *fallen; /* versions that were on trial when a server crashed; NULL: none */
    bool all_versions;            /* otherwise a version that is loaded takes the place of the others, unless it is on trial */
    const char *backend;
    int batch;               /* lines of documents that may share a run ... */
    uint64_t batch_delay_us; /* ... and how long the first of them waits for more */
    struct plait__measure *measure;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t warm_us;                /* of processor time, for the first run of the replicas made by load_all */
    struct plait__edition *editions; /* by name, the newest version first */
};

/* `measure` NULL: nothing is counted. */
enum plait_status plait__repository_begin(struct plait__repository *repository, plait_context *context,
                                          const struct plait__serve_options *options, struct plait__measure *measure);
void plait__repository_end(struct plait__repository *repository); /* nobody holds anything any more */

/* Finds what is in the folders, and makes the newest version of each model (or all of them) ready: with one warm replica. */
enum plait_status plait__repository_load_all(struct plait__repository *repository);

/* Makes the other replicas, so that no request waits for one.  Any thread. */
void plait__repository_fill(struct plait__repository *repository);

/* Looks into the folders again and loads the newest version of a model, or the one named, also when it is loaded already. Until
 * it is warm the others answer; one on trial leaves them where they are.  A model that cannot be loaded changes nothing.
 * `version_out` is what was loaded. */
enum plait_status plait__repository_load(struct plait__repository *repository, const char *name, const char *version,
                                         const struct plait__trial *trial, char version_out[32], char sentence[256]);

/* No new request gets the model (or that version of it); those that have it are answered.  NOT_FOUND: none was ready. */
enum plait_status plait__repository_unload(struct plait__repository *repository, const char *name, const char *version);

/* What becomes known of an edition.  When that makes a canary worse than the stable one, after 20 requests of each (or 20
 * fields), it is unloaded: true, and why.  canary.c */
bool plait__edition_judge(struct plait__repository *repository, struct plait__edition *edition, bool failed, uint64_t took_us,
                          char sentence[256]);
/* So many fields of a document were not those that the stable one found. */
bool plait__edition_compare(struct plait__repository *repository, struct plait__edition *edition, int fields, int different,
                            char sentence[256]);
/* A person said what is right of so many fields that the version `model` (NAME@VERSION) had answered. */
bool plait__edition_correct(struct plait__repository *repository, const char *model, int fields, double squares,
                            char sentence[256]);
/* Which edition should read the same document, to be compared: the stable one for a canary, a shadow for the stable one where
 * `lot` (0..99) is below its share; NULL: none.  Release it. */
struct plait__edition *plait__edition_counterpart(struct plait__repository *repository, const struct plait__edition *edition,
                                                  unsigned lot);

/* A ready edition: of a version, or the newest (NULL); a canary where `lot` (0..99) is below its share.  `card_out` is what
 * `name` means: "receipt" the package, and "receipt.detector" its network.  NULL with a sentence: there is none.  Release it;
 * the card stays as long. */
struct plait__edition *plait__edition_hold(struct plait__repository *repository, const char *name, const char *version,
                                           unsigned lot, const struct plait__card **card_out, char sentence[256]);
void plait__edition_keep(struct plait__repository *repository, struct plait__edition *edition); /* one more hold */
void plait__edition_release(struct plait__repository *repository, struct plait__edition *edition);

/* An edition that is not loaded and that nobody knows of yet; NULL: memory is out. */
struct plait__edition *plait__edition_create(const struct plait__repository *repository, const char *name, const char *version,
                                             const char *folder, bool package);
void plait__edition_destroy(struct plait__edition *edition); /* with its idle replicas; accepts NULL */
void plait__lines_begin(const struct plait__repository *repository, struct plait__edition *edition);
void plait__drifts_begin(struct plait__drifts *drifts);
void plait__drifts_end(struct plait__edition *edition); /* before its replicas, whose statistics and names it reads */
/* Takes note of the embeddings that the moment has; any worker, while the edition is held. */
struct plait_moment;
void plait__drifts_note(struct plait__edition *edition, const struct plait_moment *moment);

/* One that is warm; `warm_us_out` (may be NULL): plus the processor time that its first run took.  replicas.c */
enum plait_status plait__replica_create(const struct plait__repository *repository, struct plait__edition *edition,
                                        struct plait__replica **replica_out, uint64_t *warm_us_out, char sentence[256]);
void plait__replica_destroy(struct plait__replica *replica); /* accepts NULL */

/* Has another process load it and run it once, confined and with no more memory than a replica: LIMIT where it crashes, takes
 * more or does not end.  rehearse.c */
enum plait_status plait__rehearse(const struct plait__repository *repository, const struct plait__edition *edition,
                                  char sentence[256]);

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
