#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"

static enum plait_status fail_errno(plait_context *context, const char *path, const char *verb) {
    enum plait_status status = errno == ENOENT || errno == ENOTDIR ? PLAIT_NOT_FOUND : PLAIT_IO;
    return plait__fail(context, status, "%s: cannot %s: %s", path, verb, strerror(errno));
}

static enum plait_status fail_ceiling(plait_context *context, const char *path, size_t ceiling) {
    return plait__fail(context, PLAIT_LIMIT, "%s: is larger than the ceiling of %zu bytes", path, ceiling);
}

/* Pipes, devices and empty files: what cannot be mapped. */
static enum plait_status read_all(plait_context *context, int descriptor, const char *path, size_t ceiling,
                                  struct plait__file *file_out) {
    struct plait__buffer buffer;
    plait__buffer_init(&buffer, context, ceiling ? ceiling : SIZE_MAX - 1);
    char piece[64 * 1024];
    enum plait_status status = plait__buffer_append(&buffer, "", 0); /* so that an empty file has bytes to point to */
    while (status == PLAIT_OK) {
        ssize_t got = read(descriptor, piece, sizeof piece);
        if (got == 0) break;
        if (got < 0 && errno == EINTR) continue;
        status = got < 0 ? fail_errno(context, path, "read") : plait__buffer_append(&buffer, piece, (size_t)got);
    }
    if (status != PLAIT_OK) {
        plait__buffer_end(&buffer);
        return status == PLAIT_LIMIT ? fail_ceiling(context, path, ceiling) : status;
    }
    *file_out = (struct plait__file){.bytes = (const uint8_t *)buffer.data, .size = buffer.size};
    return PLAIT_OK;
}

static enum plait_status read_or_map(plait_context *context, int descriptor, const char *path, size_t ceiling,
                                     struct plait__file *file_out) {
    struct stat facts;
    if (fstat(descriptor, &facts) != 0) return fail_errno(context, path, "read");
    if (S_ISDIR(facts.st_mode)) return plait__fail(context, PLAIT_IO, "%s: is a folder, not a file", path);
    if (!S_ISREG(facts.st_mode) || facts.st_size == 0) return read_all(context, descriptor, path, ceiling, file_out);
    if ((uintmax_t)facts.st_size > SIZE_MAX || (ceiling && (size_t)facts.st_size > ceiling))
        return fail_ceiling(context, path, ceiling ? ceiling : SIZE_MAX);
    void *bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED) return read_all(context, descriptor, path, ceiling, file_out);
    *file_out = (struct plait__file){.bytes = bytes, .size = (size_t)facts.st_size, .mapped = true};
    return PLAIT_OK;
}

enum plait_status plait__file_open(plait_context *context, const char *path, size_t ceiling, struct plait__file *file_out) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return fail_errno(context, path, "open");
    enum plait_status status = read_or_map(context, descriptor, path, ceiling, file_out);
    close(descriptor);
    return status;
}

void plait__file_close(plait_context *context, struct plait__file *file) {
    if (file->mapped)
        munmap((void *)file->bytes, file->size);
    else if (!file->borrowed)
        plait__release(context, (void *)file->bytes);
    *file = (struct plait__file){0};
}

static enum plait_status write_all(plait_context *context, int descriptor, const char *path, const char *bytes, size_t size) {
    while (size) {
        ssize_t written = write(descriptor, bytes, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail_errno(context, path, "write");
        bytes += written;
        size -= (size_t)written;
    }
    return PLAIT_OK;
}

/* Pipes and devices (/dev/stdout) are written to, not replaced. */
static bool is_special(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 && !S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode);
}

enum plait_status plait__file_write(plait_context *context, const char *path, const void *bytes, size_t size) {
    bool special = is_special(path);
    char neighbour[4096];
    int length = snprintf(neighbour, sizeof neighbour, "%s.%ld.part", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof neighbour)
        return plait__fail(context, PLAIT_INVALID, "path: %zu bytes are too long", strlen(path));
    int descriptor =
        special ? open(path, O_WRONLY | O_CLOEXEC) : open(neighbour, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) return fail_errno(context, path, "write");
    enum plait_status status = write_all(context, descriptor, path, bytes, size);
    if (close(descriptor) != 0 && status == PLAIT_OK) status = fail_errno(context, path, "write");
    if (special) return status;
    if (status == PLAIT_OK && rename(neighbour, path) != 0) status = fail_errno(context, path, "write");
    if (status != PLAIT_OK) unlink(neighbour);
    return status;
}
