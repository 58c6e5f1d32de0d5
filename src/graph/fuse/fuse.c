#include "graph/fuse/fuse.h"

static const plait__pattern patterns[] = {
#define PLAIT__PATTERN(name) plait__fuse_##name,
#include "graph/fuse/patterns.def"
#undef PLAIT__PATTERN
};

static void release(struct plait__fuse *fuse) {
    plait__release(fuse->graph->context, fuse->maker);
    plait__release(fuse->graph->context, fuse->uses);
    fuse->maker = fuse->uses = NULL;
    fuse->capacity = 0;
}

/* Who makes and who reads each value, anew: patterns rewrite both, and add values. */
static enum plait_status survey(struct plait__fuse *fuse) {
    struct plait__graph *graph = fuse->graph;
    if (fuse->capacity < graph->value_count) {
        release(fuse);
        fuse->capacity = graph->value_count + graph->value_count / 4;
        fuse->maker = plait__allocate_zero(graph->context, (size_t)fuse->capacity, sizeof *fuse->maker);
        fuse->uses = plait__allocate_zero(graph->context, (size_t)fuse->capacity, sizeof *fuse->uses);
        if (!fuse->maker || !fuse->uses) return PLAIT_MEMORY;
    }
    for (int v = 0; v < graph->value_count; v++) fuse->maker[v] = -1;
    for (int n = 0; n < graph->node_count; n++)
        for (int i = 0; i < graph->nodes[n].output_count && !graph->nodes[n].removed; i++)
            if (graph->nodes[n].outputs[i] >= 0) fuse->maker[graph->nodes[n].outputs[i]] = n;
    plait__graph_count_uses(graph, fuse->uses);
    return PLAIT_OK;
}

static enum plait_status try_patterns(struct plait__fuse *fuse, int node, bool *changed) {
    for (size_t p = 0; p < sizeof patterns / sizeof patterns[0] && !fuse->graph->nodes[node].removed; p++) {
        bool matched = false;
        PLAIT__TRY(patterns[p](fuse, &fuse->graph->nodes[node], &matched));
        if (!matched) continue;
        *changed = true;
        PLAIT__TRY(survey(fuse));
    }
    return PLAIT_OK;
}

static enum plait_status fuse_all(struct plait__fuse *fuse) {
    bool changed = true;
    while (changed) {
        changed = false;
        PLAIT__TRY(survey(fuse));
        for (int n = 0; n < fuse->graph->node_count; n++) PLAIT__TRY(try_patterns(fuse, n, &changed));
        PLAIT__TRY(plait__graph_compact(fuse->graph));
    }
    return PLAIT_OK;
}

enum plait_status plait__fuse_graph(struct plait__graph *graph) {
    struct plait__fuse fuse = {.graph = graph};
    enum plait_status status = fuse_all(&fuse);
    release(&fuse);
    return status;
}
