/* A store holds the rows, libsodium seals them: XChaCha20-Poly1305 (RFC 8439 with a 24-byte nonce, which may be random), the
 * row's id authenticated with it, so that rows cannot be exchanged. */
#include <sodium.h>
#include <string.h>

#include "memory/memory.h"
#include "memory/store.h"

enum {
    KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    LINE_BYTES_MOST = 16 << 20
};

/* A row that every store has: that it opens shows the right key. */
#define CHECK_ID   "plait.memory/1"
#define CHECK_TEXT "plait"

struct plait__vault {
    plait_context *context;
    struct plait__store *store;
    uint8_t key[KEY];
};

/* The nonce, then what is sealed. */
static enum plait_status seal(struct plait__vault *vault, const char *id, const char *line, size_t size, uint8_t **sealed_out) {
    uint8_t *sealed = plait__allocate(vault->context, NONCE + size + TAG);
    if (!sealed) return PLAIT_MEMORY;
    randombytes_buf(sealed, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE, NULL, (const uint8_t *)line, size, (const uint8_t *)id,
                                               strlen(id), NULL, sealed, vault->key);
    *sealed_out = sealed;
    return PLAIT_OK;
}

static enum plait_status unseal(struct plait__vault *vault, const char *id, const uint8_t *sealed, size_t size, char **line_out,
                                size_t *size_out) {
    if (size < NONCE + TAG || size > LINE_BYTES_MOST)
        return plait__fail(vault->context, PLAIT_INVALID, "memory: the row %.40s is no sealed document", id);
    char *line = plait__allocate(vault->context, size - NONCE - TAG + 1);
    if (!line) return PLAIT_MEMORY;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)line, NULL, NULL, sealed + NONCE, size - NONCE,
                                                   (const uint8_t *)id, strlen(id), sealed, vault->key) != 0) {
        plait__release(vault->context, line);
        return plait__fail(vault->context, PLAIT_INVALID, "memory: expected the key that it was made with");
    }
    *line_out = line;
    *size_out = size - NONCE - TAG;
    return PLAIT_OK;
}

static enum plait_status put(struct plait__vault *vault, const char *id, const char *line, size_t size, bool replace) {
    uint8_t *sealed = NULL;
    if (size > LINE_BYTES_MOST - NONCE - TAG)
        return plait__fail(vault->context, PLAIT_LIMIT, "memory: expected a document of at most %d bytes", LINE_BYTES_MOST);
    PLAIT__TRY(seal(vault, id, line, size, &sealed));
    const enum plait_status status = vault->store->calls->put(vault->store, id, sealed, NONCE + size + TAG, replace);
    plait__release(vault->context, sealed);
    return status;
}

enum plait_status plait__vault_put(struct plait__vault *vault, const char *id, const char *line, size_t size) {
    return put(vault, id, line, size, true);
}

struct opening {
    struct plait__vault *vault;
    enum plait_status (*each)(void *user, const char *line, size_t size);
    void *user;
};

static enum plait_status open_row(void *user, const char *id, const void *sealed, size_t size) {
    const struct opening *opening = user;
    char *line;
    size_t length;
    PLAIT__TRY(unseal(opening->vault, id, sealed, size, &line, &length));
    const enum plait_status status = strcmp(id, CHECK_ID) != 0 ? opening->each(opening->user, line, length) : PLAIT_OK;
    sodium_memzero(line, length);
    plait__release(opening->vault->context, line);
    return status;
}

enum plait_status plait__vault_each(struct plait__vault *vault,
                                    enum plait_status (*each)(void *user, const char *line, size_t size), void *user) {
    struct opening opening = {vault, each, user};
    return vault->store->calls->each(vault->store, open_row, &opening);
}

enum plait_status plait__vault_remove(struct plait__vault *vault, const char *id) {
    return vault->store->calls->remove(vault->store, id, CHECK_ID);
}

static enum plait_status keep_nothing(void *user, const char *line, size_t size) {
    (void)user, (void)line, (void)size;
    return PLAIT_OK;
}

static bool is_url(const char *path) {
    return strncmp(path, "postgresql://", 13) == 0 || strncmp(path, "postgres://", 11) == 0;
}

static enum plait_status open_store(struct plait__vault *vault, const char *path) {
    PLAIT__TRY(is_url(path) ? plait__store_open_postgres(vault->context, path, &vault->store)
                            : plait__store_open_sqlite(vault->context, path, &vault->store));
    /* whoever comes first says which key it is */
    PLAIT__TRY(put(vault, CHECK_ID, CHECK_TEXT, strlen(CHECK_TEXT), false));
    return plait__vault_each(vault, keep_nothing, NULL);
}

enum plait_status plait__vault_open(plait_context *context, const char *path, const char *key,
                                    struct plait__vault **vault_out) {
    struct plait__vault *vault = plait__allocate_zero(context, 1, sizeof *vault);
    const size_t digits = key ? strcspn(key, "\r\n") : 0;
    size_t length = 0;
    const char *end = NULL;
    if (!vault) return PLAIT_MEMORY;
    vault->context = context;
    enum plait_status status = PLAIT_OK;
    if (sodium_init() < 0)
        status = plait__fail(context, PLAIT_INTERNAL, "libsodium cannot start");
    else if (digits != 2 * KEY || sodium_hex2bin(vault->key, KEY, key, digits, NULL, &length, &end) != 0 || length != KEY)
        status = plait__fail(context, PLAIT_INVALID, "memory: expected a key of %d hexadecimal digits, found %zu characters",
                             2 * KEY, digits); /* which ones is nobody's business */
    if (status == PLAIT_OK) status = open_store(vault, path);
    if (status == PLAIT_OK)
        *vault_out = vault;
    else
        plait__vault_close(vault);
    return status;
}

void plait__vault_close(struct plait__vault *vault) {
    if (!vault) return;
    if (vault->store) vault->store->calls->close(vault->store);
    sodium_memzero(vault->key, sizeof vault->key);
    plait__release(vault->context, vault);
}
