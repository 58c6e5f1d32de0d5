/* What was confirmed: kept, sealed, found again, exchanged, forgotten; hostile lines and files. */
#include "memory/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "test.h"

static plait_context *context;

#define PAGE(shop, total)                                                                                              \
    "{\"source\": {\"digest\": \"" shop total "\"}, \"type\": {\"value\": \"receipt\"}, \"pages\": [{\"width\": 100, " \
    "\"height\": 200, \"lines\": [{\"text\": \"" shop "\", \"polygon\": [[10, 10], [60, 10], [60, 20], [10, 20]]}, "   \
    "{\"text\": \"TOTAL " total "\", \"polygon\": [[10, 100], [60, 100], [60, 110], [-5, 500]]}]}], \"fields\": "      \
    "{\"company\": {\"value\": \"" shop "\", \"polygon\": [[10, 10], [60, 10], [60, 20], [10, 20]]}, \"total\": "      \
    "{\"value\": null}}}"

static void confirm(plait_memory *memory, const char *json, const char *company, char id[17]) {
    const plait_confirmed fields[] = {{"company", company}, {"total", "9.90"}};
    CHECK_INT(plait_confirm(memory, json, strlen(json), fields, 2, id), PLAIT_OK);
}

TEST(remembers) {
    plait_memory *memory = NULL;
    struct plait__alike alike[4];
    char bakery[17], again[17], garage[17];
    CHECK_INT(plait_memory_create(context, &memory), PLAIT_OK);
    confirm(memory, PAGE("SUNRISE BAKERY", "1.00"), "Sunrise Bakery Ltd", bakery);
    confirm(memory, PAGE("OILY GARAGE", "2.00"), NULL, garage);
    confirm(memory, PAGE("SUNRISE BAKERY", "1.00"), "SUNRISE BAKERY LTD", again); /* the same document */
    CHECK_TEXT(again, bakery);
    CHECK_INT(plait_memory_count(memory), 2);

    float look[PLAIT__LOOK_WIDTH];
    const struct plait__look_line lines[] = {{"SUNR1SE BAKERV", {0.1f, 0.05f, 0.6f, 0.1f}},
                                             {"TOTAL 7.35", {0.1f, 0.5f, 0.6f, 0.55f}}};
    plait__look(lines, 2, look);
    CHECK_INT(plait__memory_nearest(memory, look, 4, alike), 2);
    CHECK_TEXT(alike[0].example->id, bakery);
    CHECK(alike[0].cosine > 0.5f && alike[0].cosine <= 1.0001f);
    CHECK(alike[0].cosine > alike[1].cosine + 0.2f);
    CHECK_INT(plait__memory_nearest(memory, look, 1, alike), 1);
    const struct plait__example_field *fields = alike[0].example->fields;
    CHECK_TEXT(fields[0].name, "company");
    CHECK_TEXT(fields[0].value, "SUNRISE BAKERY LTD");
    CHECK_TEXT(fields[1].value, "9.90");

    const char *text;
    size_t size, count = 0;
    plait_memory *other = NULL;
    CHECK_INT(plait_memory_export(memory, &text, &size), PLAIT_OK);
    CHECK_INT(plait_memory_create(context, &other), PLAIT_OK);
    CHECK_INT(plait_memory_import(other, text, size, &count), PLAIT_OK);
    CHECK_INT(count, 2);
    CHECK_INT(plait__memory_nearest(other, look, 1, alike), 1);
    CHECK_TEXT(alike[0].example->id, bakery);
    CHECK_INT(plait_memory_forget(other, bakery), PLAIT_OK);
    CHECK_INT(plait_memory_forget(other, bakery), PLAIT_NOT_FOUND);
    CHECK_INT(plait__memory_nearest(other, look, 4, alike), 1);
    CHECK_TEXT(alike[0].example->id, garage);
    CHECK_INT(plait_memory_forget(other, NULL), PLAIT_OK);
    CHECK_INT(plait_memory_count(other), 0);
    plait_memory_destroy(other);
    plait_memory_destroy(memory);
}

/* An embedding of another schema is made anew from the lines. */
TEST(embeds_again) {
    static const char *const old =
        "{\"schema\": \"plait.example/1\", \"id\": \"0123456789abcdef\", \"type\": \"receipt\", "
        "\"embedding_schema\": \"page/0\", \"embedding\": [1], \"lines\": [{\"text\": \"OILY GARAGE\", "
        "\"box\": [0.1, 0.05, 0.6, 0.1]}], \"fields\": {}}";
    struct plait__example *example = NULL;
    float found[PLAIT__LOOK_WIDTH], expected[PLAIT__LOOK_WIDTH];
    const struct plait__look_line line = {"OILY GARAGE", {0.1f, 0.05f, 0.6f, 0.1f}};
    CHECK_INT(plait__example_read(context, old, strlen(old), &example, found), PLAIT_OK);
    plait__look(&line, 1, expected);
    CHECK(memcmp(found, expected, sizeof found) == 0);
    plait__example_destroy(example);
}

