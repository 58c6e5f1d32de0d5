#include "media/pdf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json_write.h"
#include "media/child.h"
#include "media/image.h"

enum {
    TEXT_BYTES_MOST = 64 << 20,    /* of what pdftotext writes */
    PICTURE_BYTES_MOST = 20 << 20, /* of a page of LONGEST by LONGEST pixels, RGB, and a header */
    MEMORY_MOST = 1 << 30,         /* bytes, for a child */
    SECONDS_MOST = 30,             /* for a child */
    RESOLUTION = 150,              /* dots an inch: text of 10 points is 21 pixels high */
    LONGEST = 2200,                /* pixels of a page's longer side */
    HEADER_WITHIN = 1024,          /* bytes; what readers accept in front of "%PDF-" */
    WORDS_LEAST = 10,              /* fewer are a stamp or a page number on a scan, not a text layer */
};

bool plait__pdf_is(const void *bytes, size_t size) {
    const char *at = bytes, magic[] = "%PDF-";
    const size_t length = sizeof magic - 1;
    for (size_t i = 0; i + length <= size && i < HEADER_WITHIN; i++)
        if (memcmp(at + i, magic, length) == 0) return true;
    return false;
}

/* Runs one of poppler's programs on the file. */
static enum plait_status run(const struct plait__pdf *pdf, const char *const *arguments, struct plait__buffer *output) {
    const struct plait__child child = {.arguments = arguments,
                                       .input = pdf->bytes,
                                       .input_size = pdf->size,
                                       .memory_most = MEMORY_MOST,
                                       .seconds_most = SECONDS_MOST};
    struct plait__child_end end;
    enum plait_status status = plait__child_run(pdf->context, &child, output, &end);
    if (status == PLAIT_NOT_FOUND)
        return plait__fail(pdf->context, status, "PDF needs %s: install poppler-utils", arguments[0]);
    PLAIT__TRY(status);
    if (end.exit == 0 && output->size > 0) return PLAIT_OK;
    if (strstr(end.said, "Incorrect password"))
        return plait__fail(pdf->context, PLAIT_INVALID, "expected a PDF without a password, found an encrypted one");
    if (end.exit < 0)
        return plait__fail(pdf->context, PLAIT_INVALID, "expected a PDF, found one that %s cannot read within its limits",
                           arguments[0]);
    return plait__fail(pdf->context, PLAIT_INVALID, "expected a PDF, found a damaged one%s%.120s", *end.said ? ": " : "",
                       end.said);
}

enum plait_status plait__pdf_open(plait_context *context, const void *bytes, size_t size, struct plait__pdf *pdf_out) {
    struct plait__pdf pdf = {.context = context, .bytes = bytes, .size = size};
    struct plait__buffer xhtml;
    char last[16];
    snprintf(last, sizeof last, "%d", PLAIT__PDF_PAGES_MOST + 1);
    const char *const arguments[] = {"pdftotext", "-cropbox", "-bbox-layout", "-l", last, "-", "-", NULL};
    plait__arena_init(&pdf.arena, context);
    plait__buffer_init(&xhtml, context, TEXT_BYTES_MOST);
    enum plait_status status = run(&pdf, arguments, &xhtml);
    if (status == PLAIT_OK) status = plait__pdf_parse(&pdf.arena, xhtml.data, &pdf.pages, &pdf.page_count);
    plait__buffer_end(&xhtml);
    if (status == PLAIT_OK)
        *pdf_out = pdf;
    else
        plait__arena_end(&pdf.arena);
    return status;
}

void plait__pdf_close(struct plait__pdf *pdf) {
    if (pdf->context) plait__arena_end(&pdf->arena);
    *pdf = (struct plait__pdf){0};
}

/* ------------------------------------------------------------------ pictures */

/* Dots an inch. */
static double resolution_of(const struct plait__pdf_page *page) {
    const double longest = (double)fmaxf(page->width, page->height);
    return fmin(RESOLUTION, floor(LONGEST * 72.0 / longest * 100) / 100);
}

