#include <sqlite3.h>

#include "memory/store.h"

enum { WAIT_MS = 5000 /* for another process that writes */ };

struct sqlite_store {
    struct plait__store store;
    sqlite3 *database;
};

static struct sqlite_store *of(struct plait__store *store) {
    return (struct sqlite_store *)store;
}

static enum plait_status fail(struct plait__store *store) {
    return plait__fail(store->context, PLAIT_IO, "memory: %s", sqlite3_errmsg(of(store)->database));
}

static enum plait_status prepare(struct plait__store *store, const char *sql, sqlite3_stmt **statement_out) {
    return sqlite3_prepare_v2(of(store)->database, sql, -1, statement_out, NULL) == SQLITE_OK ? PLAIT_OK : fail(store);
}

static enum plait_status put(struct plait__store *store, const char *id, const void *bytes, size_t size, bool replace) {
    sqlite3_stmt *statement = NULL;
    PLAIT__TRY(prepare(store,
                       replace ? "INSERT OR REPLACE INTO documents (id, sealed) VALUES (?, ?)"
                               : "INSERT OR IGNORE INTO documents (id, sealed) VALUES (?, ?)",
                       &statement));
    enum plait_status status = PLAIT_OK;
    if (sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_bind_blob64(statement, 2, bytes, size, SQLITE_STATIC) != SQLITE_OK || sqlite3_step(statement) != SQLITE_DONE)
        status = fail(store);
    sqlite3_finalize(statement);
    return status;
}

static enum plait_status each(struct plait__store *store, plait__store_row *row, void *user) {
    sqlite3_stmt *statement = NULL;
    PLAIT__TRY(prepare(store, "SELECT id, sealed FROM documents ORDER BY rowid", &statement));
    enum plait_status status = PLAIT_OK;
    int step = SQLITE_ROW;
    while (status == PLAIT_OK && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *id = (const char *)sqlite3_column_text(statement, 0);
        const void *bytes = sqlite3_column_blob(statement, 1);
        status = row(user, id ? id : "", bytes, (size_t)sqlite3_column_bytes(statement, 1));
    }
    if (status == PLAIT_OK && step != SQLITE_DONE) status = fail(store);
    sqlite3_finalize(statement);
    return status;
}

static enum plait_status remove_rows(struct plait__store *store, const char *id, const char *but) {
    sqlite3_stmt *statement = NULL;
    PLAIT__TRY(prepare(store, id ? "DELETE FROM documents WHERE id = ?1" : "DELETE FROM documents WHERE id <> ?1", &statement));
    enum plait_status status = PLAIT_OK;
    if (sqlite3_bind_text(statement, 1, id ? id : but, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_DONE)
        status = fail(store);
    sqlite3_finalize(statement);
    return status;
}

static void close_store(struct plait__store *store) {
    sqlite3_close(of(store)->database);
    plait__release(store->context, store);
}

static const struct plait__store_calls calls = {put, each, remove_rows, close_store};

enum plait_status plait__store_open_sqlite(plait_context *context, const char *path, struct plait__store **store_out) {
    struct sqlite_store *store = plait__allocate_zero(context, 1, sizeof *store);
    if (!store) return PLAIT_MEMORY;
    store->store = (struct plait__store){&calls, context};
    /* what is deleted is overwritten; forgotten is forgotten */
    static const char *const begin =
        "PRAGMA secure_delete = ON; CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, sealed BLOB NOT NULL)";
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    enum plait_status status = PLAIT_OK;
    if (sqlite3_open_v2(path, &store->database, flags, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(store->database, WAIT_MS) != SQLITE_OK ||
        sqlite3_exec(store->database, begin, NULL, NULL, NULL) != SQLITE_OK)
        status = fail(&store->store);
    if (status == PLAIT_OK)
        *store_out = &store->store;
    else
        close_store(&store->store);
    return status;
}
