#include "server/multipart.h"

#include <string.h>
#include <strings.h>

enum { BOUNDARY_MOST = 70 /* RFC 2046 */, HEAD_MOST = 8192 };

const char *plait__header_parameter(struct plait__arena *arena, const char *header, const char *name) {
    const size_t length = strlen(name);
    for (const char *at = strchr(header, ';'); at; at = strchr(at, ';')) {
        at += 1 + strspn(at + 1, " \t");
        if (strncasecmp(at, name, length) != 0 || at[length] != '=') continue;
        at += length + 1;
        if (*at != '"') return plait__arena_string(arena, at, strcspn(at, "; \t"));
        const char *close = ++at;
        while (*close && *close != '"') close += close[0] == '\\' && close[1] ? 2 : 1;
        char *value = plait__arena_string(arena, at, (size_t)(close - at)), *to = value;
        for (const char *from = value; from && *from; from++) {
            if (*from == '\\' && from[1]) from++;
            *to++ = *from;
        }
        if (to) *to = '\0';
        return value;
    }
    return NULL;
}

/* memmem, which is no C. */
static const char *find(const char *at, const char *end, const char *sought, size_t length) {
    while ((size_t)(end - at) >= length && (at = memchr(at, *sought, (size_t)(end - at) - length + 1))) {
        if (memcmp(at, sought, length) == 0) return at;
        at++;
    }
    return NULL;
}

static enum plait_status read_head(struct plait__arena *arena, const char *head, size_t size, struct plait__part *part) {
    static const char disposition[] = "Content-Disposition:", type[] = "Content-Type:";
    char *text = plait__arena_string(arena, head, size);
    if (!text) return PLAIT_MEMORY;
    for (char *line = text, *next; line && *line; line = next) {
        if ((next = strstr(line, "\r\n"))) {
            *next = '\0';
            next += 2;
        }
        if (strncasecmp(line, disposition, sizeof disposition - 1) == 0) {
            part->name = plait__header_parameter(arena, line, "name");
            part->filename = plait__header_parameter(arena, line, "filename");
        } else if (strncasecmp(line, type, sizeof type - 1) == 0) {
            part->type = line + sizeof type - 1 + strspn(line + sizeof type - 1, " \t");
        }
    }
    if (!part->name) return plait__fail(arena->context, PLAIT_INVALID, "multipart: expected a name for every part");
    return PLAIT_OK;
}

enum plait_status plait__multipart_parse(struct plait__arena *arena, const char *type, const char *body, size_t size,
                                         struct plait__part parts_out[PLAIT__PARTS_MOST], int *count_out) {
    char delimiter[BOUNDARY_MOST + 5] = "\r\n--";
    const char *boundary = plait__header_parameter(arena, type, "boundary"), *at = body, *const end = body + size;
    plait_context *context = arena->context;
    if (!boundary || !*boundary || strlen(boundary) > BOUNDARY_MOST)
        return plait__fail(context, PLAIT_INVALID, "multipart: expected a boundary of 1 to %d characters", BOUNDARY_MOST);
    strcat(delimiter, boundary);
    const size_t length = strlen(delimiter);
    *count_out = 0;
    /* The first delimiter may stand at the very beginning, without its line end. */
    if (size >= length - 2 && memcmp(body, delimiter + 2, length - 2) == 0)
        at = body + length - 2;
    else if ((at = find(body, end, delimiter, length)))
        at += length;
    else
        return plait__fail(context, PLAIT_INVALID, "multipart: the boundary is nowhere in the body");
    for (;;) {
        if (end - at >= 2 && memcmp(at, "--", 2) == 0) return PLAIT_OK;
        while (at < end && (*at == ' ' || *at == '\t')) at++;
        if (end - at < 2 || memcmp(at, "\r\n", 2) != 0)
            return plait__fail(context, PLAIT_INVALID, "multipart: expected a line end or -- after a boundary");
        const char *head = at + 2, *blank = find(at, end, "\r\n\r\n", 4);
        const char *close = blank ? find(blank + 2, end, delimiter, length) : NULL;
        if (!blank || blank - head > HEAD_MOST || !close)
            return plait__fail(context, PLAIT_INVALID, "multipart: part %d does not end", *count_out);
        if (*count_out == PLAIT__PARTS_MOST)
            return plait__fail(context, PLAIT_LIMIT, "multipart: expected at most %d parts", PLAIT__PARTS_MOST);
        struct plait__part *part = &parts_out[(*count_out)++];
        *part = (struct plait__part){.bytes = blank + 4, .size = close > blank + 4 ? (size_t)(close - blank - 4) : 0};
        if (blank >= head)
            PLAIT__TRY(read_head(arena, head, (size_t)(blank - head), part));
        else
            return plait__fail(context, PLAIT_INVALID, "multipart: expected a name for every part");
        at = close + length;
    }
}
