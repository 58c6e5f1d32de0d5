#include "observe/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sha256.h"

enum { LINE_MOST = 65536, HASH_TAIL = 75 /* ,"hash":"64 digits"} */ };

static const char zeros[65] = "0000000000000000000000000000000000000000000000000000000000000000";

/* ------------------------------------------------------------------ verifying */

/* Where a line's last member begins, when the line is whole; NULL when it was cut off. */
static const char *tail_of(const char *line, size_t size) {
    static const char key[] = ",\"hash\":\"", end[] = "\"}";
    const char *tail = size > HASH_TAIL && size <= LINE_MOST && *line == '{' ? line + size - HASH_TAIL : NULL;
    if (!tail || memcmp(tail, key, sizeof key - 1) != 0 || memcmp(line + size - 2, end, 2) != 0) return NULL;
    return tail;
}

static bool begins_with(const char *line, size_t size, uint64_t sequence) {
    char beginning[48];
    const int length = snprintf(beginning, sizeof beginning, "{\"sequence\":%" PRIu64 ",", sequence);
    return size > (size_t)length && memcmp(line, beginning, (size_t)length) == 0;
}

/* ,"previous":"..." right before the hash. */
static bool follows(const char *line, const char *tail, const char last[65]) {
    char previous[96];
    const int length = snprintf(previous, sizeof previous, ",\"previous\":\"%s\"", last);
    return tail - line >= length && memcmp(tail - length, previous, (size_t)length) == 0;
}

static enum plait_status check_line(plait_context *context, const char *path, int number, const char *line, size_t size,
                                    struct plait__audit_report *report) {
    char hash[65];
    const char *tail = tail_of(line, size);
    if (!tail) { /* the chain says whether something is missing */
        report->cut++;
        return PLAIT_OK;
    }
    plait__sha256_hex(line, (size_t)(tail - line), hash);
    if (memcmp(hash, tail + 9, 64) != 0)
        return plait__fail(context, PLAIT_INVALID, "%s:%d: the line was changed: it does not have the hash that it names", path,
                           number);
    if (!begins_with(line, size, report->lines + 1) || !follows(line, tail, report->last))
        return plait__fail(context, PLAIT_INVALID,
                           "%s:%d: the chain is broken: expected line %" PRIu64 " of it, after %.12s...", path, number,
                           report->lines + 1, report->last);
    report->lines++;
    memcpy(report->last, hash, sizeof report->last);
    return PLAIT_OK;
}

enum plait_status plait__audit_verify(plait_context *context, const char *path, struct plait__audit_report *report_out) {
    struct plait__file file;
    struct plait__audit_report report = {0};
    memcpy(report.last, zeros, sizeof report.last);
    PLAIT__TRY(plait__file_open(context, path, 0, &file));
    enum plait_status status = PLAIT_OK;
    const char *at = (const char *)file.bytes, *const end = at + file.size;
    for (int number = 1; at < end && status == PLAIT_OK; number++) {
        const char *close = memchr(at, '\n', (size_t)(end - at));
        const size_t size = close ? (size_t)(close - at) : (size_t)(end - at);
        if (size) status = check_line(context, path, number, at, size, &report);
        at += size + (close != NULL);
    }
    plait__file_close(context, &file);
    if (status == PLAIT_OK) *report_out = report;
    return status;
}

/* ------------------------------------------------------------------ adding */

static enum plait_status fail_errno(plait_context *context, const char *path, const char *verb) {
    return plait__fail(context, PLAIT_IO, "%s: the audit log could not be %s: %s", path, verb, strerror(errno));
}

/* Closes a line that was cut off. */
static enum plait_status mend(const struct plait__audit *audit, const char *path) {
    struct stat facts;
    char last = '\n';
    if (fstat(audit->descriptor, &facts) != 0) return fail_errno(audit->context, path, "read");
    if (facts.st_size && pread(audit->descriptor, &last, 1, facts.st_size - 1) != 1)
        return fail_errno(audit->context, path, "read");
    if (last != '\n' && write(audit->descriptor, "\n", 1) != 1) return fail_errno(audit->context, path, "written");
    return PLAIT_OK;
}

static enum plait_status lock(const struct plait__audit *audit, const char *path) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(audit->descriptor, F_SETLK, &whole) == 0) return PLAIT_OK;
    return plait__fail(audit->context, PLAIT_LIMIT, "%s: another process writes this audit log", path);
}

enum plait_status plait__audit_open(plait_context *context, const char *path, struct plait__audit *audit_out) {
    struct plait__audit_report report = {0};
    struct plait__audit audit = {.context = context};
    audit.descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (audit.descriptor < 0) return fail_errno(context, path, "opened");
    struct stat facts;
    enum plait_status status = PLAIT_OK;
    if (fstat(audit.descriptor, &facts) != 0 || !S_ISREG(facts.st_mode)) /* a device may have no end */
        status = plait__fail(context, PLAIT_INVALID, "%s: expected a file for the audit log", path);
    if (status == PLAIT_OK) status = plait__audit_verify(context, path, &report);
    if (status == PLAIT_OK) status = lock(&audit, path); /* last: closing a file ends the process's locks of it */
    if (status == PLAIT_OK) status = mend(&audit, path);
    if (status != PLAIT_OK) {
        close(audit.descriptor);
        return status;
    }
    audit.sequence = report.lines;
    memcpy(audit.last, report.last, sizeof audit.last);
    *audit_out = audit;
    return PLAIT_OK;
}

enum plait_status plait__audit_add(struct plait__audit *audit, const char *members) {
    char hash[65] = "";
    struct plait__buffer line;
    plait__buffer_init(&line, audit->context, LINE_MOST);
    enum plait_status status = plait__buffer_printf(&line, "{\"sequence\":%" PRIu64 ",%s,\"previous\":\"%s\"",
                                                    audit->sequence + 1, members, audit->last);
    if (status == PLAIT_OK) {
        plait__sha256_hex(line.data, line.size, hash);
        status = plait__buffer_printf(&line, ",\"hash\":\"%s\"}\n", hash);
    }
    if (status == PLAIT_OK && write(audit->descriptor, line.data, line.size) != (ssize_t)line.size) { /* a full disk */
        status = fail_errno(audit->context, "audit", "written");
        if (write(audit->descriptor, "\n", 1) != 1) status = PLAIT_IO; /* what went out stays, as a line that was cut */
    }
    plait__buffer_end(&line);
    PLAIT__TRY(status);
    audit->sequence++;
    memcpy(audit->last, hash, sizeof audit->last);
    return PLAIT_OK;
}

enum plait_status plait__audit_flush(struct plait__audit *audit) {
    return fdatasync(audit->descriptor) == 0 ? PLAIT_OK : fail_errno(audit->context, "audit", "written");
}

void plait__audit_close(struct plait__audit *audit) {
    if (audit->context) close(audit->descriptor);
    audit->context = NULL;
}
