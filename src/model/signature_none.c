/* For builds without libsodium: what cannot be checked is not opened. */
#include "model/signature.h"

static enum plait_status refuse(plait_context *context) {
    return plait__fail(context, PLAIT_UNSUPPORTED, "this build of Plait knows no signatures");
}

enum plait_status plait__signature_check(plait_context *context, const char *path, const uint8_t *signature,
                                         size_t signature_size, const char *keys, const void *message, size_t size) {
    (void)path, (void)signature, (void)signature_size, (void)keys, (void)message, (void)size;
    return refuse(context);
}

enum plait_status plait__signature_keys(plait_context *context, char secret_out[PLAIT__SECRET_DIGITS + 1],
                                        char public_out[PLAIT__PUBLIC_DIGITS + 1]) {
    (void)secret_out, (void)public_out;
    return refuse(context);
}

enum plait_status plait__signature_make(plait_context *context, const char *secret, const void *message, size_t size,
                                        char signature_out[PLAIT__SIGNATURE_DIGITS + 1]) {
    (void)secret, (void)message, (void)size, (void)signature_out;
    return refuse(context);
}
