/* SHA-256 against NIST's published examples and every length around a block's end. */
#include "base/sha256.h"

#include "test.h"

static const char *digest(const char *text) {
    static char hex[65];
    plait__sha256_hex(text, strlen(text), hex);
    return hex;
}

TEST(published_examples) {
    CHECK_TEXT(digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_TEXT(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_TEXT(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(a_million_letters) {
    static char letters[1000000];
    char hex[65];
    memset(letters, 'a', sizeof letters);
    plait__sha256_hex(letters, sizeof letters, hex);
    CHECK_TEXT(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* The padding fits into the last block up to 55 bytes, and needs another from 56 to 63. */
TEST(around_a_block) {
    char zeros[65] = {0}, hex[65];
    static const struct {
        size_t size;
        const char *digest;
    } cases[] = {{55, "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"},
                 {56, "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"},
                 {63, "c7723fa1e0127975e49e62e753db53924c1bd84b8ac1ac08df78d09270f3d971"},
                 {64, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        plait__sha256_hex(zeros, cases[i].size, hex);
        CHECK_TEXT(hex, cases[i].digest);
    }
}

/* In parts of every size around a block, the digest is that of the whole. */
TEST(part_by_part) {
    char bytes[300], whole[65], parts[65];
    for (int i = 0; i < (int)sizeof bytes; i++) bytes[i] = (char)(i * 7);
    plait__sha256_hex(bytes, sizeof bytes, whole);
    for (size_t size = 1; size < 130; size++) {
        struct plait__sha256 hash;
        plait__sha256_begin(&hash);
        for (size_t at = 0; at < sizeof bytes; at += size)
            plait__sha256_add(&hash, bytes + at, size < sizeof bytes - at ? size : sizeof bytes - at);
        plait__sha256_end(&hash, parts);
        CHECK_TEXT(parts, whole);
    }
}

/* Many blocks at once may be another implementation's work: it agrees, wherever the parts begin. */
TEST(many_blocks_at_once) {
    enum { SIZE = 20011, SMALL = 61 };
    static char bytes[SIZE];
    char parts[65], whole[65];
    for (int i = 0; i < SIZE; i++) bytes[i] = (char)(i * 31 + i / 251);
    for (size_t first = 0; first < 130; first++) {
        struct plait__sha256 small, large;
        plait__sha256_begin(&small);
        plait__sha256_begin(&large);
        for (size_t at = 0; at < SIZE; at += SMALL)
            plait__sha256_add(&small, bytes + at, SMALL < SIZE - at ? SMALL : SIZE - at);
        plait__sha256_add(&large, bytes, first);
        plait__sha256_add(&large, bytes + first, SIZE - first);
        plait__sha256_end(&small, parts);
        plait__sha256_end(&large, whole);
        CHECK_TEXT(whole, parts);
    }
}

TEST_MAIN(published_examples, a_million_letters, around_a_block, part_by_part, many_blocks_at_once)
