/* The plait command: finds the subcommand and hands over. */
#include <stdio.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "cli/cli.h"

#define COMMAND(name) extern const struct plait__command plait__command_##name;
#include "cli/commands.def"
#undef COMMAND

static const struct plait__command *const commands[] = {
#define COMMAND(name) &plait__command_##name,
#include "cli/commands.def"
#undef COMMAND
    NULL};

static void print_help(FILE *to) {
    fprintf(to, "usage: plait SUBCOMMAND [options] ...\n\n");
    for (int i = 0; commands[i]; i++) fprintf(to, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(to, "\nplait SUBCOMMAND --help says more; plait --version says which Plait this is.\n");
}

int main(int argc, char **argv) {
#ifdef __GLIBC__
    /* Blocks of a page go back to the system with it: kept for the next, among smaller ones, the heap would grow and grow. */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
    if (argc < 2) {
        print_help(stderr);
        return PLAIT__EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return PLAIT__EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("plait " PLAIT_VERSION "\n");
        return PLAIT__EXIT_OK;
    }
    for (int i = 0; commands[i]; i++)
        if (strcmp(argv[1], commands[i]->name) == 0) return commands[i]->run(commands[i], argc - 2, argv + 2);
    plait__cli_error(NULL, "expected a subcommand, found \"%s\"; see plait --help", argv[1]);
    return PLAIT__EXIT_USAGE;
}
