/* The audit log: its chain holds over reopening and crashes, and breaks with every change. */
#include "observe/audit.h"

#include <stdlib.h>
#include <unistd.h>

#include "test.h"

static plait_context *context;
static char path[64];

static void fresh(void) {
    snprintf(path, sizeof path, "/tmp/plait-audit-XXXXXX");
    const int file = mkstemp(path);
    if (file >= 0) close(file);
}

static void add(int count) {
    struct plait__audit audit = {0};
    CHECK_INT(plait__audit_open(context, path, &audit), PLAIT_OK);
    for (int i = 0; i < count; i++) {
        char members[64];
        snprintf(members, sizeof members, "\"route\":\"documents\",\"number\":%d", i);
        CHECK_INT(plait__audit_add(&audit, members), PLAIT_OK);
    }
    CHECK_INT(plait__audit_flush(&audit), PLAIT_OK);
    plait__audit_close(&audit);
}

static char *text_of(size_t *size) {
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 16);
    *size = fread(text, 1, (1 << 16) - 1, file);
    fclose(file);
    return text;
}

static void put(const char *text, size_t size) {
    FILE *file = fopen(path, "wb");
    fwrite(text, 1, size, file);
    fclose(file);
}

TEST(chain) {
    struct plait__audit_report report;
    fresh();
    add(3);
    add(0);
    add(2); /* goes on */
    CHECK_INT(plait__audit_verify(context, path, &report), PLAIT_OK);
    CHECK_INT(report.lines, 5);
    CHECK_INT(report.cut, 0);
    CHECK_INT(strlen(report.last), 64);
    remove(path);
}

/* Any byte changed, any line taken out, put twice or moved. */
TEST(tampered) {
    struct plait__audit_report report;
    size_t size;
    fresh();
    add(3);
    char *text = text_of(&size);
    char *second = strchr(text, '\n') + 1, *third = strchr(second, '\n') + 1;
    for (size_t i = 0; i + 1 < size; i += 7) {
        if (text[i] == '\n') continue;
        const char before = text[i];
        text[i] = before == 'x' ? 'y' : 'x';
        put(text, size);
        /* The last line's end may look cut off: then it does not count. */
        const bool broken = plait__audit_verify(context, path, &report) != PLAIT_OK || report.lines < 3;
        CHECK(broken);
        text[i] = before;
    }
    char *other = calloc(2, size);
    memcpy(other, text, (size_t)(second - text));
    memcpy(other + (second - text), third, size - (size_t)(third - text));
    put(other, size - (size_t)(third - second));
    CHECK_INT(plait__audit_verify(context, path, &report), PLAIT_INVALID);
    memcpy(other, text, size);
    memcpy(other + size, third, size - (size_t)(third - text));
    put(other, 2 * size - (size_t)(third - text));
    CHECK_INT(plait__audit_verify(context, path, &report), PLAIT_INVALID);
    struct plait__audit audit = {0};
    CHECK_INT(plait__audit_open(context, path, &audit), PLAIT_INVALID); /* nothing is added to what is broken */
    free(other);
    free(text);
    remove(path);
}

TEST(crashed) {
    struct plait__audit_report report;
    size_t size;
    fresh();
    add(2);
    char *text = text_of(&size);
    const size_t whole = (size_t)(strchr(text, '\n') - text) + 1;
    for (size_t kept = whole + 1; kept < size - 1; kept += 11) { /* in the middle of the second line */
        put(text, kept);
        add(1);
        CHECK_INT(plait__audit_verify(context, path, &report), PLAIT_OK);
        CHECK_INT(report.lines, 2);
        CHECK_INT(report.cut, 1);
    }
    free(text);
    remove(path);
    CHECK_INT(plait__audit_verify(context, path, &report), PLAIT_NOT_FOUND);
}

int main(void) {
    plait_context_create(NULL, &context);
    test_chain();
    test_tampered();
    test_crashed();
    plait_context_destroy(context);
    return test__finish();
}
