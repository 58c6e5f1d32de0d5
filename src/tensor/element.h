/* Elements of any dtype, widened to one of three work types and narrowed again. */
#ifndef PLAIT_TENSOR_ELEMENT_H
#define PLAIT_TENSOR_ELEMENT_H

#include "plait.h"

/* X(dtype, C type) of every dtype that C can compute with.  Bool, f16 and bf16 are not among them. */
#define PLAIT__NUMBER_MAP(X) \
    X(F32, float)            \
    X(F64, double)           \
    X(U8, uint8_t)           \
    X(I8, int8_t)            \
    X(U16, uint16_t)         \
    X(I16, int16_t)          \
    X(I32, int32_t)          \
    X(U32, uint32_t)         \
    X(I64, int64_t)          \
    X(U64, uint64_t)

enum plait__work { PLAIT__WORK_REAL, PLAIT__WORK_INTEGER, PLAIT__WORK_NATURAL };
enum plait__work plait__work_of(enum plait_dtype dtype);
static inline bool plait__is_float(enum plait_dtype dtype) {
    return plait__work_of(dtype) == PLAIT__WORK_REAL;
}

/* Elements in and out: `count` elements of any dtype, from element `first` on, every `step`-th (0: the same one again).
 * Reals to integers cut the fraction off and stop at the ends of 64 bits; integers to a narrower dtype wrap; anything but
 * zero is true.  An int64_t carries the bits of a uint64. */
void plait__load_reals(const plait_tensor *tensor, int64_t first, int64_t step, int64_t count, double *out);
void plait__load_integers(const plait_tensor *tensor, int64_t first, int64_t step, int64_t count, int64_t *out);
void plait__store_reals(plait_tensor *tensor, int64_t first, int64_t step, int64_t count, const double *in);
void plait__store_integers(plait_tensor *tensor, int64_t first, int64_t step, int64_t count, const int64_t *in);

/* One real as an integer, by the same rule. */
int64_t plait__integer_of(double value);

/* Elements in and out as the work type says: `out` and `in` are of double, int64_t or uint64_t. */
void plait__load(enum plait__work work, const plait_tensor *tensor, int64_t first, int64_t step, int64_t count, void *out);
void plait__store(enum plait__work work, plait_tensor *tensor, int64_t first, int64_t step, int64_t count, const void *in);

static inline double plait__load_real(const plait_tensor *tensor, int64_t index) {
    double value;
    plait__load_reals(tensor, index, 0, 1, &value);
    return value;
}
static inline int64_t plait__load_integer(const plait_tensor *tensor, int64_t index) {
    int64_t value;
    plait__load_integers(tensor, index, 0, 1, &value);
    return value;
}

#endif
