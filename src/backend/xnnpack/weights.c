#include "backend/xnnpack/weights.h"

#include "backend/backend.h"

#include <string.h>

static struct plait__xnn_packed *find(const struct plait__xnn_cache *cache, const struct plait__digest *digest) {
    for (struct plait__xnn_packed *packed = cache->packed; packed; packed = packed->next)
        if (memcmp(&packed->digest, digest, sizeof *digest) == 0) return packed;
    return NULL;
}

bool plait__xnn_cache_has(const struct plait__xnn_cache *cache, const struct plait__digest *digest) {
    return find(cache, digest) != NULL;
}

/* ---- XNNPACK's side: its keys are addresses, which are not looked at; `wanted` says what is meant.  An "offset" is an
 * address here, so that packings can be released one by one. ---- */

static size_t provider_look_up(void *context, const struct xnn_weights_cache_look_up_key *key) {
    (void)key;
    struct plait__xnn_cache *cache = context;
    struct plait__xnn_packed *packed = find(cache, &cache->wanted);
    if (!packed) return SIZE_MAX;
    cache->reserved = packed;
    return (size_t)(uintptr_t)packed->bytes;
}

static void *provider_reserve(void *context, size_t size) {
    struct plait__xnn_cache *cache = context;
    struct plait__xnn_packed *packed = plait__allocate_zero(cache->context, 1, sizeof *packed);
    if (!packed) return NULL;
    packed->bytes = plait__allocate(cache->context, size);
    if (!packed->bytes) {
        plait__release(cache->context, packed);
        return NULL;
    }
    packed->digest = cache->wanted;
    packed->size = size;
    cache->reserved = packed;
    return packed->bytes;
}

static size_t provider_insert(void *context, const struct xnn_weights_cache_look_up_key *key, void *bytes, size_t size) {
    (void)key, (void)bytes, (void)size;
    struct plait__xnn_cache *cache = context;
    struct plait__xnn_packed *packed = find(cache, &cache->wanted);
    if (!packed) {
        packed = cache->reserved;
        packed->next = cache->packed;
        cache->packed = packed;
    } else if (packed != cache->reserved) { /* deconvolution packs before it looks */
        if (cache->reserved) plait__release(cache->context, cache->reserved->bytes);
        plait__release(cache->context, cache->reserved);
        cache->reserved = packed;
    }
    return (size_t)(uintptr_t)packed->bytes;
}

static bool provider_is_finalized(void *context) {
    (void)context;
    return true; /* asked before a run only: nothing moves here */
}

static void *provider_address(void *context, size_t offset) {
    (void)context;
    return (void *)(uintptr_t)offset;
}

void plait__xnn_cache_begin(struct plait__xnn_cache *cache, const struct plait__digest *digest) {
    cache->wanted = *digest;
    cache->reserved = NULL;
}

struct plait__xnn_packed *plait__xnn_cache_end(struct plait__xnn_cache *cache) {
    struct plait__xnn_packed *packed = cache->reserved;
    cache->reserved = NULL;
    if (packed && !find(cache, &packed->digest)) { /* reserved by an operator that then failed */
        plait__release(cache->context, packed->bytes);
        plait__release(cache->context, packed);
        return NULL;
    }
    if (packed) packed->references++;
    return packed;
}

void plait__xnn_packed_release(struct plait__xnn_cache *cache, struct plait__xnn_packed *packed) {
    if (!packed || --packed->references > 0) return;
    for (struct plait__xnn_packed **link = &cache->packed; *link; link = &(*link)->next) {
        if (*link != packed) continue;
        *link = packed->next;
        break;
    }
    plait__release(cache->context, packed->bytes);
    plait__release(cache->context, packed);
}

/* ---- the cache ---- */

static void cache_destroy(void *state) {
    struct plait__xnn_cache *cache = state;
    while (cache->packed) {
        struct plait__xnn_packed *packed = cache->packed;
        cache->packed = packed->next;
        plait__release(cache->context, packed->bytes);
        plait__release(cache->context, packed);
    }
    plait__release(cache->context, cache);
}

enum plait_status plait__xnn_cache_get(plait_context *context, struct plait__xnn_cache **cache_out) {
    struct plait__xnn_cache *cache = plait__cache_find(context, &plait__backend_xnnpack);
    if (cache) {
        *cache_out = cache;
        return PLAIT_OK;
    }
    enum xnn_status status = xnn_initialize(NULL);
    if (status != xnn_status_success)
        return plait__fail(context, PLAIT_UNSUPPORTED, "xnnpack: this processor is not supported (status %d)", (int)status);
    cache = plait__allocate_zero(context, 1, sizeof *cache);
    if (!cache) return PLAIT_MEMORY;
    cache->context = context;
    cache->provider = (struct xnn_weights_cache_provider){
        .context = cache,
        .look_up = provider_look_up,
        .reserve_space = provider_reserve,
        .look_up_or_insert = provider_insert,
        .is_finalized = provider_is_finalized,
        .offset_to_addr = provider_address,
    };
    enum plait_status added = plait__cache_add(context, &plait__backend_xnnpack, cache, cache_destroy);
    if (added != PLAIT_OK) {
        plait__release(context, cache);
        return added;
    }
    *cache_out = cache;
    return PLAIT_OK;
}
