/* A page of the cases that went worst, to look at. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/eval.h"

enum { WORST = 20, PATH_BYTES = 4096, PAGE_BYTES_MOST = 64 << 20 };

/* More wrong fields first, then fewer right words. */
static int compare_cases(const void *a, const void *b) {
    const struct plait__case *x = *(const struct plait__case *const *)a, *y = *(const struct plait__case *const *)b;
    if (x->faults != y->faults) return y->faults - x->faults;
    return x->word_f1 < y->word_f1 ? -1 : x->word_f1 > y->word_f1;
}

static enum plait_status write_escaped(struct plait__buffer *page, const char *text) {
    for (; text && *text; text++) {
        const char *entity = *text == '<' ? "&lt;" : *text == '&' ? "&amp;" : *text == '"' ? "&quot;" : NULL;
        PLAIT__TRY(entity ? plait__buffer_append(page, entity, strlen(entity)) : plait__buffer_append(page, text, 1));
    }
    return PLAIT_OK;
}

static enum plait_status write_cell(struct plait__buffer *page, const char *text) {
    PLAIT__TRY(plait__buffer_printf(page, "<td>"));
    PLAIT__TRY(write_escaped(page, text));
    return plait__buffer_printf(page, "</td>");
}

static enum plait_status write_case(struct plait__buffer *page, const struct plait__case *one, int field_count,
                                    const char *const *names) {
    PLAIT__TRY(plait__buffer_printf(page,
                                    "<section><h2>%s: %d wrong, word F1 %.3f</h2><table><tr><th>field<th>truth<th>text<th>value"
                                    "<th>confidence<th>fault</tr>\n",
                                    one->stem, one->faults, one->word_f1));
    for (int f = 0; f < field_count; f++) {
        const char *truth = NULL;
        for (int i = 0; i < one->truth.field_count; i++)
            if (strcmp(one->truth.fields[i].name, names[f]) == 0) truth = one->truth.fields[i].text;
        PLAIT__TRY(plait__buffer_printf(page, "<tr class=%s>", plait__fault_name(one->scores[f].fault)));
        PLAIT__TRY(write_cell(page, names[f]));
        PLAIT__TRY(write_cell(page, truth));
        PLAIT__TRY(write_cell(page, one->texts[f]));
        PLAIT__TRY(write_cell(page, one->values[f]));
        PLAIT__TRY(plait__buffer_printf(page, "<td>%.2f</td><td>%s</td></tr>\n", one->scores[f].confidence,
                                        plait__fault_name(one->scores[f].fault)));
    }
    return plait__buffer_printf(page, "</table><img src=\"%s.png\" loading=lazy></section>\n", one->stem);
}

/* Reads the page once more, for its picture. */
static enum plait_status write_picture(const struct plait__evaluation *evaluation, const struct plait__case *one,
                                       const char *folder) {
    char path[PATH_BYTES];
    struct plait__file file;
    plait_document *document = NULL;
    const void *png = NULL;
    size_t size = 0;
    PLAIT__TRY(plait__eval_read(evaluation, one, &file, &document));
    enum plait_status status = plait_document_annotate(document, 0, file.bytes, file.size, &png, &size);
    snprintf(path, sizeof path, "%s/%s.png", folder, one->stem);
    if (status == PLAIT_OK) status = plait__file_write(evaluation->context, path, png, size);
    plait_document_destroy(document);
    plait__file_close(evaluation->context, &file);
    return status;
}

enum plait_status plait__eval_worst(const struct plait__evaluation *evaluation, const char *folder) {
    static const char head[] =
        "<!doctype html><meta charset=utf-8><title>Worst cases</title><style>body{font:14px sans-serif;margin:2em}"
        "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:2px 8px;text-align:left}"
        "tr:not(.none){background:#fee}img{max-width:100%;max-height:90vh;margin:1em 0}</style>\n";
    plait_context *context = evaluation->context;
    int count = evaluation->count;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return plait__fail(context, PLAIT_IO, "%s: the folder cannot be made", folder);
    const struct plait__case **order = plait__allocate(context, (size_t)count * sizeof *order);
    if (!order) return PLAIT_MEMORY;
    for (int i = 0; i < count; i++) order[i] = &evaluation->cases[i];
    qsort(order, (size_t)count, sizeof *order, compare_cases);

    struct plait__buffer page;
    char path[PATH_BYTES];
    plait__buffer_init(&page, context, PAGE_BYTES_MOST);
    enum plait_status status = plait__buffer_append(&page, head, sizeof head - 1);
    for (int i = 0; i < count && i < WORST && status == PLAIT_OK; i++) {
        status = write_case(&page, order[i], evaluation->set.field_count, evaluation->set.field_names);
        if (status == PLAIT_OK && order[i]->read) status = write_picture(evaluation, order[i], folder);
    }
    snprintf(path, sizeof path, "%s/index.html", folder);
    if (status == PLAIT_OK) status = plait__file_write(context, path, page.data, page.size);
    plait__buffer_end(&page);
    plait__release(context, order);
    return status;
}
