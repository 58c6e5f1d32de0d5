#include <string.h>

#include "onnx/reader.h"

enum plait_status plait__scope_add(struct plait__scope *scope, const char *name, int *value_out) {
    if (plait__names_find(&scope->names, name) >= 0)
        return plait__fail(scope->reader->context, PLAIT_INVALID, "the name '%s' is given to two values", name);
    int value = plait__graph_add_value(scope->graph, name);
    if (value < 0) return PLAIT_MEMORY;
    PLAIT__TRY(plait__names_add(&scope->names, name, value));
    *value_out = value;
    return PLAIT_OK;
}

static enum plait_status remember_capture(struct plait__scope *scope, int outer_value, int inner_value) {
    if (scope->capture_count == scope->capture_capacity) {
        int capacity = scope->capture_capacity ? scope->capture_capacity * 2 : 8;
        struct plait__capture *captures = plait__arena_array(&scope->reader->scratch, (size_t)capacity, sizeof *captures);
        if (!captures) return PLAIT_MEMORY;
        if (scope->capture_count) memcpy(captures, scope->captures, (size_t)scope->capture_count * sizeof *captures);
        scope->captures = captures;
        scope->capture_capacity = capacity;
    }
    scope->captures[scope->capture_count++] = (struct plait__capture){outer_value, inner_value};
    return PLAIT_OK;
}

enum plait_status plait__scope_find(struct plait__scope *scope, const char *name, int *value_out) {
    *value_out = plait__names_find(&scope->names, name);
    if (*value_out != -1 || !scope->outer) return PLAIT_OK;
    int outer_value, value;
    PLAIT__TRY(plait__scope_find(scope->outer, name, &outer_value));
    *value_out = outer_value;
    if (outer_value < 0) return PLAIT_OK;
    const struct plait__value outer = scope->outer->graph->values[outer_value];
    const char *kept = plait__arena_string(&scope->graph->arena, name, strlen(name));
    if (!kept) return PLAIT_MEMORY;
    PLAIT__TRY(plait__scope_add(scope, kept, &value));
    scope->graph->values[value].type = outer.type;
    scope->graph->values[value].constant = outer.constant;
    if (!outer.constant) PLAIT__TRY(remember_capture(scope, outer_value, value));
    *value_out = value;
    return PLAIT_OK;
}
