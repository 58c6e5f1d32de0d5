#include <postgresql/libpq-fe.h>
#include <string.h>

#include "memory/store.h"

struct postgres_store {
    struct plait__store store;
    PGconn *connection;
};

static struct postgres_store *of(struct plait__store *store) {
    return (struct postgres_store *)store;
}

static enum plait_status fail(struct plait__store *store) {
    const char *said = PQerrorMessage(of(store)->connection); /* some lines, none of which has the password */
    return plait__fail(store->context, PLAIT_IO, "memory: PostgreSQL: %.*s", (int)strcspn(said, "\r\n"), said);
}

/* Rows come in binary form; the first parameter is text, the second bytes.  A connection that was lost is made again, once:
 * what is asked may be asked twice. */
static PGresult *ask(struct plait__store *store, const char *sql, int count, const char *const *values, const int *lengths) {
    PGconn *connection = of(store)->connection;
    const int binary[] = {0, 1};
    PGresult *result = PQexecParams(connection, sql, count, NULL, values, lengths, binary, 1);
    if (PQstatus(connection) == CONNECTION_OK) return result;
    PQclear(result);
    PQreset(connection);
    return PQexecParams(connection, sql, count, NULL, values, lengths, binary, 1);
}

static enum plait_status done(struct plait__store *store, PGresult *result, ExecStatusType expected) {
    const enum plait_status status = PQresultStatus(result) == expected ? PLAIT_OK : fail(store);
    PQclear(result);
    return status;
}

static enum plait_status put(struct plait__store *store, const char *id, const void *bytes, size_t size, bool replace) {
    const char *const values[] = {id, bytes};
    const int lengths[] = {0, (int)size};
    const char *sql = replace ? "INSERT INTO plait_memory (id, sealed) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET sealed = "
                                "excluded.sealed, place = excluded.place"
                              : "INSERT INTO plait_memory (id, sealed) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    return done(store, ask(store, sql, 2, values, lengths), PGRES_COMMAND_OK);
}

static enum plait_status each(struct plait__store *store, plait__store_row *row, void *user) {
    PGconn *connection = of(store)->connection;
    static const char *const sql = "SELECT id, sealed FROM plait_memory ORDER BY place";
    if (!PQsendQueryParams(connection, sql, 0, NULL, NULL, NULL, NULL, 1) || !PQsetSingleRowMode(connection))
        return fail(store);
    enum plait_status status = PLAIT_OK;
    PGresult *result;
    while ((result = PQgetResult(connection)) != NULL) { /* to the end, whatever fails: only then may something else be asked */
        const ExecStatusType kind = PQresultStatus(result);
        if (status == PLAIT_OK && kind == PGRES_SINGLE_TUPLE)
            status = row(user, PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1), (size_t)PQgetlength(result, 0, 1));
        else if (status == PLAIT_OK && kind != PGRES_TUPLES_OK)
            status = fail(store);
        PQclear(result);
    }
    return status;
}

static enum plait_status remove_rows(struct plait__store *store, const char *id, const char *but) {
    const char *const values[] = {id ? id : but};
    const char *sql = id ? "DELETE FROM plait_memory WHERE id = $1" : "DELETE FROM plait_memory WHERE id <> $1";
    return done(store, ask(store, sql, 1, values, NULL), PGRES_COMMAND_OK);
}

static void close_store(struct plait__store *store) {
    PQfinish(of(store)->connection);
    plait__release(store->context, store);
}

static enum plait_status make_table(struct plait__store *store) {
    PGresult *found = ask(store, "SELECT to_regclass('plait_memory') IS NOT NULL", 0, NULL, NULL);
    const bool there = PQresultStatus(found) == PGRES_TUPLES_OK && *PQgetvalue(found, 0, 0);
    PLAIT__TRY(done(store, found, PGRES_TUPLES_OK));
    if (there) return PLAIT_OK; /* then no right to make tables is needed */
    /* Under a lock ("plait" in ASCII): of processes that start at the same time each would find none. */
    return done(store,
                PQexec(of(store)->connection, "BEGIN; SELECT pg_advisory_xact_lock(x'706c616974'::bigint);"
                                              "CREATE TABLE IF NOT EXISTS plait_memory"
                                              " (id text PRIMARY KEY, sealed bytea NOT NULL, place bigserial NOT NULL);"
                                              "COMMIT"),
                PGRES_COMMAND_OK);
}

static const struct plait__store_calls calls = {put, each, remove_rows, close_store};

static void say_nothing(void *user, const PGresult *notice) {
    (void)user, (void)notice;
}

enum plait_status plait__store_open_postgres(plait_context *context, const char *url, struct plait__store **store_out) {
    /* what stands first is overruled by the URL */
    static const char *const names[] = {"connect_timeout", "fallback_application_name", "dbname", NULL};
    const char *const values[] = {"10", "plait", url, NULL};
    struct postgres_store *store = plait__allocate_zero(context, 1, sizeof *store);
    if (!store) return PLAIT_MEMORY;
    store->store = (struct plait__store){&calls, context};
    store->connection = PQconnectdbParams(names, values, 1);
    PQsetNoticeReceiver(store->connection, say_nothing, NULL); /* a library does not print */
    enum plait_status status = PQstatus(store->connection) == CONNECTION_OK ? make_table(&store->store) : fail(&store->store);
    if (status == PLAIT_OK)
        *store_out = &store->store;
    else
        close_store(&store->store);
    return status;
}
