/* Pages as they are held, not as they were printed: bent paper is read nearly as well as flat paper, and
 * a page in any position as well as an upright one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "document/document.h"
#include "test.h"

static plait_context *context;
static plait_model *model;
static struct plait__image flat; /* grey */

static plait_document *read_image(const struct plait__image *image) {
    plait_document *document = NULL;
    uint8_t *png = NULL;
    size_t size = 0;
    CHECK_INT(plait__image_encode_png(context, image, &png, &size), PLAIT_OK);
    CHECK_INT(plait_read(model, png, size, NULL, &document), PLAIT_OK);
    plait__release(context, png);
    return document;
}

/* The share of the first document's words that are words of the second. */
static double shared(const plait_document *first, const plait_document *second) {
    const struct plait__page *a = first->pages, *b = second->pages;
    int found = 0;
    for (int i = 0; i < a->word_count; i++)
        for (int k = 0; k < b->word_count; k++)
            if (strcmp(a->words[i].text, b->words[k].text) == 0) {
                found++;
                break;
            }
    return a->word_count ? (double)found / a->word_count : 0;
}

/* The page with every column moved down, most in the middle: by `depth` pixels. */
static struct plait__image bent(float depth) {
    struct plait__image image;
    CHECK_INT(plait__image_create(context, flat.width, flat.height, 1, &image), PLAIT_OK);
    for (int y = 0; y < image.height; y++)
        for (int x = 0; x < image.width; x++) {
            const float from = (float)y - depth * sinf(3.14159265f * ((float)x + 0.5f) / (float)image.width);
            const int row = from > 0 ? (from < (float)(flat.height - 1) ? (int)from : flat.height - 2) : 0;
            const float share = fminf(1, fmaxf(0, from - (float)row));
            const uint8_t *above = flat.pixels + (size_t)row * flat.stride + x, *below = above + flat.stride;
            image.pixels[(size_t)y * image.stride + (size_t)x] = (uint8_t)(*above + share * (float)(*below - *above) + 0.5f);
        }
    return image;
}

TEST(bent_pages_are_read) {
    plait_document *upright = read_image(&flat);
    CHECK(upright->pages->word_count > 30);
    for (int sign = -1; sign <= 1; sign += 2) {
        struct plait__image image = bent((float)sign * 45); /* a line is about 17 pixels high */
        plait_document *document = read_image(&image);
        const double same = shared(upright, document);
        fprintf(stderr, "bent by %d: %.3f of the words\n", sign * 45, same);
        CHECK(same >= 0.93); /* 0.83 and 0.92 where lines are taken to be straight */
        plait_document_destroy(document);
        plait__image_end(context, &image);
    }
    plait_document_destroy(upright);
}

TEST(turned_pages_are_read) {
    plait_document *upright = read_image(&flat);
    for (int degrees = 90; degrees < 360; degrees += 90) {
        struct plait__image image;
        CHECK_INT(plait__image_grey(context, &flat, &image), PLAIT_OK);
        CHECK_INT(plait__image_turn(context, &image, degrees), PLAIT_OK);
        plait_document *document = read_image(&image);
        CHECK_INT(document->pages->rotation, 360 - degrees);
        CHECK_INT(document->pages->width, flat.width);
        CHECK(shared(upright, document) >= 0.98); /* the same pixels: only ties may fall otherwise */
        plait_document_destroy(document);
        plait__image_end(context, &image);
    }
    plait_document_destroy(upright);
}

int main(void) {
    struct plait__file file;
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    if (plait_model_create(context, "models/receipt", NULL, &model) != PLAIT_OK ||
        plait__file_open(context, "samples/kopitiam.jpg", SIZE_MAX, &file) != PLAIT_OK ||
        plait__image_decode(context, file.bytes, file.size, 1, &flat) != PLAIT_OK) {
        fprintf(stderr, "%s\n", plait_context_error(context));
        return 1;
    }
    test_bent_pages_are_read();
    test_turned_pages_are_read();
    plait__file_close(context, &file);
    plait__image_end(context, &flat);
    plait_model_destroy(model);
    plait_context_destroy(context);
    return test__finish();
}
