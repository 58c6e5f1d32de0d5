/* Pictures: every format and its damage, orientation, alpha, resizing against a direct calculation, cutting out. */
#include "media/image.h"

#include <stdlib.h>

#include "base/file.h"
#include "heap.h"
#include "test.h"

static plait_context *context;

/* ------------------------------------------------------------------ files made by hand */

struct bytes {
    uint8_t data[4096];
    size_t size;
};

static void add(struct bytes *to, const void *from, size_t size) {
    memcpy(to->data + to->size, from, size);
    to->size += size;
}

static void add_le(struct bytes *to, uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) to->data[to->size++] = (uint8_t)(value >> (8 * i));
}

/* A 3 x 2 PPM with the colours 0, 1, 2, ... 17. */
static struct bytes ppm(void) {
    struct bytes file = {0};
    add(&file, "P6\n# made by hand\n3 2 255\n", 26);
    for (uint8_t i = 0; i < 18; i++) add(&file, &i, 1);
    return file;
}

/* 24-bit BMP of `width` x `height`, grey 10 * column + 100 * row, rows from the bottom up. */
static struct bytes bmp(int width, int height) {
    struct bytes file = {0};
    uint32_t row = (uint32_t)(3 * width + 3) / 4 * 4;
    add(&file, "BM", 2);
    add_le(&file, 54 + row * (uint32_t)height, 4);
    add_le(&file, 0, 4);
    add_le(&file, 54, 4);
    add_le(&file, 40, 4);
    add_le(&file, (uint32_t)width, 4);
    add_le(&file, (uint32_t)height, 4);
    add_le(&file, 1, 2);
    add_le(&file, 24, 2);
    for (int i = 0; i < 6; i++) add_le(&file, 0, 4);
    for (int y = height - 1; y >= 0; y--)
        for (uint32_t i = 0; i < row; i++) add_le(&file, i / 3 < (uint32_t)width ? 10 * (i / 3) + 100 * (uint32_t)y : 0, 1);
    return file;
}

/* A GIF of 2 x 1 pixels, colours 0 (red) and 1 (blue): clear, 0, 1, end as codes of three bits. */
static struct bytes gif(void) {
    static const uint8_t file[] = {'G', 'I', 'F', '8', '9', 'a', 2, 0, 1, 0, 0x80, 0, 0, 255,  0,    0, 0,  0,
                                   255, ',', 0,   0,   0,   0,   2, 0, 1, 0, 0,    2, 2, 0x44, 0x0A, 0, ';'};
    struct bytes bytes = {0};
    add(&bytes, file, sizeof file);
    return bytes;
}

static enum plait_status decode(const struct bytes *file, int channels, struct plait__image *image) {
    return plait__image_decode(context, file->data, file->size, channels, image);
}

/* ------------------------------------------------------------------ tests */

TEST(decodes_ppm) {
    struct bytes file = ppm();
    struct plait__image image, grey;
    CHECK_INT(decode(&file, 0, &image), PLAIT_OK);
    CHECK_INT(image.width, 3);
    CHECK_INT(image.height, 2);
    CHECK_INT(image.channels, 3);
    for (int i = 0; i < 18; i++) CHECK_INT(image.pixels[i / 9 * (int)image.stride + i % 9], i);
    CHECK_INT(plait__image_grey(context, &image, &grey), PLAIT_OK);
    CHECK_INT(grey.pixels[0], 1); /* 0.587 * 1 + 0.114 * 2 = 0.815 */
    plait__image_end(context, &grey);
    plait__image_end(context, &image);
}

TEST(decodes_bmp_and_gif) {
    struct bytes file = bmp(5, 2), animation = gif();
    struct plait__image image;
    CHECK_INT(decode(&file, 1, &image), PLAIT_OK);
    CHECK_INT(image.channels, 1);
    CHECK_INT(image.pixels[4], 40);
    CHECK_INT(image.pixels[image.stride + 1], 110);
    plait__image_end(context, &image);

    CHECK_INT(decode(&animation, 3, &image), PLAIT_OK);
    const uint8_t expected[] = {255, 0, 0, 0, 0, 255};
    CHECK_INT(image.width, 2);
    for (int i = 0; i < 6; i++) CHECK_INT(image.pixels[i], expected[i]);
    plait__image_end(context, &image);
}

TEST(refuses_every_truncation) {
    struct bytes files[] = {ppm(), bmp(5, 2), gif()};
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        for (size_t size = 0; size + 1 < files[f].size; size++) { /* the GIF's last byte only says that no more frames follow */
            struct plait__image image;
            struct bytes part = files[f];
            part.size = size;
            CHECK_INT(decode(&part, 0, &image), PLAIT_INVALID);
        }
    }
}

