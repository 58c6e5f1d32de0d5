/* Confinement: limits of the kernel on what a process may take, and a filter on what it may ask for.
 *
 * The limits (setrlimit) hold everywhere.  On Linux the process also leaves the network (unshare, where users may make
 * namespaces) and takes a seccomp filter: no sockets, no change to any file, no look into other processes.  Where one of these
 * is not permitted the others still hold. */
#define _GNU_SOURCE
#include "media/child.h"

#include <sys/resource.h>

static void limit(int resource, rlim_t most) {
    const struct rlimit both = {most, most};
    setrlimit(resource, &both);
}

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifdef __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define FLAGS_OF_OPEN \
    LOAD(nr), IF(SYS_open, 0, 5), LOAD(args[1]), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, WRITING), IF(0, 0, 1), ALLOW, REFUSE
#else
#define ARCHITECTURE  AUDIT_ARCH_AARCH64
#define FLAGS_OF_OPEN LOAD(nr)
#endif

#define LOAD(field)        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define ALLOW              BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE             BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES)
#define KILL               BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define NEVER(call)        IF(SYS_##call, 0, 1), REFUSE
#define WRITING            (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

static void filter_calls(void) {
    struct sock_filter filter[] = {
        LOAD(arch), IF(ARCHITECTURE, 1, 0), KILL,
        /* Opening to read is all that is allowed of opening. */
        LOAD(nr), IF(SYS_openat, 0, 5), LOAD(args[2]), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, WRITING), IF(0, 0, 1), ALLOW, REFUSE,
        FLAGS_OF_OPEN,
#ifdef __x86_64__
        /* The x32 calls are the same under other numbers; what else changes a file or a name has an older form here. */
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), KILL, NEVER(creat), NEVER(unlink), NEVER(rename), NEVER(mkdir),
        NEVER(rmdir), NEVER(link), NEVER(symlink), NEVER(chmod), NEVER(chown), NEVER(lchown), NEVER(mknod), NEVER(utime),
        NEVER(utimes),
#endif
        NEVER(socket), NEVER(socketpair), NEVER(connect), NEVER(bind), NEVER(listen), NEVER(accept), NEVER(accept4),
        NEVER(unlinkat), NEVER(renameat), NEVER(renameat2), NEVER(mkdirat), NEVER(linkat), NEVER(symlinkat), NEVER(fchmod),
        NEVER(fchmodat), NEVER(fchown), NEVER(fchownat), NEVER(mknodat), NEVER(utimensat), NEVER(truncate), NEVER(setxattr),
        NEVER(mount), NEVER(umount2), NEVER(chroot), NEVER(ptrace), NEVER(process_vm_readv), NEVER(process_vm_writev),
        NEVER(kill), NEVER(tkill), NEVER(keyctl), NEVER(add_key), NEVER(bpf), NEVER(perf_event_open), NEVER(io_uring_setup),
        IF(437 /* openat2, whose flags a filter cannot see */, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        ALLOW};
    const struct sock_fprog program = {(unsigned short)(sizeof filter / sizeof *filter), filter};
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void leave(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (unshare(CLONE_NEWNET) != 0) unshare(CLONE_NEWUSER | CLONE_NEWNET);
    filter_calls();
}
#else
static void leave(void) {}
#endif

void plait__confine(size_t memory_most, int seconds_most) {
    limit(RLIMIT_AS, memory_most);
    limit(RLIMIT_CPU, (rlim_t)seconds_most);
    limit(RLIMIT_FSIZE, 0); /* pipes are no files */
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, 64);
    leave();
}
