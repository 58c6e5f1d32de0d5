#include "server/probe.h"

#include <stdio.h>

#include "base/context.h"
#include "server/curl.h"

enum { SECONDS = 5 };

static size_t ignore(char *bytes, size_t size, size_t count, void *user) {
    (void)bytes, (void)user;
    return size * count;
}

enum plait_status plait__probe(plait_context *context, int port, bool tls) {
    char url[64];
    long status = 0;
    snprintf(url, sizeof url, "%s://127.0.0.1:%d/v2/health/ready", tls ? "https" : "http", port);
    struct plait__curl api;
    PLAIT__TRY(plait__curl_open(context, &api));
    CURL *curl = api.begin();
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (curl) {
        api.set(curl, CURLOPT_URL, url);
        api.set(curl, CURLOPT_WRITEFUNCTION, ignore);
        api.set(curl, CURLOPT_NOPROXY, "*");
        api.set(curl, CURLOPT_NOSIGNAL, 1L);
        api.set(curl, CURLOPT_TIMEOUT, (long)SECONDS);
        api.set(curl, CURLOPT_SSL_VERIFYPEER, 0L); /* its certificate names another host; this is the same machine */
        api.set(curl, CURLOPT_SSL_VERIFYHOST, 0L);
        code = api.perform(curl);
        api.get(curl, CURLINFO_RESPONSE_CODE, &status);
        api.end(curl);
    }
    plait__curl_close(&api);
    if (code != CURLE_OK) return plait__fail(context, PLAIT_IO, "%s: %s", url, api.sentence(code));
    if (status != 200) return plait__fail(context, PLAIT_IO, "%s: expected 200, found %ld", url, status);
    return PLAIT_OK;
}
