/* Where sealed rows are kept: each an id, which is unique, and bytes, which mean nothing here.  store_sqlite.c keeps them in a
 * file, store_postgres.c in a server's table. */
#ifndef PLAIT_MEMORY_STORE_H
#define PLAIT_MEMORY_STORE_H

#include "base/context.h"

struct plait__store;

typedef enum plait_status plait__store_row(void *user, const char *id, const void *bytes, size_t size);

/* What a store can do.  Errors are in the context. */
struct plait__store_calls {
    /* In the place of the row with that id if `replace`; otherwise such a row stays as it is. */
    enum plait_status (*put)(struct plait__store *store, const char *id, const void *bytes, size_t size, bool replace);
    /* All rows in the order they came, until one fails. */
    enum plait_status (*each)(struct plait__store *store, plait__store_row *row, void *user);
    /* The row `id`; NULL: all but the row `but`. */
    enum plait_status (*remove)(struct plait__store *store, const char *id, const char *but);
    void (*close)(struct plait__store *store);
};

/* Each kind of store begins with this. */
struct plait__store {
    const struct plait__store_calls *calls;
    plait_context *context;
};

enum plait_status plait__store_open_sqlite(plait_context *context, const char *path, struct plait__store **store_out);
/* A URL as libpq knows it: postgresql://user@host/database. */
enum plait_status plait__store_open_postgres(plait_context *context, const char *url, struct plait__store **store_out);

#endif
