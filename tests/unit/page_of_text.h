/* A page for tests: lines of text under each other, a tab between the columns of a row. */
#ifndef PLAIT_TESTS_PAGE_OF_TEXT_H
#define PLAIT_TESTS_PAGE_OF_TEXT_H

#include <string.h>

#include "document/document.h"
#include "document/split.h"

/* Rows are 30 pixels high with letters of 20 by 10; columns begin every 300 pixels. */
static inline enum plait_status page_of_text(struct plait__arena *arena, const char *const *rows, int count,
                                             struct plait__page *page) {
    enum { MOST = 64 };
    *page = (struct plait__page){.width = 1000, .height = 30 * count + 60};
    page->lines = plait__arena_array(arena, MOST, sizeof *page->lines);
    page->words = plait__arena_array(arena, MOST * 8, sizeof *page->words);
    for (int r = 0; r < count; r++) {
        const char *at = rows[r];
        for (int column = 0; *at; column++) {
            char text[128];
            const size_t length = strcspn(at, "\t");
            memcpy(text, at, length);
            text[length] = '\0';
            struct plait__line *line = &page->lines[page->line_count];
            const float x = 20 + 300 * (float)column, y = 30 + 30 * (float)r, width = 10 * (float)length;
            const float corners[4][2] = {{x, y}, {x + width, y}, {x + width, y + 20}, {x, y + 20}};
            memcpy(line->polygon, corners, sizeof corners);
            line->confidence = 1;
            line->word_first = page->word_count;
            enum plait_status status = plait__split_line(arena, text, line, page->line_count, page->words + page->word_count);
            if (status != PLAIT_OK) return status;
            page->word_count += line->word_count;
            page->line_count++;
            at += length + (at[length] == '\t');
        }
    }
    return plait__order(arena->context, arena, page);
}

#endif
