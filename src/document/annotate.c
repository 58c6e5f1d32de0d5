/* The page with what was read drawn on it: thin boxes around lines and the cells of tables, a thick one in its own colour
 * around every field, with its name and confidence. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "document/document.h"
#include "document/font.h"

struct colour {
    uint8_t rgb[3];
};

static const struct colour line_colour = {{150, 190, 230}};
static const struct colour table_colour = {{120, 190, 140}};
static const struct colour field_colours[] = {{{214, 39, 40}}, {{31, 119, 180}}, {{44, 140, 44}}, {{148, 103, 189}},
                                              {{230, 110, 0}}, {{23, 160, 170}}, {{140, 86, 75}}, {{200, 60, 160}}};

/* ------------------------------------------------------------------ drawing */

static void fill(struct plait__image *image, int x, int y, int width, int height, struct colour colour) {
    int left = x < 0 ? 0 : x, top = y < 0 ? 0 : y;
    int right = x + width < image->width ? x + width : image->width,
        bottom = y + height < image->height ? y + height : image->height;
    for (int row = top; row < bottom; row++)
        for (int column = left; column < right; column++)
            memcpy(image->pixels + (size_t)row * image->stride + 3 * (size_t)column, colour.rgb, 3);
}

static float clamped(float value, int most) {
    return fminf(fmaxf(value, -1), (float)most + 1);
}

/* A straight line as squares of `thickness` pixels, one a step along its longer axis. */
static void draw_edge(struct plait__image *image, const float from[2], const float to[2], int thickness, struct colour colour) {
    float x = clamped(from[0], image->width), y = clamped(from[1], image->height);
    float dx = clamped(to[0], image->width) - x, dy = clamped(to[1], image->height) - y;
    int steps = (int)ceilf(fmaxf(fabsf(dx), fabsf(dy))) + 1;
    for (int i = 0; i <= steps; i++) {
        float along = (float)i / (float)steps;
        fill(image, (int)(x + along * dx) - thickness / 2, (int)(y + along * dy) - thickness / 2, thickness, thickness, colour);
    }
}

static void draw_polygon(struct plait__image *image, const float polygon[4][2], int thickness, struct colour colour) {
    for (int i = 0; i < 4; i++) draw_edge(image, polygon[i], polygon[(i + 1) % 4], thickness, colour);
}

/* ------------------------------------------------------------------ labels */

struct box {
    int x, y, width, height;
};

/* The mean brightness under a box, less where it leaves the picture. */
static int64_t brightness(const struct plait__image *image, struct box box) {
    int64_t sum = 0;
    for (int y = box.y; y < box.y + box.height; y++)
        for (int x = box.x; x < box.x + box.width; x++)
            if (x >= 0 && y >= 0 && x < image->width && y < image->height)
                sum += image->pixels[(size_t)y * image->stride + 3 * (size_t)x + 1];
    return sum / ((int64_t)box.width * box.height);
}

/* Beside the polygon, where it hides least: above, below, on the right or on the left of it. */
static struct box label_box(const struct plait__image *image, const float polygon[4][2], int width, int height, int gap) {
    int left = (int)clamped(polygon[0][0], image->width), top = (int)clamped(polygon[0][1], image->height);
    int right = (int)clamped(polygon[2][0], image->width), bottom = (int)clamped(polygon[2][1], image->height);
    const struct box places[] = {{left, top - gap - height, width, height},
                                 {left, bottom + gap, width, height},
                                 {right + gap, top, width, height},
                                 {left - gap - width, top, width, height}};
    int best = 0;
    for (int i = 1; i < 4; i++)
        if (brightness(image, places[i]) > brightness(image, places[best])) best = i;
    return places[best];
}

/* White letters on the colour. `size` is the side of a dot of the font. */
static void draw_label(struct plait__image *image, const float polygon[4][2], int size, struct colour colour,
                       const char *text) {
    const struct colour white = {{255, 255, 255}};
    int advance = (PLAIT__GLYPH_WIDTH + 1) * size;
    struct box box = label_box(image, polygon, (int)strlen(text) * advance + size, (PLAIT__GLYPH_HEIGHT + 2) * size, 2 * size);
    fill(image, box.x, box.y, box.width, box.height, colour);
    for (int x = box.x + size; *text; text++, x += advance) {
        const uint8_t *rows = plait__glyph(*text);
        for (int row = 0; row < PLAIT__GLYPH_HEIGHT; row++)
            for (int column = 0; column < PLAIT__GLYPH_WIDTH; column++)
                if (rows[row] >> (PLAIT__GLYPH_WIDTH - 1 - column) & 1)
                    fill(image, x + column * size, box.y + (row + 1) * size, size, size, white);
    }
}

/* ------------------------------------------------------------------ the page */

static void draw_page(struct plait__image *image, const plait_document *document, int number) {
    int longest = image->width > image->height ? image->width : image->height, size = longest / 800 + 1;
    const struct plait__page *page = &document->pages[number];
    for (int i = 0; i < page->line_count; i++) draw_polygon(image, page->lines[i].polygon, (size + 1) / 2, line_colour);
    for (int i = 0; i < document->table_count; i++) {
        const struct plait__table *table = &document->tables[i];
        if (table->page != number) continue;
        draw_polygon(image, table->polygon, size, table_colour);
        for (int c = 0; c < table->cell_count; c++) draw_polygon(image, table->cells[c].polygon, (size + 1) / 2, table_colour);
    }
    for (int i = 0; i < document->field_count; i++) {
        const struct plait__field *field = &document->fields[i];
        if (!field->value || !field->text || field->page != number) continue;
        struct colour colour = field_colours[(size_t)i % (sizeof field_colours / sizeof *field_colours)];
        char label[80];
        snprintf(label, sizeof label, "%.60s %.2f", field->rule->name, (double)field->confidence);
        draw_polygon(image, field->polygon, size + 1, colour);
        draw_label(image, field->polygon, size, colour, label);
    }
}

enum plait_status plait_document_annotate(plait_document *document, int page, const void *bytes, size_t size,
                                          const void **png_out, size_t *png_size_out) {
    struct plait__image image;
    uint8_t *png = NULL;
    if (page < 0 || page >= document->page_count)
        return plait__fail(document->context, PLAIT_INVALID, "page: expected 0..%d, found %d", document->page_count - 1, page);
    PLAIT__TRY(plait__image_decode(document->context, bytes, size, 3, &image));
    enum plait_status status = plait__image_turn(document->context, &image, document->pages[page].turned);
    if (status == PLAIT_OK) {
        draw_page(&image, document, page);
        status = plait__image_encode_png(document->context, &image, &png, png_size_out);
    }
    plait__image_end(document->context, &image);
    if (status != PLAIT_OK) return status;
    plait__release(document->context, document->png);
    *png_out = document->png = png;
    return PLAIT_OK;
}
