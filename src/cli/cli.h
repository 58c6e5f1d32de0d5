/* What the subcommands share: the table they stand in, options, errors and progress. */
#ifndef PLAIT_CLI_CLI_H
#define PLAIT_CLI_CLI_H

#include "plait.h"

enum { PLAIT__EXIT_OK = 0, PLAIT__EXIT_FAILED = 1, PLAIT__EXIT_USAGE = 2 };

/* One subcommand: defined in its own file as `plait__command_NAME`, listed in commands.def. */
struct plait__command {
    const char *name;
    const char *arguments;                                                   /* "[options] FILE..." */
    const char *summary;                                                     /* one line */
    int (*run)(const struct plait__command *command, int argc, char **argv); /* argv without the subcommand; exit status */
};

/* An option and where its value goes: exactly one of the targets.  A table of them ends with a NULL name. */
struct plait__option {
    const char *name;  /* "--threads" */
    const char *value; /* its placeholder in the help, "N"; NULL for a flag */
    const char *help;
    bool *flag;
    int *number; /* 0 or more */
    const char **text;
    struct plait__texts *texts; /* may be given several times */
};

struct plait__texts {
    const char *items[16];
    int count;
};

/* Fills the targets, and moves what is no option to the front of argv.  The number of those, or a value below 0 when the
 * command should end: with plait__cli_exit of it (--help was asked and printed, or the usage was wrong and that was said). */
int plait__cli_options(const struct plait__command *command, const struct plait__option *options, int argc, char **argv);
int plait__cli_exit(int parsed);

/* Says on stderr what is wrong with the usage, and is the exit status for it. */
int plait__cli_usage(const struct plait__command *command, const char *sentence);

/* "plait: WHERE: sentence" on stderr; `where` may be NULL. */
void plait__cli_error(const char *where, const char *format, ...);

/* The context's last error for a message about `path`: without the path, should it begin with it. */
const char *plait__cli_sentence(const plait_context *context, const char *path);

/* A context with `threads` threads (0: one), which trusts the keys of PLAIT_TRUSTED_KEYS.  Says what fails; NULL then. */
plait_context *plait__cli_context(int threads);

/* "stage 12/57" rewritten in place on stderr when that is a terminal and the work is long; ends itself at `done == count`. */
void plait__cli_progress(const char *stage, int done, int count);

#endif
