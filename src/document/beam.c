/* Prefix beam search (Hannun et al., First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent
 * DNNs, 2014): the chance of a text is the sum over all ways the network can spell it, times the language model's chance to the
 * power of a weight, times a bonus for each character.
 *
 * Texts under way are nodes of a tree.  A node stands for a symbol, that is for all forms of a character the language model
 * does not tell apart (A and a); which form it is says the step at which the network was surest. */
#include "document/beam.h"

#include <math.h>

enum {
    CANDIDATES_MOST = 12, /* symbols tried at a step */
    WIDTH_MOST = 32
};

static const float CANDIDATE_LEAST = 0.002f; /* chance of a symbol from which it is tried */
static const float NEGLIGIBLE = -14;         /* logits so far below the greatest do not change a sum */

struct node {
    int parent, child, sibling; /* indices; 0, the root, is never a child: no more */
    int symbol;
    int slot; /* in the beam that is being filled, meaningful when `stamp` is its */
    int stamp;
    float prior; /* language model and bonuses, up to here: logarithm */
    struct plait__glyph glyph;
};

/* A text in the beam: chances of the network's steps so far that spell it, ending in a blank or in its last character. */
struct entry {
    int node;
    float blank, filled;
    float score;
};

/* One step's chances, by symbol. */
struct step {
    float blank;
    int count;
    struct candidate {
        int symbol;
        int class;          /* its likeliest form */
        float chance, best; /* of the symbol, of that form */
    } candidates[CANDIDATES_MOST];
};

struct plait__beam {
    plait_context *context;
    const struct plait__recogniser *recogniser;
    int *symbols; /* [classes] */
    struct node *nodes;
    int node_count, node_most; /* now; of the line */
    struct entry entries[WIDTH_MOST], next[WIDTH_MOST * (CANDIDATES_MOST + 1)];
    int entry_count, next_count;
};

/* ------------------------------------------------------------------ life */

/* Most steps add hardly any node: room for half of what could be, after which texts end where they are. */
static int nodes_for(const struct plait__recogniser *recogniser, int steps) {
    return 64 + steps * recogniser->beam * CANDIDATES_MOST / 2;
}

enum plait_status plait__beam_create(plait_context *context, const struct plait__recogniser *recogniser, int steps_most,
                                     struct plait__beam **beam_out) {
    size_t classes = (size_t)recogniser->character_count + 1;
    struct plait__beam *beam = plait__allocate_zero(context, 1, sizeof *beam);
    if (!beam) return PLAIT_MEMORY;
    beam->context = context;
    beam->recogniser = recogniser;
    beam->nodes = plait__allocate(context, (size_t)nodes_for(recogniser, steps_most) * sizeof *beam->nodes);
    beam->symbols = plait__allocate(context, classes * sizeof *beam->symbols);
    if (!beam->nodes || !beam->symbols) {
        plait__beam_destroy(beam);
        return PLAIT_MEMORY;
    }
    for (size_t i = 0; i < classes; i++) beam->symbols[i] = recogniser->language ? recogniser->language->symbols[i] : (int)i;
    *beam_out = beam;
    return PLAIT_OK;
}

void plait__beam_destroy(struct plait__beam *beam) {
    if (!beam) return;
    plait__release(beam->context, beam->nodes);
    plait__release(beam->context, beam->symbols);
    plait__release(beam->context, beam);
}

/* ------------------------------------------------------------------ the network's side */

/* Adds a class to the candidate of its symbol. */
static void add_class(struct step *step, int symbol, int class, float chance) {
    int at = 0;
    while (at < step->count && step->candidates[at].symbol != symbol) at++;
    if (at == CANDIDATES_MOST) return;
    struct candidate *candidate = &step->candidates[at];
    if (at == step->count) {
        *candidate = (struct candidate){.symbol = symbol};
        step->count++;
    }
    candidate->chance += chance;
    if (chance <= candidate->best) return;
    candidate->best = chance;
    candidate->class = class;
}

static void read_step(const struct plait__beam *beam, const float *logits, struct step *step) {
    int classes = beam->recogniser->character_count + 1;
    float greatest = logits[0], sum = 0;
    for (int k = 1; k < classes; k++) greatest = fmaxf(greatest, logits[k]);
    for (int k = 0; k < classes; k++)
        if (logits[k] > greatest + NEGLIGIBLE) sum += expf(logits[k] - greatest);
    float least = greatest + logf(CANDIDATE_LEAST * sum);
    step->count = 0;
    step->blank = fmaxf(expf(logits[0] - greatest) / sum, 1e-6f);
    for (int k = 1; k < classes; k++)
        if (logits[k] > least) add_class(step, beam->symbols[k], k, expf(logits[k] - greatest) / sum);
}

/* ------------------------------------------------------------------ the tree */

/* What the language model and the bonus add when `symbol` follows the node's text. */
static float prior_of(const struct plait__beam *beam, int node, int symbol) {
    const struct plait__recogniser *recogniser = beam->recogniser;
    if (!recogniser->language) return 0;
    uint8_t symbols[PLAIT__LANGUAGE_ORDER_MOST];
    int at = recogniser->language->order - 1;
    symbols[at] = (uint8_t)symbol;
    for (bool more = true; more && at > 0; node = beam->nodes[node].parent) {
        symbols[--at] = (uint8_t)beam->nodes[node].symbol;
        more = node != 0;
    }
    float chance = plait__language_log_chance(recogniser->language, symbols + at, recogniser->language->order - at);
    return recogniser->language_weight * chance + (symbol == PLAIT__LANGUAGE_BORDER ? 0 : recogniser->language_bonus);
}

