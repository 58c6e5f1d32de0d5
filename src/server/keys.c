#include "server/keys.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/json.h"
#include "base/json_write.h"
#include "server/internal.h"

enum {
    FILE_MOST = 4 << 20,
    SECRET_BYTES = 32,
    ARGON_PASSES = 2,
    ARGON_BYTES = 19 << 20, /* with two passes, OWASP's advice of 2023 */
    WRONG_US = 1000000,     /* between two wrong secrets of a key */
    DAY_SECONDS = 86400,
};

static const char *const scope_names[] = {
#define SCOPE_NAME(name, text) text,
    PLAIT__SCOPE_MAP(SCOPE_NAME)
#undef SCOPE_NAME
};
enum { SCOPE_COUNT = sizeof scope_names / sizeof *scope_names };

static int scope_of(const char *name, size_t length) {
    for (int i = 0; i < SCOPE_COUNT; i++)
        if (strlen(scope_names[i]) == length && strncmp(scope_names[i], name, length) == 0) return i;
    return -1;
}

/* ------------------------------------------------------------------ the file */

static enum plait_status read_number(const struct plait__json *at, const char *key, double *out) {
    return plait__json_has(at, key) ? plait__json_number(at, key, 0, 1e9, out) : PLAIT_OK;
}

static enum plait_status read_key(const struct plait__json *at, struct plait__api_key *key) {
    struct plait__json scopes, scope = {0};
    const char *text;
    double concurrent = 0;
    PLAIT__TRY(plait__json_text(at, "id", &text));
    if (!*text || strlen(text) >= sizeof key->id || strchr(text, '_'))
        return plait__json_fail(at, "id", PLAIT_INVALID, "expected 1 to %d characters without _", PLAIT__API_KEY_ID_BYTES - 1);
    snprintf(key->id, sizeof key->id, "%s", text);
    PLAIT__TRY(plait__json_text(at, "hash", &text));
    if (strncmp(text, "$argon2id$", 10) != 0 || strlen(text) >= sizeof key->hash)
        return plait__json_fail(at, "hash", PLAIT_INVALID, "expected an Argon2id hash, as plait keys makes them");
    snprintf(key->hash, sizeof key->hash, "%s", text);
    PLAIT__TRY(plait__json_array(at, "scopes", &scopes));
    while (plait__json_next(&scopes, &scope)) {
        PLAIT__TRY(plait__json_text(&scope, NULL, &text));
        const int index = scope_of(text, strlen(text));
        if (index < 0) return plait__json_fail(&scope, NULL, PLAIT_INVALID, "expected one of " PLAIT__SCOPE_LIST);
        key->scopes |= 1u << index;
    }
    PLAIT__TRY(read_number(at, "rate", &key->requests.rate));
    key->requests.burst = fmax(1, 2 * key->requests.rate);
    PLAIT__TRY(read_number(at, "burst", &key->requests.burst));
    PLAIT__TRY(read_number(at, "concurrent", &concurrent));
    PLAIT__TRY(read_number(at, "budget_seconds", &key->budget));
    key->concurrent_most = (int64_t)concurrent;
    return PLAIT_OK;
}

static enum plait_status read_keys(const struct plait__json *root, struct plait__api_keys *keys) {
    struct plait__json list, item = {0};
    PLAIT__TRY(plait__json_array(root, "keys", &list));
    keys->items = plait__arena_array(&keys->arena, (size_t)plait__json_count(&list) + 1, sizeof *keys->items);
    if (!keys->items) return PLAIT_MEMORY;
    while (plait__json_next(&list, &item)) PLAIT__TRY(read_key(&item, &keys->items[keys->count++]));
    return PLAIT_OK;
}

enum plait_status plait__api_keys_read(plait_context *context, const char *path, struct plait__api_keys *keys_out) {
    struct plait__file file;
    struct plait__json root;
    if (sodium_init() < 0) return plait__fail(context, PLAIT_INTERNAL, "libsodium cannot be used here");
    PLAIT__TRY(plait__file_open(context, path, FILE_MOST, &file));
    plait__arena_init(&keys_out->arena, context);
    pthread_mutex_init(&keys_out->lock, NULL);
    randombytes_buf(keys_out->secret, sizeof keys_out->secret);
    enum plait_status status = plait__json_parse(context, (const char *)file.bytes, file.size, path, &root);
    plait__file_close(context, &file);
    PLAIT__TRY(status);
    status = read_keys(&root, keys_out);
    plait__json_end(&root);
    return status;
}

