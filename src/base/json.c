#include "base/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* How deep brackets nest outside strings: looked at first, since the parser recurses. */
static int deepest_nesting(const char *text, size_t size) {
    int depth = 0, deepest = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '"') in_string = !in_string;
        if (in_string) {
            i += c == '\\'; /* the escaped character is not looked at */
        } else if (c == '[' || c == '{') {
            depth++;
            if (depth > deepest) deepest = depth;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return deepest;
}

static bool only_space(const char *text, const char *end) {
    while (text < end && (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\r')) text++;
    return text == end;
}

enum plait_status plait__json_parse(plait_context *context, const char *text, size_t size, const char *source,
                                    struct plait__json *root_out) {
    if (size > PLAIT__JSON_SIZE_CEILING)
        return plait__fail(context, PLAIT_LIMIT, "%s: %zu bytes of JSON, the ceiling is %d", source, size,
                           PLAIT__JSON_SIZE_CEILING);
    int depth = deepest_nesting(text, size);
    if (depth > PLAIT__JSON_DEPTH_CEILING)
        return plait__fail(context, PLAIT_LIMIT, "%s: JSON nested %d deep, the ceiling is %d", source, depth,
                           PLAIT__JSON_DEPTH_CEILING);
    const char *stopped = text;
    cJSON *root = cJSON_ParseWithLengthOpts(text, size, &stopped, false);
    if (!root || !only_space(stopped, text + size)) {
        cJSON_Delete(root);
        return plait__fail(context, PLAIT_INVALID, "%s: not JSON at byte %zu of %zu", source, (size_t)(stopped - text), size);
    }
    *root_out = (struct plait__json){.context = context, .source = source, .item = root};
    return PLAIT_OK;
}

void plait__json_end(struct plait__json *root) {
    cJSON_Delete((cJSON *)root->item); /* made by plait__json_parse, const only to its readers */
    root->item = NULL;
}

/* Writes "detector.sizes[2]" and returns its length, which is below `capacity`. */
static size_t describe_way(const struct plait__json *at, char *out, size_t capacity) {
    if (!at->parent) {
        out[0] = '\0';
        return 0;
    }
    size_t used = describe_way(at->parent, out, capacity);
    int length = at->key ? snprintf(out + used, capacity - used, "%s%s", used ? "." : "", at->key)
                         : snprintf(out + used, capacity - used, "[%d]", at->index);
    used += length > 0 ? (size_t)length : 0;
    return used < capacity ? used : capacity - 1;
}

enum plait_status plait__json_fail(const struct plait__json *at, const char *key, enum plait_status status, const char *format,
                                   ...) {
    struct plait__json child = {.parent = at, .key = key};
    char way[200], sentence[300];
    describe_way(key ? &child : at, way, sizeof way);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return plait__fail(at->context, status, "%s: %s%s%s", at->source, way, way[0] ? ": " : "", sentence);
}

static const cJSON *find(const struct plait__json *at, const char *key) {
    return key ? cJSON_GetObjectItemCaseSensitive(at->item, key) : at->item;
}

static const char *kind_name(const cJSON *item) {
    if (!item) return "nothing";
    if (cJSON_IsObject(item)) return "an object";
    if (cJSON_IsArray(item)) return "an array";
    if (cJSON_IsString(item)) return "a string";
    if (cJSON_IsNumber(item)) return "a number";
    return cJSON_IsBool(item) ? "a boolean" : "null";
}

static enum plait_status fail_kind(const struct plait__json *at, const char *key, const char *expected) {
    return plait__json_fail(at, key, PLAIT_INVALID, "expected %s, found %s", expected, kind_name(find(at, key)));
}

bool plait__json_has(const struct plait__json *at, const char *key) {
    const cJSON *item = find(at, key);
    return item && !cJSON_IsNull(item);
}

static struct plait__json child_at(const struct plait__json *at, const char *key, const cJSON *item) {
    return (struct plait__json){.context = at->context, .source = at->source, .item = item, .parent = at, .key = key};
}

static enum plait_status child_of_kind(const struct plait__json *at, const char *key, cJSON_bool (*is_kind)(const cJSON *),
                                       const char *expected, struct plait__json *child_out) {
    const cJSON *item = find(at, key);
    if (!is_kind(item)) return fail_kind(at, key, expected);
    *child_out = key ? child_at(at, key, item) : *at;
    return PLAIT_OK;
}

enum plait_status plait__json_object(const struct plait__json *at, const char *key, struct plait__json *child_out) {
    return child_of_kind(at, key, cJSON_IsObject, "an object", child_out);
}

enum plait_status plait__json_array(const struct plait__json *at, const char *key, struct plait__json *child_out) {
    return child_of_kind(at, key, cJSON_IsArray, "an array", child_out);
}

int plait__json_count(const struct plait__json *at) {
    return cJSON_GetArraySize(at->item);
}

bool plait__json_next(const struct plait__json *at, struct plait__json *child) {
    const cJSON *item = child->item ? child->item->next : at->item->child;
    int index = child->item ? child->index + 1 : 0;
    if (!item) return false;
    *child = child_at(at, item->string, item);
    child->index = index;
    return true;
}

enum plait_status plait__json_text(const struct plait__json *at, const char *key, const char **text_out) {
    const cJSON *item = find(at, key);
    if (!cJSON_IsString(item)) return fail_kind(at, key, "a string");
    *text_out = item->valuestring;
    return PLAIT_OK;
}

enum plait_status plait__json_bool(const struct plait__json *at, const char *key, bool *value_out) {
    const cJSON *item = find(at, key);
    if (!cJSON_IsBool(item)) return fail_kind(at, key, "a boolean");
    *value_out = cJSON_IsTrue(item);
    return PLAIT_OK;
}

enum plait_status plait__json_number(const struct plait__json *at, const char *key, double low, double high,
                                     double *value_out) {
    const cJSON *item = find(at, key);
    if (!cJSON_IsNumber(item)) return fail_kind(at, key, "a number");
    double value = item->valuedouble;
    if (!(value >= low && value <= high))
        return plait__json_fail(at, key, PLAIT_INVALID, "expected a number in %g..%g, found %g", low, high, value);
    *value_out = value;
    return PLAIT_OK;
}

enum plait_status plait__json_int(const struct plait__json *at, const char *key, int64_t low, int64_t high,
                                  int64_t *value_out) {
    const cJSON *item = find(at, key);
    if (!cJSON_IsNumber(item)) return fail_kind(at, key, "a whole number");
    double value = item->valuedouble;
    bool whole = value == floor(value) && fabs(value) <= 9007199254740992.0; /* 2^53: beyond, doubles skip whole numbers */
    if (!whole || (int64_t)value < low || (int64_t)value > high)
        return plait__json_fail(at, key, PLAIT_INVALID, "expected a whole number in %lld..%lld, found %.17g", (long long)low,
                                (long long)high, value);
    *value_out = (int64_t)value;
    return PLAIT_OK;
}

cJSON *plait__json_create_rounded(double value, int decimals) {
    double scale = pow(10, decimals);
    return cJSON_CreateNumber(round(value * scale) / scale);
}
