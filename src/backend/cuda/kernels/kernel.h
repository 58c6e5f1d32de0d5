/* What a kernel is written in: C17, from which clang makes PTX for a GPU, and which any compiler makes functions of the host
 * from, so that a test runs the very text that a GPU runs.
 *
 * A kernel works in phases.  In a phase every thread of a block does its share and sees nothing that others do in it; what they
 * left in shared memory is there in the next phase.  So there is no barrier to forget, and none that some threads miss:
 *
 *     KERNEL(sum) {
 *         SHARED float parts[THREADS_MOST];
 *         PHASE { parts[thread] = a->x[thread]; }
 *         for (int half = THREADS / 2; half > 0; half /= 2)
 *             PHASE {
 *                 if (thread < half) parts[thread] += parts[thread + half];
 *             }
 *     }
 *
 * Outside of phases everything is the same for all threads of a block.  `continue` ends a thread's part of a phase; nothing may
 * leave it otherwise.  What a thread keeps from phase to phase is declared as an array of [OWN] and used as name[own].
 *
 * Kernels of a file share the struct `a` points to: see arguments.h. */
#ifndef PLAIT_BACKEND_CUDA_KERNELS_KERNEL_H
#define PLAIT_BACKEND_CUDA_KERNELS_KERNEL_H

#include "backend/cuda/kernels/arguments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

#ifdef __NVPTX__

#define BLOCK_PARAMETERS
#define BLOCK
#define BLOCK_X ((int)__nvvm_read_ptx_sreg_ctaid_x())
#define BLOCK_Y ((int)__nvvm_read_ptx_sreg_ctaid_y())
#define BLOCK_Z ((int)__nvvm_read_ptx_sreg_ctaid_z())
#define THREADS ((int)__nvvm_read_ptx_sreg_ntid_x())
#define SHARED  static __attribute__((address_space(3), loader_uninitialized))
#define PHASE   for (int thread = (int)__nvvm_read_ptx_sreg_tid_x(), own = 0; (void)thread, own == 0; own = 1, __syncthreads())
#define OWN     1
#define ENTRY(name)                                                                      \
    __attribute__((nvptx_kernel)) void name(const struct plait__cuda_##name arguments) { \
        name##_block(&arguments);                                                        \
    }

#else

struct plait__cuda_block {
    int x, y, z, threads;
    const int *order; /* [threads] in which threads take their turns in a phase */
};

#define BLOCK            , block
#define BLOCK_PARAMETERS , const struct plait__cuda_block *block
#define BLOCK_X          (block->x)
#define BLOCK_Y          (block->y)
#define BLOCK_Z          (block->z)
#define THREADS          (block->threads)
#define SHARED
#define PHASE \
    for (int turn = 0, thread, own; turn < block->threads && (own = thread = block->order[turn], (void)own, true); turn++)
#define OWN THREADS_MOST
#define ENTRY(name)                                                                             \
    void plait__cuda_run_##name(const void *arguments, const struct plait__cuda_block *block) { \
        name##_block(arguments, block);                                                         \
    }

#endif

#define KERNEL(name)                                                               \
    INLINE void name##_block(const struct plait__cuda_##name *a BLOCK_PARAMETERS); \
    ENTRY(name)                                                                    \
    INLINE void name##_block(const struct plait__cuda_##name *a BLOCK_PARAMETERS)

/* The element that this thread is for, when there is a thread an element. */
#define ELEMENT ((int64_t)BLOCK_X * THREADS + thread)

INLINE float clamped(float x, float low, float high) {
    return x < low ? low : x > high ? high : x; /* NaN stays NaN */
}

/* Where element `index` of an array of `dims` is, by steps an axis. */
INLINE int64_t place_of(unsigned index, int rank, const int *dims, const int *steps) {
    int64_t place = 0;
    for (int d = rank - 1; d > 0; d--) {
        unsigned size = (unsigned)dims[d], next = index / size;
        place += (int64_t)(index - next * size) * steps[d];
        index = next;
    }
    return rank > 0 ? place + (int64_t)index * steps[0] : place;
}

#endif
