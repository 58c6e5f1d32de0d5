#include <string.h>

#include "base/json.h"
#include "document/score.h"

static enum plait_status read_line(struct plait__arena *arena, const struct plait__json *at, struct plait__truth_line *line) {
    struct plait__json box, side = {0};
    const char *text;
    PLAIT__TRY(plait__json_array(at, "box", &box));
    for (int i = 0; i < 4 && plait__json_next(&box, &side); i++)
        PLAIT__TRY(plait__json_number(&side, NULL, -1e6, 1e6, &line->box[i]));
    PLAIT__TRY(plait__json_text(at, "text", &text));
    line->mute = strspn(text, "* ") == strlen(text);
    return (line->text = plait__score_fold(arena, text)) ? PLAIT_OK : PLAIT_MEMORY;
}

static enum plait_status read_truth(struct plait__arena *arena, const struct plait__json *root, struct plait__truth *truth) {
    struct plait__json lines, fields, item = {0};
    const char *image;
    int64_t width, height;
    PLAIT__TRY(plait__json_text(root, "image", &image));
    if (!*image || strchr(image, '/'))
        return plait__json_fail(root, "image", PLAIT_INVALID, "expected a file name without a folder");
    truth->image = plait__arena_string(arena, image, strlen(image));
    if (!truth->image) return PLAIT_MEMORY;
    PLAIT__TRY(plait__json_int(root, "width", 1, INT32_MAX, &width));
    PLAIT__TRY(plait__json_int(root, "height", 1, INT32_MAX, &height));
    PLAIT__TRY(plait__json_array(root, "lines", &lines));
    PLAIT__TRY(plait__json_object(root, "fields", &fields));
    truth->width = (int)width;
    truth->height = (int)height;
    truth->lines = plait__arena_array(arena, (size_t)plait__json_count(&lines), sizeof *truth->lines);
    truth->fields = plait__arena_array(arena, (size_t)plait__json_count(&fields), sizeof *truth->fields);
    if (!truth->lines || !truth->fields) return PLAIT_MEMORY;
    while (plait__json_next(&lines, &item)) PLAIT__TRY(read_line(arena, &item, &truth->lines[truth->line_count++]));
    for (item = (struct plait__json){0}; plait__json_next(&fields, &item);) {
        struct plait__truth_field *field = &truth->fields[truth->field_count++];
        const char *text;
        field->name = plait__arena_string(arena, item.key, strlen(item.key));
        if (!field->name) return PLAIT_MEMORY;
        if (!plait__json_has(&item, NULL)) continue;
        PLAIT__TRY(plait__json_text(&item, NULL, &text));
        field->text = plait__arena_string(arena, text, strlen(text));
        if (!field->text) return PLAIT_MEMORY;
    }
    return PLAIT_OK;
}

enum plait_status plait__truth_read(struct plait__arena *arena, const char *json, size_t size, const char *source,
                                    struct plait__truth *truth_out) {
    struct plait__json root;
    struct plait__truth truth = {0};
    PLAIT__TRY(plait__json_parse(arena->context, json, size, source, &root));
    enum plait_status status = read_truth(arena, &root, &truth);
    plait__json_end(&root);
    if (status == PLAIT_OK) *truth_out = truth;
    return status;
}