void plait__api_keys_end(struct plait__api_keys *keys) {
    if (!keys->arena.context) return;
    sodium_memzero(keys->secret, sizeof keys->secret);
    plait__arena_end(&keys->arena);
    pthread_mutex_destroy(&keys->lock);
    keys->arena.context = NULL;
}

/* ------------------------------------------------------------------ a new one */

static enum plait_status write_scopes(plait_context *context, struct plait__writer *writer, const char *scopes) {
    plait__write_open(writer, "scopes", '[');
    for (const char *at = scopes; *at;) {
        const size_t length = strcspn(at, ",");
        const int index = scope_of(at, length);
        if (index < 0)
            return plait__fail(context, PLAIT_INVALID, "scopes: expected some of " PLAIT__SCOPE_LIST ", found \"%.*s\"",
                               (int)length, at);
        plait__write_text(writer, NULL, scope_names[index]);
        at += length + (at[length] == ',');
    }
    plait__write_close(writer, ']');
    return writer->status;
}

enum plait_status plait__api_key_create(plait_context *context, const char *scopes, double rate, double budget,
                                        char key_out[PLAIT__API_KEY_BYTES], struct plait__buffer *entry) {
    unsigned char id[6], secret[SECRET_BYTES];
    char id_text[13], secret_text[sodium_base64_ENCODED_LEN(SECRET_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    char hash[crypto_pwhash_STRBYTES];
    struct plait__writer writer = {.buffer = entry};
    if (sodium_init() < 0) return plait__fail(context, PLAIT_INTERNAL, "libsodium cannot be used here");
    randombytes_buf(id, sizeof id);
    randombytes_buf(secret, sizeof secret);
    sodium_bin2hex(id_text, sizeof id_text, id, sizeof id);
    sodium_bin2base64(secret_text, sizeof secret_text, secret, sizeof secret, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    if (crypto_pwhash_str_alg(hash, secret_text, strlen(secret_text), ARGON_PASSES, ARGON_BYTES,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return plait__fail(context, PLAIT_MEMORY, "memory for Argon2 could not be had");
    plait__write_open(&writer, NULL, '{');
    plait__write_text(&writer, "id", id_text);
    plait__write_text(&writer, "hash", hash);
    PLAIT__TRY(write_scopes(context, &writer, scopes));
    if (rate > 0) plait__write_number(&writer, "rate", rate, 3);
    if (budget > 0) plait__write_number(&writer, "budget_seconds", budget, 3);
    plait__write_close(&writer, '}');
    PLAIT__TRY(writer.status);
    snprintf(key_out, PLAIT__API_KEY_BYTES, "plait_%s_%s", id_text, secret_text);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(secret_text, sizeof secret_text);
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ admission */

enum verdict { RIGHT, WRONG, TOO_OFTEN };

/* The lock is held. */
static enum verdict check_secret(struct plait__api_keys *keys, struct plait__api_key *key, const char *secret, uint64_t now) {
    unsigned char keyed[sizeof key->keyed];
    crypto_generichash(keyed, sizeof keyed, (const unsigned char *)secret, strlen(secret), keys->secret, sizeof keys->secret);
    if (key->known) return sodium_memcmp(keyed, key->keyed, sizeof keyed) == 0 ? RIGHT : WRONG;
    if (key->wrong_us && now < key->wrong_us + WRONG_US) return TOO_OFTEN;
    if (crypto_pwhash_str_verify(key->hash, secret, strlen(secret)) != 0) {
        key->wrong_us = now;
        return WRONG;
    }
    memcpy(key->keyed, keyed, sizeof keyed);
    key->known = true;
    return RIGHT;
}

/* Why the key has to wait, in a sentence, and for how many seconds; NULL: it need not.  `now` is monotonic, in microseconds,
 * `seconds` the calendar's.  The lock is held. */
static const char *check_limits(struct plait__api_key *key, uint64_t now, uint64_t seconds, double *wait_out) {
    if (key->day != seconds / DAY_SECONDS) {
        key->day = seconds / DAY_SECONDS;
        key->spent = 0;
    }
    if (key->budget > 0 && key->spent >= key->budget) {
        *wait_out = (double)(DAY_SECONDS - seconds % DAY_SECONDS);
        return "the key's budget of working time for today is spent";
    }
    if (key->concurrent_most && key->concurrent >= key->concurrent_most) {
        *wait_out = 1;
        return "the key has as many requests at a time as it may";
    }
    return plait__bucket_take(&key->requests, now, wait_out) ? NULL : "the key asks more often than it may";
}

static void answer_wait(struct plait__exchange *exchange, const char *reason, const char *sentence, double seconds) {
    char text[24];
    const int length = snprintf(text, sizeof text, "%.0f", fmax(1, ceil(seconds)));
    plait__count(exchange->server->measure.rejected, PLAIT__LABELS(reason), 1);
    plait__answer_error(exchange, 429, "%s: try again in %s s", sentence, text);
    plait__answer_header(exchange, "Retry-After", plait__arena_string(&exchange->arena, text, (size_t)length));
}

static void answer_unknown(struct plait__exchange *exchange, const char *sentence) {
    plait__count(exchange->server->measure.rejected, PLAIT__LABELS("key"), 1);
    plait__answer_error(exchange, 401, "%s", sentence);
    plait__answer_header(exchange, "WWW-Authenticate", "Bearer realm=\"plait\"");
}

/* "Bearer plait_ID_SECRET": the key of that id, and its secret. */
static struct plait__api_key *find(struct plait__api_keys *keys, const char *authorization, const char **secret_out) {
    if (strncasecmp(authorization, "Bearer ", 7) != 0) return NULL;
    const char *at = authorization + 7 + strspn(authorization + 7, " ");
    if (strncmp(at, "plait_", 6) != 0 || !strchr(at + 6, '_')) return NULL;
    const size_t length = strcspn(at + 6, "_");
    *secret_out = at + 6 + length + 1;
    for (int i = 0; i < keys->count; i++)
        if (strlen(keys->items[i].id) == length && strncmp(keys->items[i].id, at + 6, length) == 0) return &keys->items[i];
    return NULL;
}

bool plait__api_key_admit(struct plait__exchange *exchange, const char *authorization) {
    struct plait__api_keys *keys = &exchange->server->keys;
    const char *secret = NULL, *sentence = NULL;
    double wait = 0;
    if (!keys->items || !exchange->route->scope) return true;
    struct plait__api_key *key = authorization ? find(keys, authorization, &secret) : NULL;
    if (!key) {
        answer_unknown(exchange, authorization ? "the key is not known" : "expected a key: Authorization: Bearer plait_...");
        return false;
    }
    const uint64_t now = plait__server_now(exchange->server);
    const uint64_t today = plait__calendar_now(exchange->server) / 1000000;
    const bool allowed = key->scopes >> scope_of(exchange->route->scope, strlen(exchange->route->scope)) & 1;
    pthread_mutex_lock(&keys->lock);
    const enum verdict verdict = check_secret(keys, key, secret, now);
    if (verdict == RIGHT && allowed && !(sentence = check_limits(key, now, today, &wait))) {
        key->concurrent++;
        exchange->key = key;
    }
    pthread_mutex_unlock(&keys->lock);
    if (verdict == TOO_OFTEN)
        answer_wait(exchange, "key", "wrong keys come too often", 1);
    else if (verdict == WRONG)
        answer_unknown(exchange, "the key is not known");
    else if (!allowed)
        plait__answer_error(exchange, 403, "the key has no scope \"%s\"", exchange->route->scope);
    else if (sentence)
        answer_wait(exchange, "key_limit", sentence, wait);
    if (verdict == RIGHT) snprintf(exchange->key_id, sizeof exchange->key_id, "%s", key->id);
    return exchange->key;
}

void plait__api_key_charge(struct plait__exchange *exchange, uint64_t took_us) {
    struct plait__api_keys *keys = &exchange->server->keys;
    if (!exchange->key) return;
    pthread_mutex_lock(&keys->lock);
    exchange->key->spent += (double)took_us / 1e6;
    pthread_mutex_unlock(&keys->lock);
}

void plait__api_key_leave(struct plait__exchange *exchange) {
    struct plait__api_keys *keys = &exchange->server->keys;
    if (!keys->items) return;
    pthread_mutex_lock(&keys->lock);
    if (exchange->key) exchange->key->concurrent--;
    exchange->key = NULL;
    pthread_mutex_unlock(&keys->lock);
}
