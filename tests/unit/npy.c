/* Arrays in files: .npy there and back, headers that lie, and TensorProto's typed lists. */
#include "tensor/npy.h"

#include "onnx/onnx.h"
#include "onnx_writer.h"
#include "test.h"

#define DIMS(...)       \
    (const int64_t[]) { \
        __VA_ARGS__     \
    }

TEST(there_and_back) {
    static const enum plait_dtype dtypes[] = {
#define DTYPE(name, number, bytes, text) PLAIT_##name,
        PLAIT_DTYPE_MAP(DTYPE)
#undef DTYPE
    };
    static const struct {
        int rank;
        int64_t dims[PLAIT_MAX_RANK];
    } shapes[] = {{0, {0}}, {1, {7}}, {1, {0}}, {3, {2, 1, 3}}, {8, {1, 2, 1, 1, 1, 3, 1, 1}}};
    plait_context *context;
    struct plait__arena arena;
    plait_context_create(NULL, &context);
    plait__arena_init(&arena, context);
    _Alignas(64) uint8_t data[64];
    for (size_t d = 0; d < sizeof dtypes / sizeof dtypes[0]; d++)
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
            plait_tensor tensor = {.dtype = dtypes[d], .rank = shapes[s].rank, .data = data}, read;
            memcpy(tensor.dims, shapes[s].dims, sizeof tensor.dims);
            for (size_t i = 0; i < sizeof data; i++) data[i] = dtypes[d] == PLAIT_BOOL ? i % 3 == 0 : (uint8_t)(i * 37);
            struct plait__buffer buffer;
            plait__buffer_init(&buffer, context, 4096);
            CHECK_INT(plait__npy_write(&buffer, &tensor), PLAIT_OK);
            CHECK_INT((buffer.size - plait_tensor_bytes(&tensor)) % 64, 0);
            CHECK_INT(plait__npy_read(context, buffer.data, buffer.size, &arena, &read), PLAIT_OK);
            CHECK_INT(read.dtype, dtypes[d] == PLAIT_BF16 ? PLAIT_U16 : dtypes[d]); /* NumPy has no bfloat16 */
            CHECK_INT(read.rank, tensor.rank);
            CHECK(memcmp(read.dims, tensor.dims, (size_t)tensor.rank * sizeof tensor.dims[0]) == 0);
            CHECK(memcmp(read.data, data, plait_tensor_bytes(&tensor)) == 0);
            plait__buffer_end(&buffer);
        }
    plait__arena_end(&arena);
    plait_context_destroy(context);
}

/* The header as given, padded to 64, and 8 bytes of data. */
static enum plait_status read_header(plait_context *context, const char *header) {
    struct plait__arena arena;
    plait_tensor tensor;
    uint8_t file[256] = "\x93NUMPY\x01\x00\x76\x00"; /* 118 bytes of header */
    memset(file + 10, ' ', 118);
    memcpy(file + 10, header, strlen(header));
    plait__arena_init(&arena, context);
    enum plait_status status = plait__npy_read(context, file, 128 + 8, &arena, &tensor);
    plait__arena_end(&arena);
    return status;
}

