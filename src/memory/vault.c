/* SQLite holds the rows, libsodium seals them: XChaCha20-Poly1305 (RFC 8439 with a 24-byte nonce, which may be random), the
 * row's id authenticated with it, so that rows cannot be exchanged. */
#include <sodium.h>
#include <sqlite3.h>
#include <string.h>

#include "memory/memory.h"

enum {
    KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    LINE_BYTES_MOST = 16 << 20,
    WAIT_MS = 5000 /* for another process that writes */
};

/* A row that every file has: that it opens shows the right key. */
#define CHECK_ID   "plait.memory/1"
#define CHECK_TEXT "plait"

struct plait__vault {
    plait_context *context;
    sqlite3 *database;
    uint8_t key[KEY];
};

static enum plait_status fail(struct plait__vault *vault) {
    return plait__fail(vault->context, PLAIT_IO, "memory: %s", sqlite3_errmsg(vault->database));
}

static enum plait_status prepare(struct plait__vault *vault, const char *sql, sqlite3_stmt **statement_out) {
    return sqlite3_prepare_v2(vault->database, sql, -1, statement_out, NULL) == SQLITE_OK ? PLAIT_OK : fail(vault);
}

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
        return plait__fail(vault->context, PLAIT_INVALID, "memory: expected the key that the file was made with");
    }
    *line_out = line;
    *size_out = size - NONCE - TAG;
    return PLAIT_OK;
}

enum plait_status plait__vault_put(struct plait__vault *vault, const char *id, const char *line, size_t size) {
    uint8_t *sealed = NULL;
    sqlite3_stmt *statement = NULL;
    if (size > LINE_BYTES_MOST - NONCE - TAG)
        return plait__fail(vault->context, PLAIT_LIMIT, "memory: expected a document of at most %d bytes", LINE_BYTES_MOST);
    PLAIT__TRY(seal(vault, id, line, size, &sealed));
    enum plait_status status = prepare(vault, "INSERT OR REPLACE INTO documents (id, sealed) VALUES (?, ?)", &statement);
    if (status == PLAIT_OK && (sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC) != SQLITE_OK ||
                               sqlite3_bind_blob64(statement, 2, sealed, NONCE + size + TAG, SQLITE_STATIC) != SQLITE_OK ||
                               sqlite3_step(statement) != SQLITE_DONE))
        status = fail(vault);
    sqlite3_finalize(statement);
    plait__release(vault->context, sealed);
    return status;
}

enum plait_status plait__vault_each(struct plait__vault *vault,
                                    enum plait_status (*each)(void *user, const char *line, size_t size), void *user) {
    sqlite3_stmt *statement = NULL;
    PLAIT__TRY(prepare(vault, "SELECT id, sealed FROM documents ORDER BY rowid", &statement));
    enum plait_status status = PLAIT_OK;
    int step = SQLITE_ROW;
    while (status == PLAIT_OK && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *id = (const char *)sqlite3_column_text(statement, 0);
        const void *sealed = sqlite3_column_blob(statement, 1);
        char *line;
        size_t size;
        if (!id) id = "";
        status = unseal(vault, id, sealed, (size_t)sqlite3_column_bytes(statement, 1), &line, &size);
        if (status != PLAIT_OK) break;
        if (strcmp(id, CHECK_ID) != 0) status = each(user, line, size);
        sodium_memzero(line, size);
        plait__release(vault->context, line);
    }
    if (status == PLAIT_OK && step != SQLITE_DONE) status = fail(vault);
    sqlite3_finalize(statement);
    return status;
}

enum plait_status plait__vault_remove(struct plait__vault *vault, const char *id) {
    sqlite3_stmt *statement = NULL;
    PLAIT__TRY(prepare(vault, id ? "DELETE FROM documents WHERE id = ?1" : "DELETE FROM documents WHERE id <> ?1", &statement));
    enum plait_status status = PLAIT_OK;
    if (sqlite3_bind_text(statement, 1, id ? id : CHECK_ID, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_DONE)
        status = fail(vault);
    sqlite3_finalize(statement);
    return status;
}

static enum plait_status keep_nothing(void *user, const char *line, size_t size) {
    (void)user, (void)line, (void)size;
    return PLAIT_OK;
}

static enum plait_status open_database(struct plait__vault *vault, const char *path) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(path, &vault->database, flags, NULL) != SQLITE_OK) return fail(vault);
    sqlite3_busy_timeout(vault->database, WAIT_MS);
    /* what is deleted is overwritten; forgotten is forgotten */
    static const char *const begin =
        "PRAGMA secure_delete = ON; CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, sealed BLOB NOT NULL)";
    if (sqlite3_exec(vault->database, begin, NULL, NULL, NULL) != SQLITE_OK) return fail(vault);
    sqlite3_stmt *statement = NULL;
    PLAIT__TRY(prepare(vault, "SELECT count(*) FROM documents", &statement));
    const bool empty = sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int64(statement, 0) == 0;
    sqlite3_finalize(statement);
    return empty ? plait__vault_put(vault, CHECK_ID, CHECK_TEXT, strlen(CHECK_TEXT))
                 : plait__vault_each(vault, keep_nothing, NULL);
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
    if (status == PLAIT_OK) status = open_database(vault, path);
    if (status == PLAIT_OK)
        *vault_out = vault;
    else
        plait__vault_close(vault);
    return status;
}

void plait__vault_close(struct plait__vault *vault) {
    if (!vault) return;
    sqlite3_close(vault->database);
    sodium_memzero(vault->key, sizeof vault->key);
    plait__release(vault->context, vault);
}