/* The node of the text one symbol longer; 0 when there is no room for it. */
static int child_of(struct plait__beam *beam, int parent, int symbol) {
    for (int child = beam->nodes[parent].child; child; child = beam->nodes[child].sibling)
        if (beam->nodes[child].symbol == symbol) return child;
    if (beam->node_count == beam->node_most) return 0;
    int child = beam->node_count++;
    beam->nodes[child] = (struct node){.parent = parent,
                                       .sibling = beam->nodes[parent].child,
                                       .symbol = symbol,
                                       .stamp = -1,
                                       .prior = beam->nodes[parent].prior + prior_of(beam, parent, symbol)};
    beam->nodes[parent].child = child;
    return child;
}

/* Remembers the step at which a node's character was seen best. */
static void note(struct node *node, const struct candidate *candidate, int at) {
    if (candidate->chance > node->glyph.chance)
        node->glyph = (struct plait__glyph){.character = candidate->class - 1, .step = at, .chance = candidate->chance};
}

/* ------------------------------------------------------------------ the search */

/* The entry of a node in the beam that is being filled. */
static struct entry *next_entry(struct plait__beam *beam, int node, int at) {
    struct node *it = &beam->nodes[node];
    if (it->stamp != at) {
        it->stamp = at;
        it->slot = beam->next_count;
        beam->next[beam->next_count++] = (struct entry){.node = node};
    }
    return &beam->next[it->slot];
}

static void extend(struct plait__beam *beam, const struct entry *entry, const struct step *step, int at) {
    int last = beam->nodes[entry->node].symbol; /* the root's is the border, which no class has */
    float whole = entry->blank + entry->filled;
    next_entry(beam, entry->node, at)->blank += whole * step->blank;
    for (int i = 0; i < step->count; i++) {
        const struct candidate *candidate = &step->candidates[i];
        bool repeated = entry->node && candidate->symbol == last;
        if (repeated) {
            next_entry(beam, entry->node, at)->filled += entry->filled * candidate->chance;
            note(&beam->nodes[entry->node], candidate, at);
        }
        float chance = candidate->chance * (repeated ? entry->blank : whole);
        if (chance < 1e-12f) continue;
        int child = child_of(beam, entry->node, candidate->symbol);
        if (!child) continue;
        next_entry(beam, child, at)->filled += chance;
        note(&beam->nodes[child], candidate, at);
    }
}

/* Keeps the best of `next`, best first, and scales their chances, which only count against each other. */
static void keep_best(struct plait__beam *beam) {
    float greatest = 0;
    for (int i = 0; i < beam->next_count; i++) {
        struct entry *entry = &beam->next[i];
        greatest = fmaxf(greatest, entry->blank + entry->filled);
        entry->score = logf(entry->blank + entry->filled + 1e-30f) + beam->nodes[entry->node].prior;
    }
    beam->entry_count = 0;
    while (beam->entry_count < beam->recogniser->beam && beam->entry_count < beam->next_count) {
        int best = beam->entry_count;
        for (int i = best + 1; i < beam->next_count; i++)
            if (beam->next[i].score > beam->next[best].score) best = i;
        struct entry entry = beam->next[best];
        beam->next[best] = beam->next[beam->entry_count];
        entry.blank /= greatest;
        entry.filled /= greatest;
        beam->entries[beam->entry_count++] = entry;
    }
}

/* The node of the best text, the border after it counted too. */
static int best_of(const struct plait__beam *beam) {
    int best = 0;
    float best_score = -INFINITY;
    for (int i = 0; i < beam->entry_count; i++) {
        int node = beam->entries[i].node;
        float score = beam->entries[i].score + prior_of(beam, node, PLAIT__LANGUAGE_BORDER);
        if (score <= best_score) continue;
        best_score = score;
        best = node;
    }
    return best;
}

int plait__beam_search(struct plait__beam *beam, const float *logits, int steps, struct plait__glyph *glyphs) {
    struct step step;
    beam->nodes[0] = (struct node){.symbol = PLAIT__LANGUAGE_BORDER, .stamp = -1};
    beam->node_count = 1;
    beam->node_most = nodes_for(beam->recogniser, steps);
    beam->entries[0] = (struct entry){.blank = 1};
    beam->entry_count = 1;
    for (int at = 0; at < steps; at++, logits += beam->recogniser->character_count + 1) {
        read_step(beam, logits, &step);
        beam->next_count = 0;
        for (int i = 0; i < beam->entry_count; i++) extend(beam, &beam->entries[i], &step, at);
        keep_best(beam);
    }
    int count = 0, best = best_of(beam);
    for (int node = best; node; node = beam->nodes[node].parent) count++;
    for (int node = best, at = count; node; node = beam->nodes[node].parent) glyphs[--at] = beam->nodes[node].glyph;
    return count;
}
