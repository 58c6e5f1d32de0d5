/* Giving up root, once the port is bound and what only root may read is read. */
#define _DEFAULT_SOURCE /* initgroups */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "server/internal.h"

enum plait_status plait__drop_privileges(plait_context *context, const char *name) {
    if (!name) return PLAIT_OK;
    const struct passwd *user = getpwnam(name);
    if (!user) return plait__fail(context, PLAIT_NOT_FOUND, "--user: there is no user \"%.60s\"", name);
    const uid_t uid = user->pw_uid;
    if (uid == getuid() && uid == geteuid()) return PLAIT_OK;
    if (initgroups(name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(uid) != 0)
        return plait__fail(context, PLAIT_INVALID, "--user: the process cannot become %.60s: %s", name, strerror(errno));
    if (uid != 0 && setuid(0) == 0) return plait__fail(context, PLAIT_INTERNAL, "--user: the process could become root again");
    return PLAIT_OK;
}
