#include "fusion/network.h"

#include <string.h>

enum { OUTPUTS_MOST = 2 };

plait_tensor plait__rows(const float *data, int64_t rows, const struct plait__sense *sense) {
    plait_tensor tensor = {.dtype = PLAIT_F32, .rank = 2, .dims = {rows, sense->width}, .data = (void *)(uintptr_t)data};
    if (sense->tokens) {
        tensor.rank = 3;
        tensor.dims[1] = sense->tokens;
        tensor.dims[2] = sense->width;
    }
    return tensor;
}

static enum plait_status expect(plait_context *context, const struct plait__network *network, const plait_tensor *found,
                                int64_t rows, int64_t columns) {
    if (found->dtype == PLAIT_F32 && found->rank > 0 && found->dims[0] == rows &&
        plait_tensor_elements(found) == rows * columns)
        return PLAIT_OK;
    return plait__fail(context, PLAIT_INVALID,
                       "%s: expected an output of %lld rows of %lld floats, as the manifest says, found %lld "
                       "elements of %s",
                       network->file, (long long)rows, (long long)columns, (long long)plait_tensor_elements(found),
                       plait_dtype_name(found->dtype));
}

enum plait_status plait__network_run(plait_context *context, const struct plait__network *network, const plait_tensor *inputs,
                                     size_t input_count, int64_t rows, int64_t columns, const float **out,
                                     int64_t second_columns, const float **second_out) {
    plait_tensor outputs[OUTPUTS_MOST];
    const size_t count = plait_session_output_count(network->session);
    if (plait_session_input_count(network->session) != input_count || count < 1 || count > OUTPUTS_MOST)
        return plait__fail(context, PLAIT_INVALID, "%s: expected %zu inputs and 1 or 2 outputs, found %zu and %zu",
                           network->file, input_count, plait_session_input_count(network->session), count);
    const enum plait_status status = plait_session_run(network->session, inputs, input_count, outputs, count);
    if (status != PLAIT_OK) return plait__fail_in(context, status, "%s", network->file);
    PLAIT__TRY(expect(context, network, &outputs[0], rows, columns));
    *out = outputs[0].data;
    if (second_out) *second_out = NULL;
    if (!second_out || count < 2) return PLAIT_OK;
    PLAIT__TRY(expect(context, network, &outputs[1], rows, second_columns));
    *second_out = outputs[1].data;
    return PLAIT_OK;
}

static void multiply(const struct plait__map *map, const float *in, float *out) {
    for (int r = 0; r < map->rows; r++) {
        double sum = map->bias[r];
        for (int c = 0; c < map->columns; c++)
            sum += (double)map->weights[(size_t)r * (size_t)map->columns + (size_t)c] * in[c];
        out[r] = (float)sum;
    }
}

enum plait_status plait__map_run(plait_context *context, const struct plait__map *map, const plait_tensor *inputs,
                                 size_t input_count, int64_t rows, int64_t columns, float *out, int64_t second_columns,
                                 float *second_out) {
    const float *first, *second = NULL;
    if (map->weights) {
        for (int64_t r = 0; r < rows; r++) multiply(map, (const float *)inputs->data + r * map->columns, out + r * map->rows);
        return PLAIT_OK;
    }
    PLAIT__TRY(plait__network_run(context, &map->network, inputs, input_count, rows, columns, &first, second_columns,
                                  second_out ? &second : NULL));
    memcpy(out, first, (size_t)(rows * columns) * sizeof *out);
    if (second) memcpy(second_out, second, (size_t)(rows * second_columns) * sizeof *second_out);
    return PLAIT_OK;
}