TEST(refuses_too_many_pixels) {
    struct plait__image image;
    struct bytes file = {0}, large = bmp(5, 2);
    add(&file, "P5 10001 10000 255\n", 19);
    CHECK_INT(decode(&file, 0, &image), PLAIT_LIMIT);
    memcpy(large.data + 18, "\x30\x75\0\0\x30\x75\0\0", 8); /* 30000 x 30000 */
    CHECK_INT(decode(&large, 0, &image), PLAIT_LIMIT);
    CHECK(strstr(plait_context_error(context), "30000 x 30000") != NULL);
    CHECK_INT(plait__image_create(context, 0, 5, 1, &image), PLAIT_LIMIT);
}

TEST(png_goes_round) {
    struct plait__image image, back;
    uint8_t *png = NULL;
    size_t size = 0;
    CHECK_INT(plait__image_create(context, 7, 5, 3, &image), PLAIT_OK);
    for (int i = 0; i < 7 * 5 * 3; i++) image.pixels[i] = (uint8_t)(i * 37);
    CHECK_INT(plait__image_encode_png(context, &image, &png, &size), PLAIT_OK);
    CHECK_INT(plait__image_decode(context, png, size, 0, &back), PLAIT_OK);
    CHECK_INT(back.channels, 3);
    CHECK(memcmp(image.pixels, back.pixels, 7 * 5 * 3) == 0);
    plait__image_end(context, &back);
    for (size_t part = 0; part < size; part++) CHECK_INT(plait__image_decode(context, png, part, 0, &back), PLAIT_INVALID);
    plait__release(context, png);
    plait__image_end(context, &image);
}

/* Every allocation fails in its turn: that is said, never that the picture is damaged. */
TEST(allocations_that_fail) {
    struct plait__image image;
    struct bytes files[4] = {ppm(), bmp(5, 2), gif()};
    uint8_t *png = NULL;
    size_t size = 0;
    CHECK_INT(plait__image_create(context, 7, 5, 3, &image), PLAIT_OK);
    memset(image.pixels, 9, 5 * image.stride);
    CHECK_INT(plait__image_encode_png(context, &image, &png, &size), PLAIT_OK);
    add(&files[3], png, size);
    plait__release(context, png);
    plait__image_end(context, &image);
    for (int f = 0; f < 4; f++) {
        int failures = -1;
        for (enum plait_status status = PLAIT_MEMORY; status == PLAIT_MEMORY; failures++) {
            struct heap heap = {.until_failure = -1};
            plait_context *narrow = heap_context(&heap);
            heap.until_failure = failures + 1;
            status = plait__image_decode(narrow, files[f].data, files[f].size, 0, &image);
            if (status == PLAIT_OK)
                plait__image_end(narrow, &image);
            else
                CHECK_INT(status, PLAIT_MEMORY);
            plait_context_destroy(narrow);
            CHECK_INT(heap.live, 0);
        }
        CHECK(failures >= 1);
    }
}

/* The eight pictures that the eight orientations store for the upright 3 x 2 picture 1 2 3 / 4 5 6 (EXIF 2.3, 4.6.4 A). */
TEST(turns_upright) {
    static const struct {
        int width, height;
        uint8_t stored[6];
    } cases[8] = {{3, 2, {1, 2, 3, 4, 5, 6}}, {3, 2, {3, 2, 1, 6, 5, 4}}, {3, 2, {6, 5, 4, 3, 2, 1}},
                  {3, 2, {4, 5, 6, 1, 2, 3}}, {2, 3, {1, 4, 2, 5, 3, 6}}, {2, 3, {3, 6, 2, 5, 1, 4}},
                  {2, 3, {6, 3, 5, 2, 4, 1}}, {2, 3, {4, 1, 5, 2, 6, 3}}};
    for (int orientation = 1; orientation <= 8; orientation++) {
        struct plait__image image;
        CHECK_INT(plait__image_create(context, cases[orientation - 1].width, cases[orientation - 1].height, 1, &image),
                  PLAIT_OK);
        memcpy(image.pixels, cases[orientation - 1].stored, 6);
        CHECK_INT(plait__image_orient(context, &image, orientation), PLAIT_OK);
        CHECK_INT(image.width, 3);
        for (int i = 0; i < 6; i++) CHECK_INT(image.pixels[i], i + 1);
        plait__image_end(context, &image);
    }
}

