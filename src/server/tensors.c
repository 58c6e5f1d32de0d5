#include "server/tensors.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/element.h"
#include "tensor/tensor.h"

static const struct {
    enum plait_dtype dtype;
    const char *name;
} datatypes[] = {{PLAIT_BOOL, "BOOL"},  {PLAIT_U8, "UINT8"}, {PLAIT_U16, "UINT16"}, {PLAIT_U32, "UINT32"},
                 {PLAIT_U64, "UINT64"}, {PLAIT_I8, "INT8"},  {PLAIT_I16, "INT16"},  {PLAIT_I32, "INT32"},
                 {PLAIT_I64, "INT64"},  {PLAIT_F16, "FP16"}, {PLAIT_F32, "FP32"},   {PLAIT_F64, "FP64"},
                 {PLAIT_BF16, "BF16"}};

const char *plait__datatype_name(enum plait_dtype dtype) {
    for (size_t i = 0; i < sizeof datatypes / sizeof *datatypes; i++)
        if (datatypes[i].dtype == dtype) return datatypes[i].name;
    return "";
}

enum plait_dtype plait__datatype_find(const char *name) {
    for (size_t i = 0; i < sizeof datatypes / sizeof *datatypes; i++)
        if (strcmp(datatypes[i].name, name) == 0) return datatypes[i].dtype;
    return PLAIT_DTYPE_NONE;
}

static void open_tensor(struct plait__writer *writer, const char *name, const char *datatype) {
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "name", name);
    plait__write_text(writer, "datatype", datatype);
    plait__write_open(writer, "shape", '[');
}

void plait__write_tensor_open(struct plait__writer *writer, const char *name, const plait_tensor *type) {
    open_tensor(writer, name, plait__datatype_name(type->dtype));
    for (int d = 0; d < type->rank; d++) plait__write_int(writer, NULL, type->dims[d]);
    if (type->rank < 0) plait__write_int(writer, NULL, -1);
    plait__write_close(writer, ']');
}

void plait__write_bytes_open(struct plait__writer *writer, const char *name) {
    open_tensor(writer, name, "BYTES");
    plait__write_int(writer, NULL, 1);
    plait__write_close(writer, ']');
}

/* ------------------------------------------------------------------ taking the data out */

/* Behind the string that begins at `at`, or NULL where it does not end. */
static const char *behind_string(const char *at, const char *end) {
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\') at++;
    return at < end ? at + 1 : NULL;
}

/* Behind a value: an array or object to its bracket, others to the next comma or bracket. */
static const char *behind_value(const char *at, const char *end) {
    int depth = 0;
    while (at && at < end) {
        if (*at == '"')
            at = behind_string(at, end);
        else if (*at == '[' || *at == '{')
            depth++, at++;
        else if (*at == ']' || *at == '}') {
            if (depth == 0) return at;
            at++;
            if (--depth == 0) return at;
        } else if (*at == ',' && depth == 0)
            return at;
        else
            at++;
    }
    return depth == 0 ? at : NULL;
}

static bool is_key(const char *at, const char *after, const char *name) {
    return (size_t)(after - at) == strlen(name) + 2 && memcmp(at + 1, name, strlen(name)) == 0;
}

static const char *skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
    return at;
}

enum plait_status plait__take_data_out(plait_context *context, const char *text, size_t size, struct plait__buffer *left,
                                       struct plait__span_of_text runs_out[PLAIT__TENSORS_MOST], int *count_out) {
    const char *at = text, *kept = text, *const end = text + size;
    int depth = 0;
    bool in_inputs = false; /* the value of the root's key "inputs" */
    *count_out = 0;
    while (at < end) {
        if (*at == '[' || *at == '{') depth++;
        if (*at == ']' || *at == '}') depth--;
        if (*at != '"') {
            at++;
            continue;
        }
        const char *after = behind_string(at, end);
        if (!after) return plait__fail(context, PLAIT_INVALID, "not JSON: a string does not end");
        const char *colon = skip_space(after, end);
        const bool key = colon < end && *colon == ':';
        if (key && depth == 1) in_inputs = is_key(at, after, "inputs");
        if (!(key && depth == 3 && in_inputs && is_key(at, after, "data"))) {
            at = after;
            continue;
        }
        const char *value = skip_space(colon + 1, end), *past = behind_value(value, end);
        if (!past) return plait__fail(context, PLAIT_INVALID, "not JSON: the data of an input does not end");
        if (*count_out == PLAIT__TENSORS_MOST)
            return plait__fail(context, PLAIT_LIMIT, "expected at most %d inputs", PLAIT__TENSORS_MOST);
        PLAIT__TRY(plait__buffer_append(left, kept, (size_t)(value - kept)));
        PLAIT__TRY(plait__buffer_printf(left, "%d", *count_out));
        runs_out[(*count_out)++] = (struct plait__span_of_text){value, (size_t)(past - value)};
        at = kept = past;
    }
    return plait__buffer_append(left, kept, (size_t)(end - kept));
}

/* ------------------------------------------------------------------ numbers in */

/* Where the next number goes. */
struct filling {
    plait_context *context;
    plait_tensor *tensor;
    int64_t index, count;
};

static enum plait_status fail_number(const struct filling *filling, const char *at) {
    return plait__fail(filling->context, PLAIT_INVALID, "data: expected %s as element %lld, found \"%.*s\"",
                       plait__datatype_name(filling->tensor->dtype), (long long)filling->index, (int)strcspn(at, ",]} \n\r\t"),
                       at);
}

