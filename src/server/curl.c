#include "server/curl.h"

#include "base/context.h"
#include "base/symbols.h"

enum plait_status plait__curl_open(plait_context *context, struct plait__curl *curl_out) {
#define SYMBOL(member, function, result, parameters) {#function, (void **)&curl_out->member},
    const struct plait__symbol symbols[] = {PLAIT__CURL_MAP(SYMBOL)};
#undef SYMBOL
    const char *missing = plait__symbols_open("libcurl.so.4", symbols, sizeof symbols / sizeof *symbols);
    if (missing) return plait__fail(context, PLAIT_NOT_FOUND, "expected libcurl 4: %s", missing);
    if (curl_out->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) return PLAIT_OK;
    return plait__fail(context, PLAIT_INTERNAL, "libcurl cannot start");
}

void plait__curl_close(struct plait__curl *curl) {
    curl->global_cleanup();
}