TEST(reads_orientation_of_a_photograph) {
    struct plait__file file;
    struct plait__image_header header;
    struct plait__image image;
    CHECK_INT(plait__file_open(context, "samples/bookshop.jpg", 0, &file), PLAIT_OK);
    CHECK_INT(plait__image_inspect(context, file.bytes, file.size, &header), PLAIT_OK);
    CHECK_INT(header.orientation, 6);
    CHECK_INT(plait__image_decode(context, file.bytes, file.size, 1, &image), PLAIT_OK);
    CHECK_INT(image.width, header.height);
    CHECK_INT(image.height, header.width);
    plait__image_end(context, &image);
    plait__file_close(context, &file);
}

/* Alpha on white: a PNG with alpha cannot be written here, so one is kept as bytes: 2 x 1, black with alpha 255 and 0. */
TEST(puts_alpha_on_white) {
    static const uint8_t png[] = {0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44,
                                  0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x08, 0x04, 0x00, 0x00, 0x00, 0x5E,
                                  0x2B, 0xB7, 0x01, 0x00, 0x00, 0x00, 0x10, 0x49, 0x44, 0x41, 0x54, 0x78, 0x01, 0x01, 0x05,
                                  0x00, 0xFA, 0xFF, 0x00, 0x00, 0xFF, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00, 0x8F, 0xA8, 0x67,
                                  0xB4, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82};
    struct plait__image image;
    enum plait_status status = plait__image_decode(context, png, sizeof png, 1, &image);
    CHECK_INT(status, PLAIT_OK);
    if (status != PLAIT_OK) return;
    CHECK_INT(image.channels, 1);
    CHECK_INT(image.pixels[0], 0);
    CHECK_INT(image.pixels[1], 255);
    plait__image_end(context, &image);
}

/* The mean of what a new pixel covers, summed over a fine grid. */
static double covered(const struct plait__image *image, int x, int y, int width, int height) {
    enum { FINE = 60 };
    double sum = 0;
    for (int j = 0; j < FINE; j++)
        for (int i = 0; i < FINE; i++) {
            int column = (int)((x + (i + 0.5) / FINE) * image->width / width),
                row = (int)((y + (j + 0.5) / FINE) * image->height / height);
            sum += image->pixels[(size_t)row * image->stride + (size_t)column];
        }
    return sum / (FINE * FINE);
}

static void fill(struct plait__image *image) {
    uint32_t state = 1;
    for (size_t i = 0; i < image->stride * (size_t)image->height; i++) {
        state = state * 1664525 + 1013904223;
        image->pixels[i] = (uint8_t)(state >> 24);
    }
}

TEST(resizes_by_area) {
    static const int sizes[][2] = {{13, 11}, {7, 5}, {1, 1}, {17, 3}};
    struct plait__image image, small;
    CHECK_INT(plait__image_create(context, 17, 13, 1, &image), PLAIT_OK);
    fill(&image);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int width = sizes[s][0], height = sizes[s][1];
        CHECK_INT(plait__image_create(context, width, height, 1, &small), PLAIT_OK);
        CHECK_INT(plait__image_resize(context, &image, &small), PLAIT_OK);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) /* half a grey for rounding, and the fine grid's error at 1/60 of a pixel's edge */
                CHECK_NEAR(small.pixels[(size_t)y * small.stride + (size_t)x], covered(&image, x, y, width, height),
                           0.5 + 4 * 255.0 / 60);
        plait__image_end(context, &small);
    }
    plait__image_end(context, &image);
}

TEST(resizes_up_linearly) {
    struct plait__image image, large;
    CHECK_INT(plait__image_create(context, 2, 1, 1, &image), PLAIT_OK);
    CHECK_INT(plait__image_create(context, 8, 3, 1, &large), PLAIT_OK);
    image.pixels[0] = 0;
    image.pixels[1] = 160;
    CHECK_INT(plait__image_resize(context, &image, &large), PLAIT_OK);
    const int expected[8] = {0, 0, 20, 60, 100, 140, 160, 160}; /* centres at (x + 0.5) / 4 - 0.5 */
    for (int i = 0; i < 24; i++) CHECK_INT(large.pixels[i], expected[i % 8]);
    plait__image_end(context, &image);
    plait__image_end(context, &large);
}

