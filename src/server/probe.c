#include "server/probe.h"

#include <curl/curl.h>
#include <stdio.h>

enum { SECONDS = 5 };

static size_t ignore(char *bytes, size_t size, size_t count, void *user) {
    (void)bytes, (void)user;
    return size * count;
}

enum plait_status plait__probe(plait_context *context, int port, bool tls) {
    char url[64];
    long status = 0;
    snprintf(url, sizeof url, "%s://127.0.0.1:%d/v2/health/ready", tls ? "https" : "http", port);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return plait__fail(context, PLAIT_INTERNAL, "libcurl cannot start");
    CURL *curl = curl_easy_init();
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (curl) {
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)SECONDS);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L); /* its certificate names another host; this is the same machine */
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
        code = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_cleanup(curl);
    }
    curl_global_cleanup();
    if (code != CURLE_OK) return plait__fail(context, PLAIT_IO, "%s: %s", url, curl_easy_strerror(code));
    if (status != 200) return plait__fail(context, PLAIT_IO, "%s: expected 200, found %ld", url, status);
    return PLAIT_OK;
}
