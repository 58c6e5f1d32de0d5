/* Networks and matrices on rows of numbers, with what they promise checked. */
#ifndef PLAIT_FUSION_NETWORK_H
#define PLAIT_FUSION_NETWORK_H

#include "model/multimodal.h"

/* Embeddings of a modality as a tensor: [rows, width] or [rows, tokens, width] f32. */
plait_tensor plait__rows(const float *data, int64_t rows, const struct plait__sense *sense);

/* Runs a network.  Its first output must have `rows` rows of `columns` floats in all dimensions after the first, its second,
 * where it has one and `second_columns` is not 0, rows of that; `second_out` is NULL where it has none.  Both are the session's
 * until its next run. */
enum plait_status plait__network_run(plait_context *context, const struct plait__network *network, const plait_tensor *inputs,
                                     size_t input_count, int64_t rows, int64_t columns, const float **out,
                                     int64_t second_columns, const float **second_out);

/* The same for a network or a matrix, the results copied: [rows, columns], and [rows, second_columns] left as it was where
 * there is none.  A matrix takes one input, flattened. */
enum plait_status plait__map_run(plait_context *context, const struct plait__map *map, const plait_tensor *inputs,
                                 size_t input_count, int64_t rows, int64_t columns, float *out, int64_t second_columns,
                                 float *second_out);

#endif
