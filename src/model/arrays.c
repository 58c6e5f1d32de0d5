/* The arrays that a multimodal package names: examples to retrieve, and what embeddings were in training. */
#include <math.h>
#include <string.h>

#include "model/multimodal.h"
#include "tensor/element.h"
#include "tensor/npy.h"

enum { ARRAY_BYTES_MOST = 1 << 30 };

/* A file's array, whatever its dtype, in the package's arena; `rank` dimensions, those of `dims` that are not -1 as given. */
static enum plait_status read_array(struct plait__package *package, const char *name, int rank, const int64_t *dims,
                                    plait_tensor *tensor_out) {
    char path[PLAIT__PATH_BYTES];
    struct plait__file file;
    PLAIT__TRY(plait__package_file(package, name, ARRAY_BYTES_MOST, path, &file));
    enum plait_status status = plait__npy_read(package->context, file.bytes, file.size, &package->arena, tensor_out);
    plait__file_close(package->context, &file);
    if (status != PLAIT_OK) return plait__fail_in(package->context, status, "%s", path);
    bool right = tensor_out->rank == rank;
    for (int i = 0; i < rank && right; i++) right = dims[i] < 0 ? tensor_out->dims[i] > 0 : tensor_out->dims[i] == dims[i];
    if (right) return PLAIT_OK;
    return plait__fail(package->context, PLAIT_INVALID,
                       "%s: expected an array of %d dimensions, %lld in the last, as the manifest says", path, rank,
                       (long long)dims[rank - 1]);
}

/* The same as f32, every number finite. */
static enum plait_status read_floats(struct plait__package *package, const char *name, int rank, const int64_t *dims,
                                     plait_tensor *tensor_out) {
    plait_tensor tensor;
    if (!name) return PLAIT_OK;
    PLAIT__TRY(read_array(package, name, rank, dims, &tensor));
    const int64_t count = plait_tensor_elements(&tensor);
    float *floats = plait__arena_array(&package->arena, plait__arena_count(count), sizeof *floats);
    if (!floats) return PLAIT_MEMORY;
    for (int64_t i = 0; i < count; i++) {
        floats[i] = (float)plait__load_real(&tensor, i);
        if (!isfinite(floats[i]))
            return plait__fail(package->context, PLAIT_INVALID, "%s: number %lld is not finite", name, (long long)i);
    }
    *tensor_out = tensor;
    tensor_out->dtype = PLAIT_F32;
    tensor_out->data = floats;
    return PLAIT_OK;
}

static enum plait_status read_drift(struct plait__package *package, struct plait__drift *drift, int64_t size) {
    struct plait__drift_reference *reference = &drift->reference;
    PLAIT__TRY(read_floats(package, drift->mean_file, 1, (int64_t[]){size}, &reference->mean));
    PLAIT__TRY(read_floats(package, drift->covariance_file, 2, (int64_t[]){size, size}, &reference->covariance));
    PLAIT__TRY(read_floats(package, drift->histogram_file, 2, (int64_t[]){size, -1}, &reference->histogram));
    return read_floats(package, drift->sample_file, 2, (int64_t[]){-1, size}, &reference->sample);
}

static void make_unit(float *vector, int size) {
    double sum = 0;
    for (int i = 0; i < size; i++) sum += (double)vector[i] * vector[i];
    const float scale = sum > 0 ? (float)(1 / sqrt(sum)) : 0;
    for (int i = 0; i < size; i++) vector[i] *= scale;
}

static enum plait_status read_labels(struct plait__package *package, struct plait__examples *examples) {
    const struct plait__multimodal *multimodal = package->multimodal;
    plait_tensor labels;
    PLAIT__TRY(read_array(package, examples->labels_file, 2, (int64_t[]){-1, multimodal->head_count}, &labels));
    if (labels.dims[0] > INT32_MAX / multimodal->head_count)
        return plait__fail(package->context, PLAIT_LIMIT, "%s: too many examples", examples->labels_file);
    examples->count = (int)labels.dims[0];
    examples->labels = plait__arena_array(&package->arena, (size_t)plait_tensor_elements(&labels), sizeof *examples->labels);
    if (!examples->labels) return PLAIT_MEMORY;
    for (int i = 0; i < examples->count * multimodal->head_count; i++) {
        const int classes = multimodal->heads[i % multimodal->head_count].class_count;
        const int64_t label = plait__load_integer(&labels, i);
        if (label < 0 || label >= classes)
            return plait__fail(package->context, PLAIT_INVALID, "%s: expected labels in 0..%d, found %lld",
                               examples->labels_file, classes - 1, (long long)label);
        examples->labels[i] = (int)label;
    }
    return PLAIT_OK;
}

static enum plait_status read_examples(struct plait__package *package, struct plait__examples *examples) {
    const struct plait__multimodal *multimodal = package->multimodal;
    if (!examples->labels_file) return PLAIT_OK;
    PLAIT__TRY(read_labels(package, examples));
    for (int s = 0; s < multimodal->sense_count; s++) {
        const int size = multimodal->senses[s].size;
        plait_tensor vectors = {0};
        PLAIT__TRY(read_floats(package, examples->files[s], 2, (int64_t[]){examples->count, size}, &vectors));
        examples->embeddings[s] = vectors.data;
        for (int i = 0; vectors.data && i < examples->count; i++)
            make_unit(examples->embeddings[s] + (size_t)i * (size_t)size, size);
    }
    return PLAIT_OK;
}

enum plait_status plait__multimodal_arrays(struct plait__package *package) {
    struct plait__multimodal *multimodal = package->multimodal;
    for (int s = 0; s < multimodal->sense_count; s++)
        PLAIT__TRY(read_drift(package, &multimodal->senses[s].drift, multimodal->senses[s].size));
    for (int p = 0; p < multimodal->pattern_count; p++) PLAIT__TRY(read_examples(package, &multimodal->patterns[p].examples));
    return PLAIT_OK;
}