static enum plait_status render(const struct plait__pdf *pdf, int page, struct plait__buffer *picture) {
    const struct plait__pdf_page *size = &pdf->pages[page];
    char number[16], resolution[16];
    if (!(size->width >= 1 && size->height >= 1))
        return plait__fail(pdf->context, PLAIT_INVALID, "expected a page with a size, found %g x %g points",
                           (double)size->width, (double)size->height);
    if (size->width > PLAIT__PDF_SIDE_MOST || size->height > PLAIT__PDF_SIDE_MOST)
        return plait__fail(pdf->context, PLAIT_LIMIT, "expected at most %d x %d points, found %g x %g", PLAIT__PDF_SIDE_MOST,
                           PLAIT__PDF_SIDE_MOST, (double)size->width, (double)size->height);
    snprintf(number, sizeof number, "%d", page + 1);
    snprintf(resolution, sizeof resolution, "%.2f", resolution_of(size));
    const char *const arguments[] = {"pdftoppm", "-cropbox", "-r", resolution, "-f", number, "-l", number, "-", NULL};
    return run(pdf, arguments, picture);
}

/* ------------------------------------------------------------------ text */

/* U+FFFD, private use (U+E000 to U+F8FF) and control characters: what a font without a table of its characters gives. */
static bool is_riddle(const unsigned char *at) {
    if (at[0] == 0xEF && at[1] == 0xBF && at[2] == 0xBD) return true;
    return at[0] == 0xEE || (at[0] == 0xEF && at[1] < 0xA4) || at[0] < ' ';
}

static bool has_text(const struct plait__pdf_page *page) {
    size_t characters = 0, riddles = 0;
    for (int i = 0; i < page->word_count; i++)
        for (const unsigned char *at = (const unsigned char *)page->words[i].text; *at; at++)
            if ((*at & 0xC0) != 0x80) characters++, riddles += is_riddle(at);
    return page->word_count >= WORDS_LEAST && 4 * riddles < characters;
}

/* Where words stand in the picture. */
struct frame {
    double scale; /* pixels a point */
    int width, height;
};

/* Is there anything of the box in the picture, once its sides are written with two decimals? */
static bool in_frame(const struct frame *frame, const float box[4]) {
    const double least = 0.02, x0 = (double)box[0] * frame->scale, y0 = (double)box[1] * frame->scale;
    const double x1 = (double)box[2] * frame->scale, y1 = (double)box[3] * frame->scale;
    return x1 - x0 > least && y1 - y0 > least && x1 > least && y1 > least && x0 < frame->width - least &&
           y0 < frame->height - least;
}

static void write_item(struct plait__writer *writer, const struct frame *frame, const float box[4], const char *text) {
    plait__write_open(writer, NULL, '{');
    plait__write_open(writer, "box", '[');
    for (int i = 0; i < 4; i++) plait__write_number(writer, NULL, (double)box[i] * frame->scale, 2);
    plait__write_close(writer, ']');
    plait__write_text(writer, "text", text);
}

static void write_line(struct plait__writer *writer, const struct plait__pdf_page *page, const struct plait__pdf_line *line,
                       const struct frame *frame) {
    if (!in_frame(frame, line->box)) return;
    write_item(writer, frame, line->box, "");
    plait__write_open(writer, "words", '[');
    for (int i = line->word_first; i < line->word_first + line->word_count; i++) {
        if (!in_frame(frame, page->words[i].box)) continue;
        write_item(writer, frame, page->words[i].box, page->words[i].text);
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, ']');
    plait__write_close(writer, '}');
}

static enum plait_status write_text(const struct plait__pdf *pdf, int number, const struct plait__buffer *picture,
                                    struct plait__buffer *text) {
    const struct plait__pdf_page *page = &pdf->pages[number];
    struct plait__image_header header;
    struct plait__writer writer = {.buffer = text};
    PLAIT__TRY(plait__image_inspect(pdf->context, (const uint8_t *)picture->data, picture->size, &header));
    const struct frame frame = {resolution_of(page) / 72, header.width, header.height};
    plait__write_open(&writer, NULL, '{');
    plait__write_open(&writer, "lines", '[');
    for (int i = 0; i < page->line_count; i++) write_line(&writer, page, &page->lines[i], &frame);
    plait__write_close(&writer, ']');
    plait__write_close(&writer, '}');
    return writer.status;
}

enum plait_status plait__pdf_page(const struct plait__pdf *pdf, int page, struct plait__buffer *picture,
                                  struct plait__buffer *text) {
    enum plait_status status = render(pdf, page, picture);
    if (status == PLAIT_OK && has_text(&pdf->pages[page])) status = write_text(pdf, page, picture, text);
    return status == PLAIT_OK ? status : plait__fail_in(pdf->context, status, "page %d", page + 1);
}
