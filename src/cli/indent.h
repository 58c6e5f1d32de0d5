/* JSON for people. */
#ifndef PLAIT_CLI_INDENT_H
#define PLAIT_CLI_INDENT_H

#include <stdio.h>

/* Prints compact JSON with line breaks and two spaces a level; what fits on one line stays there. */
void plait__print_indented(const char *json, FILE *to);

#endif
