/* In place of child.c and confine.c where there are no processes. */
#include "media/child.h"

enum plait_status plait__child_run(plait_context *context, const struct plait__child *child, struct plait__buffer *output,
                                   struct plait__child_end *end_out) {
    (void)output;
    (void)end_out;
    return plait__fail(context, PLAIT_UNSUPPORTED, "%s: this build runs no other programs", child->arguments[0]);
}
