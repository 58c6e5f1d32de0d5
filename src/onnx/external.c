/* Weights that a model keeps in files beside it. */
#include <string.h>

#include "onnx.pb.h"
#include "onnx/tensor_proto.h"

struct place {
    const char *location;
    uint64_t offset, length;
    bool has_length;
};

static enum plait_status parse_number(plait_context *context, const char *key, struct plait__slice text, uint64_t *number_out) {
    uint64_t number = 0;
    if (text.size == 0 || text.size > 18)
        return plait__fail(context, PLAIT_INVALID, "external data: the %s has %zu digits", key, text.size);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return plait__fail(context, PLAIT_INVALID, "external data: the %s is not a number", key);
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }
    *number_out = number;
    return PLAIT_OK;
}

static enum plait_status read_place(const struct plait__tensor_reader *reader, const struct plait__slices *entries,
                                    struct place *place) {
    plait_context *context = reader->context;
    for (int i = 0; i < entries->count; i++) {
        onnx_StringStringEntryProto entry = onnx_StringStringEntryProto_init_zero;
        struct plait__slice key, value;
        entry.key = plait__take_slice(&key);
        entry.value = plait__take_slice(&value);
        PLAIT__TRY(plait__decode(context, entries->items[i], onnx_StringStringEntryProto_fields, &entry, "external data"));
        if (plait__slice_is(key, "location")) {
            PLAIT__TRY(plait__slice_text(reader->scratch, value, &place->location));
        } else if (plait__slice_is(key, "offset")) {
            PLAIT__TRY(parse_number(context, "offset", value, &place->offset));
        } else if (plait__slice_is(key, "length")) {
            PLAIT__TRY(parse_number(context, "length", value, &place->length));
            place->has_length = true;
        }
    }
    if (!place->location) return plait__fail(context, PLAIT_INVALID, "external data without a location");
    return PLAIT_OK;
}

/* A location is a path inside the model's folder: nothing absolute, no way up, no other system's separators. */
static bool is_inside(const char *location) {
    if (location[0] == '\0' || location[0] == '/' || strchr(location, '\\') || strchr(location, ':')) return false;
    for (const char *part = location; part; part = strchr(part, '/')) {
        if (*part == '/') part++;
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')) return false;
    }
    return true;
}

static enum plait_status open_once(const struct plait__tensor_reader *reader, const char *location,
                                   struct plait__slice *file_out) {
    plait_context *context = reader->context;
    struct plait__graph *graph = reader->graph;
    for (struct plait__graph_file *file = graph->files; file; file = file->next) {
        if (strcmp(file->name, location) != 0) continue;
        *file_out = (struct plait__slice){file->file.bytes, file->file.size};
        return PLAIT_OK;
    }
    size_t folder = strlen(reader->folder), name = strlen(location);
    char *path = plait__arena_allocate(reader->scratch, folder + name + 2);
    struct plait__graph_file *file = plait__arena_allocate(&graph->arena, sizeof *file);
    if (!path || !file) return PLAIT_MEMORY;
    memcpy(path, reader->folder, folder);
    path[folder] = '/';
    memcpy(path + folder + 1, location, name + 1);
    file->name = plait__arena_string(&graph->arena, location, name);
    if (!file->name) return PLAIT_MEMORY;
    enum plait_status status = plait__file_open(context, path, 0, &file->file);
    if (status != PLAIT_OK) return plait__fail_in(context, status, "external data");
    file->next = graph->files;
    graph->files = file;
    *file_out = (struct plait__slice){file->file.bytes, file->file.size};
    return PLAIT_OK;
}

enum plait_status plait__external_data(const struct plait__tensor_reader *reader, const struct plait__slices *entries,
                                       size_t bytes_expected, struct plait__slice *data_out) {
    plait_context *context = reader->context;
    struct place place = {0};
    struct plait__slice file;
    if (!reader->folder || !reader->graph)
        return plait__fail(context, PLAIT_INVALID, "external data, but this model has no folder to look for it");
    PLAIT__TRY(read_place(reader, entries, &place));
    if (!is_inside(place.location))
        return plait__fail(context, PLAIT_INVALID, "external data '%s' is not a path inside the model's folder",
                           place.location);
    if (place.has_length && place.length != bytes_expected)
        return plait__fail(context, PLAIT_INVALID, "external data '%s': a tensor of %zu bytes, but the length is %llu",
                           place.location, bytes_expected, (unsigned long long)place.length);
    PLAIT__TRY(open_once(reader, place.location, &file));
    if (place.offset > file.size || bytes_expected > file.size - place.offset)
        return plait__fail(context, PLAIT_INVALID, "external data '%s': %zu bytes at %llu, but the file has %zu",
                           place.location, bytes_expected, (unsigned long long)place.offset, file.size);
    *data_out = (struct plait__slice){file.data + place.offset, bytes_expected};
    return PLAIT_OK;
}
