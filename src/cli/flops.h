/* How much there is to compute in a graph. */
#ifndef PLAIT_CLI_FLOPS_H
#define PLAIT_CLI_FLOPS_H

#include "graph/graph.h"

/* Multiplications and additions of the convolutions and matrix products of a concrete graph: what is usually counted. */
double plait__cli_flops(const struct plait__graph *graph);

#endif
