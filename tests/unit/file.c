/* Buffers and files. */
#include "base/file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "test.h"

static plait_context *context;
static char folder[] = "/tmp/plait-test-XXXXXX";

static const char *path_of(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

TEST(buffers_grow_to_their_ceiling) {
    struct plait__buffer buffer;
    plait__buffer_init(&buffer, context, 10);
    CHECK_INT(plait__buffer_append(&buffer, "abc", 3), PLAIT_OK);
    CHECK_INT(plait__buffer_printf(&buffer, "%d-%s", 12, "x"), PLAIT_OK);
    CHECK_TEXT(buffer.data, "abc12-x");
    CHECK_INT(plait__buffer_append(&buffer, "1234", 4), PLAIT_LIMIT);
    CHECK_INT(plait__buffer_printf(&buffer, "%s", "1234"), PLAIT_LIMIT);
    CHECK_INT(plait__buffer_append(&buffer, "123", 3), PLAIT_OK);
    CHECK_INT(buffer.size, 10);
    CHECK_INT(plait__buffer_append(&buffer, "", 0), PLAIT_OK);
    CHECK_TEXT(buffer.data, "abc12-x123");
    plait__buffer_end(&buffer);
    plait__buffer_init(&buffer, context, SIZE_MAX);
    for (int i = 0; i < 5003; i++) CHECK_INT(plait__buffer_printf(&buffer, "%d", i % 10), PLAIT_OK);
    CHECK_INT(buffer.size, 5003);
    CHECK_INT(buffer.data[5002], '2');
    CHECK_INT(buffer.data[5003], 0);
    plait__buffer_end(&buffer);
}

TEST(written_is_read) {
    struct plait__file file;
    CHECK_INT(plait__file_write(context, path_of("a"), "hello", 5), PLAIT_OK);
    CHECK_INT(plait__file_write(context, path_of("a"), "plait!", 6), PLAIT_OK); /* replaces */
    CHECK_INT(plait__file_open(context, path_of("a"), 6, &file), PLAIT_OK);
    CHECK_INT(file.size, 6);
    CHECK(memcmp(file.bytes, "plait!", 6) == 0);
    plait__file_close(context, &file);
    CHECK_INT(plait__file_write(context, path_of("empty"), NULL, 0), PLAIT_OK);
    CHECK_INT(plait__file_open(context, path_of("empty"), 0, &file), PLAIT_OK);
    CHECK_INT(file.size, 0);
    CHECK(file.bytes != NULL);
    plait__file_close(context, &file);
    CHECK_INT(plait__file_open(context, "/dev/null", 0, &file), PLAIT_OK); /* a device: read, not mapped */
    CHECK_INT(file.size, 0);
    plait__file_close(context, &file);
    CHECK_INT(plait__file_write(context, "/dev/null", "x", 1), PLAIT_OK);
    struct stat facts;
    CHECK(stat("/dev/null", &facts) == 0 && !S_ISREG(facts.st_mode)); /* written to, not replaced */
}

TEST(failures_say_why) {
    struct plait__file file;
    CHECK_INT(plait__file_open(context, path_of("missing"), 0, &file), PLAIT_NOT_FOUND);
    CHECK(strstr(plait_context_error(context), "missing: cannot open: No such file") != NULL);
    CHECK_INT(plait__file_open(context, folder, 0, &file), PLAIT_IO);
    CHECK(strstr(plait_context_error(context), "is a folder") != NULL);
    CHECK_INT(plait__file_write(context, path_of("b"), "12345678", 8), PLAIT_OK);
    CHECK_INT(plait__file_open(context, path_of("b"), 7, &file), PLAIT_LIMIT);
    CHECK_INT(plait__file_open(context, "/dev/zero", 100, &file), PLAIT_LIMIT); /* has no end: the ceiling stops it */
    CHECK_INT(plait__file_write(context, path_of("no/such/folder"), "x", 1), PLAIT_NOT_FOUND);
    CHECK_INT(plait__file_write(context, folder, "x", 1), PLAIT_IO);
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK || !mkdtemp(folder)) return 1;
    test_buffers_grow_to_their_ceiling();
    test_written_is_read();
    test_failures_say_why();
    const char *const leftovers[] = {"a", "b", "empty"};
    for (int i = 0; i < 3; i++) unlink(path_of(leftovers[i]));
    CHECK_INT(rmdir(folder), 0); /* fails when a .part file was left behind */
    plait_context_destroy(context);
    return test__finish();
}
