/* Typed records for encoders: [1, features] f32.  A number makes (value - mean) / deviation and whether it is missing, a
 * category one feature for each of its values and one for missing or any other. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "fusion/moment.h"

/* A category's value as text: true and false count as such, and so does a whole number. */
static enum plait_status read_category(const struct plait__json *record, const char *name, char text[32],
                                       const char **text_out) {
    bool yes;
    double number;
    *text_out = text;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(record->item, name);
    if (cJSON_IsBool(item)) {
        PLAIT__TRY(plait__json_bool(record, name, &yes));
        snprintf(text, 32, "%s", yes ? "true" : "false");
        return PLAIT_OK;
    }
    if (!cJSON_IsNumber(item)) return plait__json_text(record, name, text_out);
    PLAIT__TRY(plait__json_number(record, name, -1e15, 1e15, &number));
    snprintf(text, 32, "%.15g", number);
    return PLAIT_OK;
}

/* Fills the column's features, `out` cleared before; `missing_out`: it has no value, or none that is known. */
static enum plait_status read_value(const struct plait__json *record, const struct plait__column *column, float *out,
                                    bool *missing_out) {
    char held[32];
    const char *text;
    double number;
    int v = 0;
    *missing_out = !plait__json_has(record, column->name);
    if (*missing_out) {
        out[column->category ? column->value_count : 1] = 1;
        return PLAIT_OK;
    }
    if (!column->category) {
        PLAIT__TRY(plait__json_number(record, column->name, -1e15, 1e15, &number));
        out[0] = ((float)number - column->mean) / column->deviation;
        return PLAIT_OK;
    }
    PLAIT__TRY(read_category(record, column->name, held, &text));
    while (v < column->value_count && strcmp(column->values[v], text) != 0) v++;
    out[v] = 1;
    *missing_out = v == column->value_count;
    return PLAIT_OK;
}

static enum plait_status read_record(const struct plait__json *record, const struct plait__input *input, float *out,
                                     int *known_out) {
    *known_out = 0;
    for (int c = 0; c < input->column_count; c++) {
        const struct plait__column *column = &input->columns[c];
        bool missing;
        PLAIT__TRY(read_value(record, column, out, &missing));
        *known_out += !missing;
        out += column->category ? column->value_count + 1 : 2;
    }
    return PLAIT_OK;
}

enum plait_status plait__prepare_structured(struct plait__arena *arena, const struct plait__input *input, const void *bytes,
                                            size_t size, plait_tensor *tensor_out, struct plait__quality *quality_out) {
    struct plait__json root, record;
    int known = 0;
    PLAIT__TRY(plait__prepared(arena, 2, (int64_t[]){1, input->feature_count}, tensor_out));
    PLAIT__TRY(plait__json_parse(arena->context, bytes, size, "record", &root));
    enum plait_status status = plait__json_object(&root, NULL, &record);
    if (status == PLAIT_OK) status = read_record(&record, input, tensor_out->data, &known);
    plait__json_end(&root);
    quality_out->value = (float)known / (float)input->column_count;
    quality_out->measures[quality_out->count++] = (struct plait__quality_measure){"known", quality_out->value};
    return status;
}
