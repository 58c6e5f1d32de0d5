/* For builds without files: hosts keep what plait_memory_export gives. */
#include "memory/memory.h"

enum plait_status plait__vault_open(plait_context *context, const char *path, const char *key,
                                    struct plait__vault **vault_out) {
    (void)path, (void)key, (void)vault_out;
    return plait__fail(context, PLAIT_UNSUPPORTED, "this build of Plait keeps no files: export the memory");
}

void plait__vault_close(struct plait__vault *vault) {
    (void)vault;
}

enum plait_status plait__vault_each(struct plait__vault *vault,
                                    enum plait_status (*each)(void *user, const char *line, size_t size), void *user) {
    (void)vault, (void)each, (void)user;
    return PLAIT_UNSUPPORTED;
}

enum plait_status plait__vault_put(struct plait__vault *vault, const char *id, const char *line, size_t size) {
    (void)vault, (void)id, (void)line, (void)size;
    return PLAIT_UNSUPPORTED;
}

enum plait_status plait__vault_remove(struct plait__vault *vault, const char *id) {
    (void)vault, (void)id;
    return PLAIT_UNSUPPORTED;
}
