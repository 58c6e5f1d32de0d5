/* Words anywhere on a page: whatever tables they make, every cell lies in its table and has text. */
#include <string.h>

#include "document/tables.h"

#include "fuzz.h"

enum { BYTES = 6 }; /* a word */

static void set_box(float polygon[4][2], float x, float y, float width, float height) {
    const float corners[4][2] = {{x, y}, {x + width, y}, {x + width, y + height}, {x, y + height}};
    memcpy(polygon, corners, sizeof corners);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const char *const texts[] = {"word", "12.30", "-", "....", "(5%)", "\xC3\xA9t\xC3\xA9", "a", "1,234"};
    struct fuzz fuzz;
    plait_context *context = fuzz_context(&fuzz);
    struct plait__arena arena;
    plait__arena_init(&arena, context);
    const size_t count = size / BYTES;
    struct plait__page page = {.width = 2000, .height = 2000, .placed = true};
    page.lines = plait__arena_array(&arena, count + 1, sizeof *page.lines);
    page.words = plait__arena_array(&arena, count + 1, sizeof *page.words);
    for (size_t i = 0; i < count && page.lines && page.words; i++, bytes += BYTES) {
        struct plait__word *word = &page.words[page.word_count++];
        struct plait__line *line = &page.lines[page.line_count];
        *word = (struct plait__word){.text = texts[bytes[0] % 8], .confidence = 1, .line = page.line_count};
        set_box(word->polygon, (float)bytes[1] * 8, (float)bytes[2] * 8, (float)bytes[3], (float)(bytes[4] % 40));
        memcpy(line->polygon, word->polygon, sizeof line->polygon);
        line->word_first = page.word_count - 1, line->word_count = 1, line->text = word->text;
        page.line_count++;
    }
    struct plait__table *tables;
    int tables_count;
    if (page.lines && page.words && plait__order(context, &arena, &page) == PLAIT_OK &&
        plait__tables(&arena, &arena, &page, 0, &tables, &tables_count) == PLAIT_OK)
        for (int t = 0; t < tables_count; t++)
            for (int c = 0; c < tables[t].cell_count; c++) {
                const struct plait__cell *cell = &tables[t].cells[c];
                if (cell->row < 0 || cell->row + cell->row_span > tables[t].rows || cell->column < 0 ||
                    cell->column + cell->column_span > tables[t].columns || !*cell->text)
                    abort();
            }
    plait__arena_end(&arena);
    fuzz_end(&fuzz, context);
    return 0;
}