TEST(makes_a_networks_input) {
    struct plait__image image;
    float out[4 * 5];
    const struct plait__scale scale = {0.5f, 0.25f};
    CHECK_INT(plait__image_create(context, 6, 4, 1, &image), PLAIT_OK);
    memset(image.pixels, 51, 24);
    CHECK_INT(plait__image_to_f32(context, &image, 2, 3, scale, 4, 5, out), PLAIT_OK);
    for (int i = 0; i < 20; i++) /* 51 / 255 = 0.2 in the picture, white around it; f32 rounding of the sums */
        CHECK_NEAR(out[i], i / 5 < 2 && i % 5 < 3 ? (0.2 - 0.5) / 0.25 : (1 - 0.5) / 0.25, 1e-5);
    plait__image_end(context, &image);
}

TEST(cuts_out) {
    enum { SIDE = 40 };
    struct plait__image image;
    const struct plait__scale bytes = {0, 1.0f / 255}; /* gives the byte back */
    float out[64];
    CHECK_INT(plait__image_create(context, SIDE, SIDE, 1, &image), PLAIT_OK);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            image.pixels[y * SIDE + x] = (uint8_t)(3 * x + 2 * y); /* linear: any place is known exactly */

    const float upright[4][2] = {{5, 7}, {13, 7}, {13, 11}, {5, 11}};
    plait__image_cut(&image, upright, 0, 8, 4, bytes, out, 8);
    for (int i = 0; i < 32; i++) CHECK_NEAR(out[i], 3 * (5 + i % 8) + 2 * (7 + i / 8), 1e-3); /* f32 sums of values up to 255 */

    plait__image_cut(&image, upright, 2, 8, 4, bytes, out, 8);
    for (int i = 0; i < 32; i++) {
        const double u = (i % 8 + 0.5) / 8;
        CHECK_NEAR(out[i], 3 * (5 + i % 8) + 2 * (7 + i / 8 + 4 * u * (1 - u) * 2), 1e-3);
    }

    const float turned[4][2] = {{20, 10}, {20, 18}, {16, 18}, {16, 10}}; /* clockwise by a quarter */
    plait__image_cut(&image, turned, 0, 8, 4, bytes, out, 8);
    for (int i = 0; i < 32; i++) CHECK_NEAR(out[i], 3 * (19 - i / 8) + 2 * (10 + i % 8), 1e-3);

    const float halved[4][2] = {{4, 4}, {20, 4}, {20, 12}, {4, 12}}; /* two samples a pixel each way, mean at its centre */
    plait__image_cut(&image, halved, 0, 8, 4, bytes, out, 8);
    for (int i = 0; i < 32; i++) CHECK_NEAR(out[i], 3 * (4 + 2 * (i % 8) + 0.5) + 2 * (4 + 2 * (i / 8) + 0.5), 1e-3);

    const float outside[4][2] = {{-30, -30}, {-22, -30}, {-22, -26}, {-30, -26}};
    plait__image_cut(&image, outside, 0, 8, 4, bytes, out, 8);
    for (int i = 0; i < 32; i++) CHECK_NEAR(out[i], 0, 1e-6);

    const float nowhere[4][2] = {{NAN, 0}, {INFINITY, 0}, {1e30f, 1}, {0, 0}};
    plait__image_cut(&image, nowhere, 0, 8, 4, bytes, out, 8); /* must not crash */
    plait__image_end(context, &image);
}

/* A trapezium: where the corners go is fixed, and the middle is where its diagonals meet. */
TEST(cuts_in_perspective) {
    struct plait__image image;
    const struct plait__scale bytes = {0, 1.0f / 255};
    const float trapezium[4][2] = {{10, 10}, {30, 10}, {36, 30}, {4, 30}};
    float out[5 * 5];
    CHECK_INT(plait__image_create(context, 64, 64, 1, &image), PLAIT_OK);
    for (int i = 0; i < 64 * 64; i++) image.pixels[i] = (uint8_t)(4 * (i / 64));
    plait__image_cut(&image, trapezium, 0, 5, 5, bytes, out, 5);
    double meet = 10 + 20 * 20.0 / (20 + 32); /* the diagonals divide each other as the parallel sides */
    CHECK_NEAR(out[12], 4 * (meet - 0.5),
               1.5); /* 7 samples a pixel average over a fifth of the height, which is not quite linear */
    plait__image_end(context, &image);
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    test_decodes_ppm();
    test_decodes_bmp_and_gif();
    test_refuses_every_truncation();
    test_refuses_too_many_pixels();
    test_png_goes_round();
    test_allocations_that_fail();
    test_turns_upright();
    test_reads_orientation_of_a_photograph();
    test_puts_alpha_on_white();
    test_resizes_by_area();
    test_resizes_up_linearly();
    test_makes_a_networks_input();
    test_cuts_out();
    test_cuts_in_perspective();
    plait_context_destroy(context);
    return test__finish();
}
