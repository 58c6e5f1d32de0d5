/* For the few loops here that XNNPACK has no operator for. */
#ifndef PLAIT_BACKEND_XNNPACK_KERNEL_H
#define PLAIT_BACKEND_XNNPACK_KERNEL_H

/* Compiles a function for several instruction sets and picks one at load, where compiler and C library can.  (The address
 * sanitizer is not ready yet when the picking is done.) */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#define PLAIT__XNN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PLAIT__XNN_CLONES
#endif

#endif
