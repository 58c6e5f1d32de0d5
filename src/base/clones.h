/* For the few loops here that no library has. */
#ifndef PLAIT_BASE_CLONES_H
#define PLAIT_BASE_CLONES_H

/* Compiles a function for several instruction sets and picks one at load, where compiler and C library can.  (The address
 * sanitizer is not ready yet when the picking is done.) */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#define PLAIT__CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PLAIT__CLONES
#endif

#endif
