#include "server/curl.h"

#include <dlfcn.h>

#include "base/context.h"

enum plait_status plait__curl_open(plait_context *context, struct plait__curl *curl_out) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return plait__fail(context, PLAIT_NOT_FOUND, "expected libcurl 4: %s", dlerror());
    /* POSIX has a pointer to a function fit into one to an object, and C has no conversion between them. */
#define OPEN(member, function, result, parameters)           \
    *(void **)&curl_out->member = dlsym(library, #function); \
    if (!curl_out->member) return plait__fail(context, PLAIT_NOT_FOUND, "%s", dlerror());
    PLAIT__CURL_MAP(OPEN)
#undef OPEN
    if (curl_out->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) return PLAIT_OK;
    return plait__fail(context, PLAIT_INTERNAL, "libcurl cannot start");
}

void plait__curl_close(struct plait__curl *curl) {
    curl->global_cleanup();
}
