/* libcurl, opened when it is first needed: it and the libraries that it brings cost a process more to load than all the rest,
 * and most processes never use it. */
#ifndef PLAIT_SERVER_CURL_H
#define PLAIT_SERVER_CURL_H

#include <curl/curl.h>

#include "plait.h"

/* X(MEMBER, FUNCTION, RESULT, PARAMETERS) */
#define PLAIT__CURL_MAP(X)                                                                            \
    X(global_init, curl_global_init, CURLcode, (long flags))                                          \
    X(global_cleanup, curl_global_cleanup, void, (void))                                              \
    X(begin, curl_easy_init, CURL *, (void))                                                          \
    X(end, curl_easy_cleanup, void, (CURL * handle))                                                  \
    X(reset, curl_easy_reset, void, (CURL * handle))                                                  \
    X(set, curl_easy_setopt, CURLcode, (CURL * handle, CURLoption option, ...))                       \
    X(get, curl_easy_getinfo, CURLcode, (CURL * handle, CURLINFO info, ...))                          \
    X(perform, curl_easy_perform, CURLcode, (CURL * handle))                                          \
    X(sentence, curl_easy_strerror, const char *, (CURLcode code))                                    \
    X(list_add, curl_slist_append, struct curl_slist *, (struct curl_slist * list, const char *text)) \
    X(list_end, curl_slist_free_all, void, (struct curl_slist * list))

struct plait__curl {
#define PLAIT__CURL_MEMBER(member, function, result, parameters) result(*member) parameters;
    PLAIT__CURL_MAP(PLAIT__CURL_MEMBER)
#undef PLAIT__CURL_MEMBER
};

/* Opens it and makes it ready (curl_global_init); NOT_FOUND where it is not installed.  Before other threads use it. */
enum plait_status plait__curl_open(plait_context *context, struct plait__curl *curl_out);
/* The library itself stays: what it has asked to be called at the process's end must be there then. */
void plait__curl_close(struct plait__curl *curl);

#endif
