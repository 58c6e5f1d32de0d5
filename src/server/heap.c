/* The process's heap, so that a fresh process is soon at work: most of what a start costs is not arithmetic but memory that is
 * touched for the first time, and a fault for every 4 KiB of it is the dearest way to get it. */
#define _DEFAULT_SOURCE /* madvise, sbrk */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "server/internal.h"

#if defined __GLIBC__ && defined MADV_HUGEPAGE
enum { HEAP_STEP = 64 << 20 /* bytes it grows by: about what a replica takes */, HUGE_PAGE = 2 << 20 };

static char *heap_end(void) {
    return sbrk(0);
}

/* One heap for all threads, so that a worker works in what loading the models left; on huge pages, where they are given to who
 * asks. */
void plait__heap_begin(void) {
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TOP_PAD, HEAP_STEP);
    mallopt(M_TRIM_THRESHOLD, 2 * HEAP_STEP);
    char *before = heap_end();
    void *volatile block = malloc(HEAP_STEP / 80); /* more than there is, less than what is mapped by itself */
    free(block);
    char *first = (char *)(((uintptr_t)before + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE), *end = heap_end();
    if (end > first) (void)madvise(first, (size_t)(end - first), MADV_HUGEPAGE); /* refused: small pages it is */
}
#else
void plait__heap_begin(void) {}
#endif