static bool store_real(struct filling *filling, const char *at, size_t length) {
    char *stopped;
    const double value = strtod(at, &stopped);
    if (stopped != at + length) return false;
    if (filling->tensor->dtype == PLAIT_F32 && !isfinite((double)(float)value)) return false;
    if (!isfinite(value)) return false;
    plait__store_reals(filling->tensor, filling->index, 1, 1, &value);
    return true;
}

static bool store_integer(struct filling *filling, const char *at, size_t length) {
    char *stopped;
    int64_t value;
    errno = 0;
    if (filling->tensor->dtype == PLAIT_U64) {
        const unsigned long long natural = strtoull(at, &stopped, 10);
        if (*at == '-') return false;
        memcpy(&value, &natural, sizeof value);
    } else {
        value = strtoll(at, &stopped, 10);
    }
    if (errno || stopped != at + length) return false;
    plait__store_integers(filling->tensor, filling->index, 1, 1, &value);
    if (filling->tensor->dtype == PLAIT_BOOL) return value == 0 || value == 1;
    return plait__load_integer(filling->tensor, filling->index) == value; /* or it was wrapped: out of range */
}

/* A number by JSON's grammar; its length, 0 where there is none. */
static size_t number_length(const char *at) {
    const char *start = at;
    if (*at == '-') at++;
    const size_t whole = strspn(at, "0123456789");
    if (whole == 0 || (whole > 1 && *at == '0')) return 0;
    at += whole;
    if (*at == '.') {
        const size_t fraction = strspn(++at, "0123456789");
        if (fraction == 0) return 0;
        at += fraction;
    }
    if (*at == 'e' || *at == 'E') {
        if (*++at == '+' || *at == '-') at++;
        const size_t exponent = strspn(at, "0123456789");
        if (exponent == 0) return 0;
        at += exponent;
    }
    return (size_t)(at - start);
}

static enum plait_status take_number(struct filling *filling, const char **at) {
    if (filling->index == filling->count)
        return plait__fail(filling->context, PLAIT_INVALID, "data: expected %lld elements as the shape says, found more",
                           (long long)filling->count);
    const bool yes = strncmp(*at, "true", 4) == 0, no = strncmp(*at, "false", 5) == 0;
    if ((yes || no) && filling->tensor->dtype == PLAIT_BOOL) {
        const int64_t value = yes;
        plait__store_integers(filling->tensor, filling->index, 1, 1, &value);
        *at += yes ? 4 : 5;
    } else {
        const size_t length = number_length(*at);
        const bool real = filling->tensor->dtype != PLAIT_BOOL && plait__is_float(filling->tensor->dtype);
        if (length == 0 || length > 400 || !(real ? store_real : store_integer)(filling, *at, length))
            return fail_number(filling, *at);
        *at += length;
    }
    filling->index++;
    return PLAIT_OK;
}

enum plait_status plait__tensor_from_json(plait_context *context, const struct plait__span_of_text *run, plait_tensor *tensor) {
    struct filling filling = {.context = context, .tensor = tensor, .count = plait_tensor_elements(tensor)};
    const char *at = run->at, *const end = run->at + run->size;
    int depth = 0;
    bool value = true; /* a value may come next, or else a comma or the end */
    if (at == end || *at != '[') return plait__fail(context, PLAIT_INVALID, "data: expected an array");
    bool empty = false; /* right after a [ */
    while ((at = skip_space(at, end)) < end) {
        if (value && *at == '[') {
            if (++depth > PLAIT_MAX_RANK + 1) return plait__fail(context, PLAIT_INVALID, "data: nested too deeply");
            empty = true;
            at++;
        } else if (*at == ']' && (!value || empty) && depth > 0) {
            depth--;
            value = empty = false;
            at++;
        } else if (!value && *at == ',' && depth > 0) {
            value = true;
            at++;
        } else if (value && depth > 0) {
            PLAIT__TRY(take_number(&filling, &at));
            value = empty = false;
        } else {
            return plait__fail(context, PLAIT_INVALID, "data: expected numbers in arrays");
        }
    }
    if (depth != 0 || value) return plait__fail(context, PLAIT_INVALID, "data: an array does not end");
    if (filling.index != filling.count)
        return plait__fail(context, PLAIT_INVALID, "data: expected %lld elements as the shape says, found %lld",
                           (long long)filling.count, (long long)filling.index);
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ numbers out */

static int print_number(const plait_tensor *tensor, int64_t index, char digits[40]) {
    if (tensor->dtype == PLAIT_BOOL) return snprintf(digits, 40, "%s", plait__load_integer(tensor, index) ? "true" : "false");
    if (plait__is_float(tensor->dtype)) {
        const double value = plait__load_real(tensor, index);
        if (!isfinite(value)) return snprintf(digits, 40, "null");
        return snprintf(digits, 40, tensor->dtype == PLAIT_F64 ? "%.17g" : "%.9g", value);
    }
    const long long value = plait__load_integer(tensor, index);
    return tensor->dtype == PLAIT_U64 ? snprintf(digits, 40, "%llu", (unsigned long long)value)
                                      : snprintf(digits, 40, "%lld", value);
}

enum plait_status plait__tensor_to_json(const plait_tensor *tensor, struct plait__buffer *buffer) {
    const int64_t count = plait_tensor_elements(tensor);
    PLAIT__TRY(plait__buffer_append(buffer, "[", 1));
    for (int64_t i = 0; i < count; i++) {
        char digits[41] = ",";
        const int length = print_number(tensor, i, digits + 1);
        PLAIT__TRY(plait__buffer_append(buffer, digits + (i == 0), (size_t)(length + (i > 0))));
    }
    return plait__buffer_append(buffer, "]", 1);
}
