/* Who may ask: API keys with scopes, rates, and a budget of working time a day.
 *
 * A key is "plait_ID_SECRET".  The file holds ids and Argon2id hashes of the secrets; a secret that was right once is known
 * again by a keyed hash in memory, compared in constant time, so that Argon2 runs once a key.  Wrong secrets cost one Argon2 a
 * second and key at most. */
#ifndef PLAIT_SERVER_KEYS_H
#define PLAIT_SERVER_KEYS_H

#include <pthread.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "server/bucket.h"

struct plait__exchange;

/* What a key may do.  X(NAME, text) */
#define PLAIT__SCOPE_MAP(X)   \
    X(DOCUMENTS, "documents") \
    X(INFER, "infer") X(FEEDBACK, "feedback") X(METRICS, "metrics") X(MODELS, "models") X(TELEMETRY, "telemetry")
#define PLAIT__SCOPE_LIST "documents, infer, feedback, metrics, models, telemetry"

enum { PLAIT__API_KEY_ID_BYTES = 17, PLAIT__API_KEY_HASH_BYTES = 128, PLAIT__API_KEY_BYTES = 96 };

struct plait__api_key {
    char id[PLAIT__API_KEY_ID_BYTES];
    char hash[PLAIT__API_KEY_HASH_BYTES];
    unsigned scopes;                     /* bits in the order of the map */
    struct plait__bucket requests;       /* a second, and at once */
    int64_t concurrent_most, concurrent; /* 0: any */
    double budget, spent;                /* seconds of work a day; 0: any */
    uint64_t day;                        /* that `spent` is of, since 1970 */
    bool known;
    unsigned char keyed[32]; /* of the secret that is right */
    uint64_t wrong_us;       /* when a secret was last found wrong; 0: never */
};

struct plait__api_keys {
    struct plait__arena arena;
    pthread_mutex_t lock;
    unsigned char secret[32];
    int count;
    struct plait__api_key *items;
};

/* {"keys":[{"id","hash","scopes":[...],"rate","burst","concurrent","budget_seconds","note"}]} */
enum plait_status plait__api_keys_read(plait_context *context, const char *path, struct plait__api_keys *keys_out);
void plait__api_keys_end(struct plait__api_keys *keys);

/* A new key: what to give away, and what to keep.  `entry` is an element of "keys". */
enum plait_status plait__api_key_create(plait_context *context, const char *scopes, double rate, double budget,
                                        char key_out[PLAIT__API_KEY_BYTES], struct plait__buffer *entry);

/* Whether the exchange may go on with its route's scope; otherwise it is answered 401, 403 or 429. */
bool plait__api_key_admit(struct plait__exchange *exchange, const char *authorization);

/* The exchange's work is over; `took_us` of it count. */
void plait__api_key_charge(struct plait__exchange *exchange, uint64_t took_us);
void plait__api_key_leave(struct plait__exchange *exchange); /* once or more */

#endif
