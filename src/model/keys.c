#include "model/keys.h"

#include <string.h>

enum plait_status plait__keys_kept(struct plait__package *package, const char *text, const char **text_out) {
    return (*text_out = plait__arena_string(&package->arena, text, strlen(text))) ? PLAIT_OK : PLAIT_MEMORY;
}

enum plait_status plait__keys_text(struct plait__package *package, const struct plait__json *at, const char *key, bool required,
                                   const char **text_out) {
    const char *text;
    if (!required && !plait__json_has(at, key)) return PLAIT_OK;
    PLAIT__TRY(plait__json_text(at, key, &text));
    if (!*text) return plait__json_fail(at, key, PLAIT_INVALID, "expected a text that is not empty");
    return plait__keys_kept(package, text, text_out);
}

enum plait_status plait__keys_file(struct plait__package *package, const struct plait__json *at, const char *key,
                                   const char **file_out) {
    const char *name;
    PLAIT__TRY(plait__json_text(at, key, &name));
    for (int i = 0; i < package->file_count; i++) {
        if (strcmp(package->files[i].name, name) != 0) continue;
        *file_out = package->files[i].name;
        return PLAIT_OK;
    }
    return plait__json_fail(at, key, PLAIT_INVALID, "expected a name listed in files, found \"%s\"", name);
}

static enum plait_status read_key(struct plait__package *package, const struct plait__json *at, const struct plait__key *key,
                                  void *place) {
    bool there = key->required || plait__json_has(at, key->name);
    int64_t whole = (int64_t)key->fallback;
    double number = key->fallback;
    bool yes = key->fallback != 0;
    switch (key->kind) {
    case PLAIT__INT:
        if (there) PLAIT__TRY(plait__json_int(at, key->name, (int64_t)key->low, (int64_t)key->high, &whole));
        *(int *)place = (int)whole;
        break;
    case PLAIT__TIME:
        if (there) PLAIT__TRY(plait__json_int(at, key->name, (int64_t)key->low, (int64_t)key->high, &whole));
        *(int64_t *)place = whole;
        break;
    case PLAIT__FLOAT:
        if (there) PLAIT__TRY(plait__json_number(at, key->name, key->low, key->high, &number));
        *(float *)place = (float)number;
        break;
    case PLAIT__BOOL:
        if (there) PLAIT__TRY(plait__json_bool(at, key->name, &yes));
        *(bool *)place = yes;
        break;
    case PLAIT__TEXT:
        return plait__keys_text(package, at, key->name, key->required, place);
    case PLAIT__FILE_NAME:
        return there ? plait__keys_file(package, at, key->name, place) : PLAIT_OK;
    }
    return PLAIT_OK;
}

enum plait_status plait__keys_read(struct plait__package *package, const struct plait__json *at, const struct plait__key *keys,
                                   const char *const *others, void *target) {
    for (const struct plait__key *key = keys; key->name; key++)
        PLAIT__TRY(read_key(package, at, key, (char *)target + key->offset));
    for (struct plait__json item = {0}; plait__json_next(at, &item);) {
        bool known = false;
        for (const struct plait__key *key = keys; key->name && !known; key++) known = strcmp(item.key, key->name) == 0;
        for (int i = 0; others[i] && !known; i++) known = strcmp(item.key, others[i]) == 0;
        if (!known) return plait__json_fail(&item, NULL, PLAIT_INVALID, "there is no such key");
    }
    return PLAIT_OK;
}

enum plait_status plait__keys_texts(struct plait__package *package, const struct plait__json *at, const char *key,
                                    const char ***texts_out, int *count_out) {
    struct plait__json list, item = {0};
    if (!plait__json_has(at, key)) return PLAIT_OK;
    PLAIT__TRY(plait__json_array(at, key, &list));
    const char **texts = plait__arena_array(&package->arena, (size_t)plait__json_count(&list), sizeof *texts), *text;
    if (!texts) return PLAIT_MEMORY;
    for (int i = 0; plait__json_next(&list, &item); i++) {
        PLAIT__TRY(plait__json_text(&item, NULL, &text));
        PLAIT__TRY(plait__keys_kept(package, text, &texts[i]));
    }
    *count_out = plait__json_count(&list);
    *texts_out = texts;
    return PLAIT_OK;
}
