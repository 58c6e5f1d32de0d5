#include "cli/indent.h"

#include <stdbool.h>
#include <string.h>

enum { LINE_LENGTH = 110 };

/* The character after the string that starts at `at`. */
static const char *after_string(const char *at) {
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1]) at++;
    return *at ? at + 1 : at;
}

/* Whether the object or array that starts at `at` ends within the line. */
static bool fits(const char *at) {
    const char *start = at;
    int depth = 0;
    while (*at && at - start < LINE_LENGTH) {
        if (*at == '"') {
            at = after_string(at);
            continue;
        }
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at++;
        if (depth == 0) return at - start <= LINE_LENGTH;
    }
    return false;
}

static void new_line(int depth, FILE *to) {
    fprintf(to, "\n%*s", 2 * depth, "");
}

void plait__print_indented(const char *json, FILE *to) {
    int depth = 0, flat = 0; /* open brackets with their members on lines of their own; brackets of a flat one */
    for (const char *at = json; *at;) {
        if (*at == '"') {
            const char *end = after_string(at);
            fwrite(at, 1, (size_t)(end - at), to);
            at = end;
            continue;
        }
        bool opens = *at == '{' || *at == '[', closes = *at == '}' || *at == ']';
        if (closes && !flat) new_line(--depth, to);
        if (opens && !flat && !fits(at)) {
            fputc(*at++, to);
            new_line(++depth, to);
            continue;
        }
        flat += opens;
        flat -= closes && flat;
        fputc(*at, to);
        if (*at == ',' && !flat)
            new_line(depth, to);
        else if (*at == ',' || *at == ':')
            fputc(' ', to);
        at++;
    }
    fputc('\n', to);
}
