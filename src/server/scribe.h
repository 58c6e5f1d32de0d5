/* What is written down of every request: a line of JSON on stderr, and one in the audit log.  No content, no names: what could
 * tell of a person is left out, or hashed with a salt that is thrown away every day.  A thread of its own writes, so that no
 * request waits for a disk; what comes faster than it can write is dropped and counted. */
#ifndef PLAIT_SERVER_SCRIBE_H
#define PLAIT_SERVER_SCRIBE_H

#include "observe/audit.h"

struct plait__server;
struct plait__exchange;
struct plait__entry;

struct plait__scribe {
    plait_context *context; /* of the thread */
    bool started, has_audit, quiet;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct plait__entry *first, **last;
    int count;
    bool ending;
    struct plait__audit audit;
    unsigned char salt[16];
    uint64_t salt_day;
};

/* `audit` (may be NULL) is the log's path; `quiet`: nothing on stderr but the beginning, the end and failures. */
enum plait_status plait__scribe_begin(struct plait__server *server, const char *audit, bool quiet);
void plait__scribe_end(struct plait__server *server); /* when all is written */

/* A request is over; the HTTP thread. */
void plait__scribe_request(struct plait__exchange *exchange, bool sent);

/* A line about the server itself, at once: {"time","level","message","detail"}. */
void plait__scribe_say(struct plait__server *server, const char *level, const char *message, const char *format, ...)
    PLAIT__PRINTF(4, 5);

#endif
