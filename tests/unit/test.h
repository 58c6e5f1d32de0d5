/* The smallest test harness: checks print both operands, count, and never stop the test; a failing check fails the process.
 *
 *     TEST(adds) { CHECK_INT(1 + 1, 2); }
 *     TEST_MAIN(adds)
 */
#ifndef PLAIT_TESTS_TEST_H
#define PLAIT_TESTS_TEST_H

#include <math.h>
#include <stdio.h>
#include <string.h>

static int test__failures, test__checks;

#define TEST(name) static void test_##name(void)

static inline void test__report(int ok, const char *file, int line, const char *what) {
    test__checks++;
    if (ok) return;
    test__failures++;
    fprintf(stderr, "%s:%d: %s", file, line, what);
}

#define CHECK(condition) test__report(!!(condition), __FILE__, __LINE__, "expected " #condition "\n")

#define CHECK_INT(found, expected)                                                              \
    do {                                                                                        \
        long long test__a = (long long)(found), test__b = (long long)(expected);                \
        test__report(test__a == test__b, __FILE__, __LINE__, #found);                           \
        if (test__a != test__b) fprintf(stderr, " is %lld, expected %lld\n", test__a, test__b); \
    } while (0)

#define CHECK_NEAR(found, expected, tolerance)                                                                        \
    do {                                                                                                              \
        double test__a = (found), test__b = (expected);                                                               \
        int test__ok = fabs(test__a - test__b) <= (tolerance);                                                        \
        test__report(test__ok, __FILE__, __LINE__, #found);                                                           \
        if (!test__ok) fprintf(stderr, " is %.9g, expected %.9g within %g\n", test__a, test__b, (double)(tolerance)); \
    } while (0)

#define CHECK_TEXT(found, expected)                                                                                       \
    do {                                                                                                                  \
        const char *test__a = (found), *test__b = (expected);                                                             \
        int test__ok = test__a && test__b && strcmp(test__a, test__b) == 0;                                               \
        test__report(test__ok, __FILE__, __LINE__, #found);                                                               \
        if (!test__ok)                                                                                                    \
            fprintf(stderr, " is \"%s\", expected \"%s\"\n", test__a ? test__a : "(null)", test__b ? test__b : "(null)"); \
    } while (0)

static inline int test__finish(void) {
    printf("%d checks, %d failed\n", test__checks, test__failures);
    return test__failures != 0;
}

/* Up to 16 tests: TEST_MAIN(a, b, c) */
/* clang-format off */
#define TEST__RUN_1(a) test_##a();
#define TEST__RUN_2(a, ...) test_##a(); TEST__RUN_1(__VA_ARGS__)
#define TEST__RUN_3(a, ...) test_##a(); TEST__RUN_2(__VA_ARGS__)
#define TEST__RUN_4(a, ...) test_##a(); TEST__RUN_3(__VA_ARGS__)
#define TEST__RUN_5(a, ...) test_##a(); TEST__RUN_4(__VA_ARGS__)
#define TEST__RUN_6(a, ...) test_##a(); TEST__RUN_5(__VA_ARGS__)
#define TEST__RUN_7(a, ...) test_##a(); TEST__RUN_6(__VA_ARGS__)
#define TEST__RUN_8(a, ...) test_##a(); TEST__RUN_7(__VA_ARGS__)
#define TEST__RUN_9(a, ...) test_##a(); TEST__RUN_8(__VA_ARGS__)
#define TEST__RUN_10(a, ...) test_##a(); TEST__RUN_9(__VA_ARGS__)
#define TEST__RUN_11(a, ...) test_##a(); TEST__RUN_10(__VA_ARGS__)
#define TEST__RUN_12(a, ...) test_##a(); TEST__RUN_11(__VA_ARGS__)
#define TEST__RUN_13(a, ...) test_##a(); TEST__RUN_12(__VA_ARGS__)
#define TEST__RUN_14(a, ...) test_##a(); TEST__RUN_13(__VA_ARGS__)
#define TEST__RUN_15(a, ...) test_##a(); TEST__RUN_14(__VA_ARGS__)
#define TEST__RUN_16(a, ...) test_##a(); TEST__RUN_15(__VA_ARGS__)
#define TEST__PICK(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, name, ...) name
#define TEST_MAIN(...)                                                                                              \
    int main(void) {                                                                                                \
        TEST__PICK(__VA_ARGS__, TEST__RUN_16, TEST__RUN_15, TEST__RUN_14, TEST__RUN_13, TEST__RUN_12, TEST__RUN_11, \
                   TEST__RUN_10, TEST__RUN_9, TEST__RUN_8, TEST__RUN_7, TEST__RUN_6, TEST__RUN_5, TEST__RUN_4,      \
                   TEST__RUN_3, TEST__RUN_2, TEST__RUN_1, )                                                         \
        (__VA_ARGS__) return test__finish();                                                                        \
    }
/* clang-format on */

#endif
