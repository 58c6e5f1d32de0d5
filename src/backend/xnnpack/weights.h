/* Packed weights, made once and shared by every session and every shape of a context.
 *
 * A packing is known by what went into it: a digest of the weights, the bias and the numbers that shape the packing.
 * Addresses would not do: folded constants move from plan to plan, and a freed address may come back with other content. */
#ifndef PLAIT_BACKEND_XNNPACK_WEIGHTS_H
#define PLAIT_BACKEND_XNNPACK_WEIGHTS_H

#include "backend/digest.h"
#include "base/context.h"

#include <xnnpack.h>

struct plait__xnn_packed {
    struct plait__digest digest;
    void *bytes;
    size_t size;
    int references;
    struct plait__xnn_packed *next;
};

/* What this backend keeps in a context. */
struct plait__xnn_cache {
    plait_context *context;
    struct xnn_weights_cache_provider provider;
    struct plait__xnn_packed *packed;
    struct plait__digest wanted;        /* of the operator being created */
    struct plait__xnn_packed *reserved; /* being packed, or just found */
};

/* The context's cache, made at the first call and destroyed with the context. */
enum plait_status plait__xnn_cache_get(plait_context *context, struct plait__xnn_cache **cache_out);

/* Whether weights of this digest are packed already: then the caller need not prepare them. */
bool plait__xnn_cache_has(const struct plait__xnn_cache *cache, const struct plait__digest *digest);

/* Around the creation of one operator with `&cache->provider`: `begin` says what is packed, `end` returns the packing, with
 * a reference for the caller, or NULL when the operator packed nothing. */
void plait__xnn_cache_begin(struct plait__xnn_cache *cache, const struct plait__digest *digest);
struct plait__xnn_packed *plait__xnn_cache_end(struct plait__xnn_cache *cache);
void plait__xnn_packed_release(struct plait__xnn_cache *cache, struct plait__xnn_packed *packed);

#endif