TEST(headers_that_lie) {
    plait_context *context;
    plait_context_create(NULL, &context);
    CHECK_INT(read_header(context, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"), PLAIT_OK);
    CHECK_INT(read_header(context, "{'shape': (2, 1), 'fortran_order': False, 'descr': '<f4'}"), PLAIT_OK);
    CHECK_INT(read_header(context, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"), PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(context), "npy: expected 12 bytes of data, found 8");
    CHECK_INT(read_header(context, "{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }"), PLAIT_UNSUPPORTED);
    CHECK_INT(read_header(context, "{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }"), PLAIT_UNSUPPORTED);
    CHECK_INT(read_header(context, "{'descr': '<U2', 'fortran_order': False, 'shape': (1,), }"), PLAIT_UNSUPPORTED);
    CHECK_INT(read_header(context, "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }"), PLAIT_INVALID);
    CHECK_INT(read_header(context, "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387906,), }"),
              PLAIT_INVALID);
    CHECK_INT(read_header(context, "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,9999999), }"), PLAIT_LIMIT);
    CHECK_INT(read_header(context, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,2), }"),
              PLAIT_UNSUPPORTED);
    CHECK_INT(read_header(context, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,"), PLAIT_INVALID);
    CHECK_INT(read_header(context, ""), PLAIT_INVALID);
    struct plait__arena arena;
    plait_tensor tensor;
    plait__arena_init(&arena, context);
    for (size_t size = 0; size < 12; size++)
        CHECK_INT(plait__npy_read(context, "\x93NUMPY\x02\x00\xff\xff\xff\xff", size, &arena, &tensor), PLAIT_INVALID);
    plait__arena_end(&arena);
    plait_context_destroy(context);
}

/* A TensorProto with one packed list of varints, or of bytes that are the numbers already. */
static plait_tensor read_list(plait_context *context, struct plait__arena *arena, enum plait_dtype dtype, int field,
                              const struct bytes *list, int64_t count) {
    static struct bytes tensor;
    plait_tensor read = {0};
    tensor = (struct bytes){0};
    put_int(&tensor, 1, count);
    put_int(&tensor, 2, (int64_t)dtype);
    put_message(&tensor, field, list);
    CHECK_INT(plait__tensor_proto_read(context, tensor.data, tensor.size, arena, &read), PLAIT_OK);
    return read;
}

TEST(typed_lists) {
    plait_context *context;
    struct plait__arena arena;
    struct bytes numbers = {0}, floats = {0}, doubles = {0};
    plait_context_create(NULL, &context);
    plait__arena_init(&arena, context);
    static const int64_t values[] = {0, 1, -2, 100};
    for (int i = 0; i < 4; i++) put_varint(&numbers, (uint64_t)values[i]);
    put_raw(&floats, (float[]){1.5f, -2.5f}, 8);
    put_raw(&doubles, (double[]){1.5, -2.5}, 16);
    plait_tensor read = read_list(context, &arena, PLAIT_I8, 5, &numbers, 4);
    CHECK_INT(((int8_t *)read.data)[2], -2);
    read = read_list(context, &arena, PLAIT_I16, 5, &numbers, 4);
    CHECK_INT(((int16_t *)read.data)[2], -2);
    read = read_list(context, &arena, PLAIT_I32, 5, &numbers, 4);
    CHECK_INT(((int32_t *)read.data)[2], -2);
    read = read_list(context, &arena, PLAIT_I64, 7, &numbers, 4);
    CHECK_INT(((int64_t *)read.data)[2], -2);
    read = read_list(context, &arena, PLAIT_U64, 11, &numbers, 4);
    CHECK(((uint64_t *)read.data)[2] == UINT64_MAX - 1);
    read = read_list(context, &arena, PLAIT_F16, 5, &numbers, 4); /* the bits of halves */
    CHECK_INT(((uint16_t *)read.data)[3], 100);
    read = read_list(context, &arena, PLAIT_BOOL, 5, &numbers, 4);
    CHECK_INT(((uint8_t *)read.data)[3], 1);
    read = read_list(context, &arena, PLAIT_F32, 4, &floats, 2);
    CHECK_NEAR(((float *)read.data)[1], -2.5, 0);
    read = read_list(context, &arena, PLAIT_F64, 10, &doubles, 2);
    CHECK_NEAR(((double *)read.data)[1], -2.5, 0);

    struct bytes unpacked = {0}; /* one field an element, as proto2 writes lists that are not declared packed */
    put_int(&unpacked, 1, 4);
    put_int(&unpacked, 2, PLAIT_I64);
    for (int i = 0; i < 4; i++) put_int(&unpacked, 7, values[i]);
    CHECK_INT(plait__tensor_proto_read(context, unpacked.data, unpacked.size, &arena, &read), PLAIT_OK);
    CHECK_INT(((int64_t *)read.data)[3], 100);

    struct bytes crooked = {0}; /* a bool that is neither: made true, so that C may read it */
    tensor_message(&crooked, "b", PLAIT_BOOL, 1, DIMS(3), "\x00\x02\xff", 3);
    CHECK_INT(plait__tensor_proto_read(context, crooked.data, crooked.size, &arena, &read), PLAIT_OK);
    CHECK_INT(((uint8_t *)read.data)[1], 1);
    CHECK_INT(((uint8_t *)read.data)[2], 1);
    plait__arena_end(&arena);
    plait_context_destroy(context);
}

TEST_MAIN(there_and_back, headers_that_lie, typed_lists)
