#include "model/signature.h"

#include <sodium.h>
#include <string.h>

static enum plait_status ready(plait_context *context) {
    return sodium_init() >= 0 ? PLAIT_OK : plait__fail(context, PLAIT_INTERNAL, "libsodium cannot start");
}

/* `bytes` bytes from twice as many digits; false when they are not. */
static bool from_hex(const char *digits, size_t count, uint8_t *out, size_t bytes) {
    size_t length;
    const char *end;
    return count == 2 * bytes && sodium_hex2bin(out, bytes, digits, count, NULL, &length, &end) == 0 && length == bytes &&
           end == digits + count;
}

enum plait_status plait__signature_check(plait_context *context, const char *path, const uint8_t *signature,
                                         size_t signature_size, const char *keys, const void *message, size_t size) {
    uint8_t signed_with[crypto_sign_BYTES], key[crypto_sign_PUBLICKEYBYTES];
    bool right = false;
    PLAIT__TRY(ready(context));
    while (signature_size > 0 && (signature[signature_size - 1] == '\n' || signature[signature_size - 1] == '\r'))
        signature_size--;
    if (!from_hex((const char *)signature, signature_size, signed_with, sizeof signed_with))
        return plait__fail(context, PLAIT_INVALID, "%s: expected %d hexadecimal digits", path, PLAIT__SIGNATURE_DIGITS);
    for (const char *at = keys; *at;) {
        const size_t length = strcspn(at, ",");
        if (!from_hex(at, length, key, sizeof key))
            return plait__fail(context, PLAIT_INVALID, "trusted keys: expected %d hexadecimal digits, found \"%.*s\"",
                               PLAIT__PUBLIC_DIGITS, length > 80 ? 80 : (int)length, at);
        right = right || crypto_sign_verify_detached(signed_with, message, size, key) == 0;
        at += length + (at[length] == ',');
    }
    return right ? PLAIT_OK
                 : plait__fail(context, PLAIT_INVALID, "%s: none of the trusted keys signed the manifest as it is", path);
}

enum plait_status plait__signature_keys(plait_context *context, char secret_out[PLAIT__SECRET_DIGITS + 1],
                                        char public_out[PLAIT__PUBLIC_DIGITS + 1]) {
    uint8_t secret[crypto_sign_SECRETKEYBYTES], public[crypto_sign_PUBLICKEYBYTES];
    PLAIT__TRY(ready(context));
    crypto_sign_keypair(public, secret);
    sodium_bin2hex(secret_out, PLAIT__SECRET_DIGITS + 1, secret, sizeof secret);
    sodium_bin2hex(public_out, PLAIT__PUBLIC_DIGITS + 1, public, sizeof public);
    sodium_memzero(secret, sizeof secret);
    return PLAIT_OK;
}

enum plait_status plait__signature_make(plait_context *context, const char *secret, const void *message, size_t size,
                                        char signature_out[PLAIT__SIGNATURE_DIGITS + 1]) {
    uint8_t key[crypto_sign_SECRETKEYBYTES], signature[crypto_sign_BYTES];
    PLAIT__TRY(ready(context));
    const size_t digits = strcspn(secret, "\r\n");
    if (!from_hex(secret, digits, key, sizeof key))
        return plait__fail(context, PLAIT_INVALID, "secret key: expected %d hexadecimal digits, found %zu characters",
                           PLAIT__SECRET_DIGITS, digits); /* which ones is nobody's business */
    crypto_sign_detached(signature, NULL, message, size, key);
    sodium_memzero(key, sizeof key);
    sodium_bin2hex(signature_out, PLAIT__SIGNATURE_DIGITS + 1, signature, sizeof signature);
    return PLAIT_OK;
}
