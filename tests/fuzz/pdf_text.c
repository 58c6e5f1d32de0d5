/* What pdftotext made of a PDF from a stranger. */
#include <string.h>

#include "media/pdf.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct fuzz fuzz;
    plait_context *context = fuzz_context(&fuzz);
    struct plait__arena arena;
    plait__arena_init(&arena, context);
    char *xhtml = plait__arena_string(&arena, (const char *)bytes, size);
    struct plait__pdf_page *pages = NULL;
    int count = 0;
    if (xhtml && plait__pdf_parse(&arena, xhtml, &pages, &count) == PLAIT_OK)
        for (int p = 0; p < count; p++) /* every line's words are the page's */
            for (int i = 0; i < pages[p].line_count; i++) {
                const struct plait__pdf_line *line = &pages[p].lines[i];
                if (line->word_first < 0 || line->word_first + line->word_count > pages[p].word_count) abort();
                for (int w = 0; w < line->word_count; w++)
                    if (!*pages[p].words[line->word_first + w].text) abort();
            }
    plait__arena_end(&arena);
    fuzz_end(&fuzz, context);
    return 0;
}
