/* Asks a server on this machine whether it is ready: what a container without a shell or curl can run as its health check. */
#ifndef PLAIT_SERVER_PROBE_H
#define PLAIT_SERVER_PROBE_H

#include <stdbool.h>

#include "base/context.h"

/* IO: it does not answer, or not with 200; the sentence says which. */
enum plait_status plait__probe(plait_context *context, int port, bool tls);

#endif
