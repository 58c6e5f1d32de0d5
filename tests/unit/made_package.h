/* Packages made in memory: files are added, then the manifest with their sizes and digests.
 *
 *     struct made made = {0};
 *     made_add(&made, "net.onnx", model.file.data, model.file.size);
 *     made_manifest(&made, "\"name\": \"toy\", ...");                      // all but schema and files
 *     plait_model_create_from_files(context, made.files, made.count, NULL, &model); */
#ifndef PLAIT_TESTS_MADE_PACKAGE_H
#define PLAIT_TESTS_MADE_PACKAGE_H

#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "plait.h"

enum { MADE_FILES = 24 };

struct made {
    struct plait_file files[MADE_FILES]; /* the first is the manifest */
    size_t count;
    char manifest[1 << 15];
};

static inline void made_add(struct made *made, const char *name, const void *bytes, size_t size) {
    if (made->count == 0) made->count = 1;
    made->files[made->count++] = (struct plait_file){name, bytes, size};
}

static inline void made_manifest(struct made *made, const char *members) {
    char digest[65];
    int used = snprintf(made->manifest, sizeof made->manifest, "{\"schema\": \"plait.package/1\", %s, \"files\": {", members);
    if (made->count == 0) made->count = 1;
    for (size_t i = 1; i < made->count; i++) {
        plait__sha256_hex(made->files[i].bytes, made->files[i].size, digest);
        used += snprintf(made->manifest + used, sizeof made->manifest - (size_t)used,
                         "%s\"%s\": {\"bytes\": %zu, \"sha256\": \"%s\"}", i > 1 ? ", " : "", made->files[i].name,
                         made->files[i].size, digest);
    }
    used += snprintf(made->manifest + used, sizeof made->manifest - (size_t)used, "}}");
    made->files[0] = (struct plait_file){"manifest.json", made->manifest, (size_t)used};
}

#endif
