/* plait audit verify: whether an audit log is as it was written. */
#include "observe/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static int run(const struct plait__command *command, int argc, char **argv) {
    const struct plait__option options[] = {{0}};
    const int count = plait__cli_options(command, options, argc, argv);
    if (count < 0) return plait__cli_exit(count);
    if (count != 2 || strcmp(argv[0], "verify") != 0) return plait__cli_usage(command, "expected verify and a FILE");
    plait_context *context = plait__cli_context(1);
    if (!context) return PLAIT__EXIT_FAILED;
    struct plait__audit_report report;
    const enum plait_status status = plait__audit_verify(context, argv[1], &report);
    if (status == PLAIT_OK)
        printf("%" PRIu64 " lines, an unbroken chain%s; the last hash is %s\n", report.lines,
               report.cut ? ", and some that a crash cut off" : "", report.last);
    else
        plait__cli_error(argv[1], "%s", plait__cli_sentence(context, argv[1]));
    plait_context_destroy(context);
    return status == PLAIT_OK ? PLAIT__EXIT_OK : PLAIT__EXIT_FAILED;
}

const struct plait__command plait__command_audit = {"audit", "verify FILE", "checks the hash chain of an audit log", run};