TEST(refuses) {
    plait_memory *memory = NULL;
    const plait_confirmed wrong = {"compani", "x"};
    const char *page = PAGE("A", "1");
    CHECK_INT(plait_memory_create(context, &memory), PLAIT_OK);
    CHECK_INT(plait_confirm(memory, page, strlen(page), &wrong, 1, NULL), PLAIT_INVALID);
    CHECK(strstr(plait_context_error(context), "the document has no field \"compani\"") != NULL);
    CHECK_INT(plait_confirm(memory, "{}", 2, NULL, 0, NULL), PLAIT_INVALID);
    CHECK_INT(plait_confirm(memory, "[", 1, NULL, 0, NULL), PLAIT_INVALID);
    static const char narrow[] = "{\"schema\": \"plait.example/1\", \"id\": \"0123456789abcdef\", \"type\": \"\", "
                                 "\"embedding_schema\": \"page/1\", \"embedding\": [1]}";
    static const char *const lines[] = {"{}", "{\"schema\": \"plait.example/2\"}",
                                        "{\"schema\": \"plait.example/1\", \"id\": \"../../etc/passwd\"}", narrow};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        CHECK(plait_memory_import(memory, lines[i], strlen(lines[i]), NULL) != PLAIT_OK);
    CHECK_INT(plait_memory_count(memory), 0);
    plait_memory_destroy(memory);
}

static bool contains(const struct plait__file *file, const char *text) {
    for (size_t i = 0; i + strlen(text) <= file->size; i++)
        if (memcmp(file->bytes + i, text, strlen(text)) == 0) return true;
    return false;
}

TEST(a_file_keeps_secrets) {
    static const char key[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    char path[] = "/tmp/plait-memory-XXXXXX", id[17], other[65];
    plait_memory *memory = NULL;
    struct plait__file file;
    const int handle = mkstemp(path);
    if (handle < 0) return;
    close(handle);
    const enum plait_status opened = plait_memory_open(context, path, key, &memory);
    if (opened == PLAIT_UNSUPPORTED) { /* a build without files */
        remove(path);
        return;
    }
    CHECK_INT(opened, PLAIT_OK);
    confirm(memory, PAGE("SUNRISE BAKERY", "1.00"), NULL, id);
    confirm(memory, PAGE("OILY GARAGE", "2.00"), NULL, id);
    plait_memory_destroy(memory);
    CHECK_INT(plait__file_open(context, path, 0, &file), PLAIT_OK);
    CHECK(contains(&file, id));
    CHECK(!contains(&file, "GARAGE") && !contains(&file, "page/1") && !contains(&file, "9.90"));
    plait__file_close(context, &file);

    memory = NULL;
    memcpy(other, key, sizeof other);
    other[63] = 'e';
    CHECK_INT(plait_memory_open(context, path, other, &memory), PLAIT_INVALID);
    CHECK(strstr(plait_context_error(context), "expected the key that it was made with") != NULL);
    CHECK(strstr(plait_context_error(context), "1e1e") == NULL);
    CHECK_INT(plait_memory_open(context, path, "12", &memory), PLAIT_INVALID);
    CHECK_INT(plait_memory_open(context, path, NULL, &memory), PLAIT_INVALID);
    CHECK_INT(plait_memory_open(context, "/no/such/folder/memory", key, &memory), PLAIT_IO);
    CHECK(memory == NULL);
    CHECK_INT(plait_memory_open(context, path, key, &memory), PLAIT_OK);
    CHECK_INT(plait_memory_count(memory), 2);
    CHECK_INT(plait_memory_forget(memory, id), PLAIT_OK);
    plait_memory_destroy(memory);
    CHECK_INT(plait_memory_open(context, path, key, &memory), PLAIT_OK);
    CHECK_INT(plait_memory_count(memory), 1);
    CHECK_INT(plait_memory_forget(memory, NULL), PLAIT_OK);
    plait_memory_destroy(memory);
    CHECK_INT(plait__file_open(context, path, 0, &file), PLAIT_OK);
    CHECK(!contains(&file, id)); /* what is forgotten is overwritten */
    plait__file_close(context, &file);
    CHECK_INT(plait_memory_open(context, path, other, &memory), PLAIT_INVALID); /* an empty one has its key too */
    remove(path);
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    test_remembers();
    test_embeds_again();
    test_refuses();
    test_a_file_keeps_secrets();
    plait_context_destroy(context);
    return test__finish();
}
