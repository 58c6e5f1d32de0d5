/* Ed25519 signatures (RFC 8032) of manifests, by libsodium; signature_none.c stands in where there is none. */
#ifndef PLAIT_MODEL_SIGNATURE_H
#define PLAIT_MODEL_SIGNATURE_H

#include "base/context.h"

#define PLAIT__SIGNATURE_FILE "manifest.sig" /* 128 hexadecimal digits and a line feed */

enum { PLAIT__PUBLIC_DIGITS = 64, PLAIT__SECRET_DIGITS = 128, PLAIT__SIGNATURE_DIGITS = 128 };

/* Whether one of `keys` (see plait_context_options.trusted_keys) signed the message.  `path` is the signature's, for errors. */
enum plait_status plait__signature_check(plait_context *context, const char *path, const uint8_t *signature,
                                         size_t signature_size, const char *keys, const void *message, size_t size);

/* A new pair, in hexadecimal digits and a NUL. */
enum plait_status plait__signature_keys(plait_context *context, char secret_out[PLAIT__SECRET_DIGITS + 1],
                                        char public_out[PLAIT__PUBLIC_DIGITS + 1]);
enum plait_status plait__signature_make(plait_context *context, const char *secret, const void *message, size_t size,
                                        char signature_out[PLAIT__SIGNATURE_DIGITS + 1]);

#endif
