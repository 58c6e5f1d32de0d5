/* An audit log: a file of JSON lines to which is only ever added, each with the hash of the one before.
 *
 *     {"sequence":2,...,"previous":"<hash of line 1>","hash":"<SHA-256 of this line up to ,\"hash\">"}
 *
 * Who changes, removes or inserts a line breaks the chain; who rewrites all that follows changes the last hash, which is why
 * the last hash should now and then be written down elsewhere.  A line that a crash cut off is closed with a line end and
 * stays. */
#ifndef PLAIT_OBSERVE_AUDIT_H
#define PLAIT_OBSERVE_AUDIT_H

#include "base/buffer.h"

struct plait__audit {
    plait_context *context;
    int descriptor;
    uint64_t sequence; /* of the last line */
    char last[65];     /* its hash; zeros before the first */
};

/* Opens or begins it; what is there is verified first, and INVALID when the chain is broken.  One process at a time may have it
 * open: LIMIT otherwise. */
enum plait_status plait__audit_open(plait_context *context, const char *path, struct plait__audit *audit_out);
/* Adds a line with these members ("\"route\":\"documents\",..."), not yet on the disk. */
enum plait_status plait__audit_add(struct plait__audit *audit, const char *members);
enum plait_status plait__audit_flush(struct plait__audit *audit);
void plait__audit_close(struct plait__audit *audit);

struct plait__audit_report {
    uint64_t lines; /* whole ones */
    int cut;        /* that a crash cut off */
    char last[65];
};

/* INVALID names the first line where the chain breaks. */
enum plait_status plait__audit_verify(plait_context *context, const char *path, struct plait__audit_report *report_out);

#endif
