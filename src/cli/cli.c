#include "cli/cli.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------------ options */

enum { ENDS_WELL = -1, ENDS_IN_USAGE = -2 };

int plait__cli_exit(int parsed) {
    return parsed == ENDS_WELL ? PLAIT__EXIT_OK : PLAIT__EXIT_USAGE;
}

static void print_help(const struct plait__command *command, const struct plait__option *options) {
    printf("usage: plait %s %s\n\n%s\n", command->name, command->arguments, command->summary);
    if (options->name) printf("\n");
    for (; options->name; options++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", options->name, options->value ? " " : "", options->value ? options->value : "");
        printf("  %-24s %s\n", left, options->help);
    }
}

static int usage_error(const struct plait__command *command, const char *format, const char *found) {
    char sentence[256];
    snprintf(sentence, sizeof sentence, format, found);
    plait__cli_error(NULL, "%s; see plait %s --help", sentence, command->name);
    return ENDS_IN_USAGE;
}

static bool read_number(const char *text, int *number_out) {
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (end == text || *end || errno || number < 0 || number > INT_MAX) return false;
    *number_out = (int)number;
    return true;
}

/* 0, or how the command ends. */
static int take_value(const struct plait__command *command, const struct plait__option *option, const char *value) {
    if (option->text) *option->text = value;
    if (option->number && !read_number(value, option->number))
        return usage_error(command, "expected a whole number from 0, found \"%s\"", value);
    if (option->texts) {
        if (option->texts->count == (int)(sizeof option->texts->items / sizeof *option->texts->items))
            return usage_error(command, "%s is given too often", option->name);
        option->texts->items[option->texts->count++] = value;
    }
    return 0;
}

int plait__cli_options(const struct plait__command *command, const struct plait__option *options, int argc, char **argv) {
    int kept = 0;
    bool all_kept = false; /* after "--" */
    for (int i = 0; i < argc; i++) {
        if (all_kept || argv[i][0] != '-' || strcmp(argv[i], "-") == 0) {
            argv[kept++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            all_kept = true;
            continue;
        }
        if (strcmp(argv[i], "--help") == 0) {
            print_help(command, options);
            return ENDS_WELL;
        }
        size_t length = strcspn(argv[i], "=");
        const struct plait__option *option = options;
        while (option->name && (strlen(option->name) != length || strncmp(option->name, argv[i], length) != 0)) option++;
        if (!option->name) return usage_error(command, "there is no option \"%s\"", argv[i]);
        const char *value = argv[i][length] == '=' ? argv[i] + length + 1 : NULL;
        if (option->flag) {
            if (value) return usage_error(command, "%s takes no value", option->name);
            *option->flag = true;
            continue;
        }
        if (!value && i + 1 < argc) value = argv[++i];
        if (!value) return usage_error(command, "expected a value after %s", option->name);
        int ends = take_value(command, option, value);
        if (ends) return ends;
    }
    return kept;
}

/* ------------------------------------------------------------------ errors, context, progress */

void plait__cli_error(const char *where, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fprintf(stderr, "plait: %s%s", where ? where : "", where ? ": " : "");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

int plait__cli_usage(const struct plait__command *command, const char *sentence) {
    plait__cli_error(NULL, "%s; see plait %s --help", sentence, command->name);
    return PLAIT__EXIT_USAGE;
}

const char *plait__cli_sentence(const plait_context *context, const char *path) {
    const char *sentence = plait_context_error(context);
    size_t length = strlen(path);
    return strncmp(sentence, path, length) == 0 && strncmp(sentence + length, ": ", 2) == 0 ? sentence + length + 2 : sentence;
}

plait_context *plait__cli_context(int threads) {
    plait_context_options options;
    plait_context_options_default(&options);
    if (threads > 0) options.threads = threads;
    options.trusted_keys = getenv("PLAIT_TRUSTED_KEYS");
    plait_context *context = NULL;
    enum plait_status status = plait_context_create(&options, &context);
    if (status != PLAIT_OK) plait__cli_error(NULL, "%s", plait_status_text(status));
    return context;
}

void plait__cli_progress(const char *stage, int done, int count) {
    if (!isatty(STDERR_FILENO)) return;
    fprintf(stderr, "\r\033[K");
    if (done < count) fprintf(stderr, "%s %d/%d", stage, done, count);
    fflush(stderr);
}
