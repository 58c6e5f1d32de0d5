/* AWS Lambda's runtime interface: where AWS_LAMBDA_RUNTIME_API is set, invocations are fetched from there and asked of this
 * server as requests; what a function URL or an API gateway (payload format 1 or 2) was asked becomes path, headers and body,
 * and the answer goes back as theirs.  An invocation that is no HTTP request is asked as a CloudEvent. */
#ifndef PLAIT_SERVER_LAMBDA_H
#define PLAIT_SERVER_LAMBDA_H

#include <pthread.h>

#include "server/curl.h"

struct plait__server;

struct plait__lambda {
    const char *api; /* "127.0.0.1:9001"; NULL: this is no Lambda */
    bool started;
    struct plait__curl curl;
    pthread_t thread;
};

enum plait_status plait__lambda_begin(struct plait__server *server);
void plait__lambda_end(struct plait__server *server);

#endif
