#include "document/scores.h"

#include <math.h>
#include <string.h>

#include "base/ascii.h"

static float logit(const struct plait__scores *s, int word, int label) {
    return s->logits[word * s->label_count + label];
}

/* ------------------------------------------------------------------ spans */

/* A running logarithm of a sum of exponentials. */
struct log_sum {
    double most, sum;
};

static void add(struct log_sum *total, double value) {
    if (value > total->most) {
        total->sum = total->sum * exp(total->most - value) + 1;
        total->most = value;
    } else {
        total->sum += exp(value - total->most);
    }
}

static double value_of(const struct log_sum *total) {
    return total->most + log(total->sum);
}

/* log of the weight of all stretches and of none.  With S the running sum of the logits, a stretch a..b weighs
 * (first[a] - S[a]) + (S[b + 1] + last[b]): the sum over a is kept while b runs. */
static double all_weights(const struct plait__scores *s) {
    struct log_sum begun = {-INFINITY, 0}, total = {0, 1};
    double sum = 0;
    for (int b = 0; b < s->word_count; b++) {
        add(&begun, logit(s, b, s->first) - sum);
        sum += logit(s, b, s->inside);
        add(&total, value_of(&begun) + sum + logit(s, b, s->last));
    }
    return value_of(&total);
}

bool plait__best_span(const struct plait__scores *s, int *first_out, int *last_out) {
    double sum = 0, begun = -INFINITY, best = 0;
    int first = 0;
    bool found = false;
    for (int b = 0; b < s->word_count; b++) {
        if (logit(s, b, s->first) - sum > begun) begun = logit(s, b, s->first) - sum, first = b;
        sum += logit(s, b, s->inside);
        const double weight = begun + sum + logit(s, b, s->last);
        if (weight <= best) continue;
        best = weight, found = true;
        *first_out = first, *last_out = b;
    }
    return found;
}

/* The next letter or digit of a stretch; 0 at its end. */
static char next(const struct plait__page *page, int *word, int last, const char **at) {
    for (; *word <= last; (*word)++, *at = NULL) {
        if (!*at) *at = page->words[*word].text;
        for (; **at; (*at)++)
            if (plait__is_of_word(**at)) return plait__lower(*(*at)++);
    }
    return 0;
}

bool plait__same_letters(const struct plait__page *page, int first_a, int last_a, int first_b, int last_b) {
    const char *a = NULL, *b = NULL;
    char x, y;
    do {
        x = next(page, &first_a, last_a, &a);
        y = next(page, &first_b, last_b, &b);
    } while (x == y && x);
    return x == y;
}

float plait__span_probability(const struct plait__scores *s, const struct plait__page *page, int first, int last) {
    enum { WORDS_MORE = 2 }; /* a stretch that says the same has about as many words */
    const double all = all_weights(s), least = log(1e-3);
    const int length_most = last - first + 1 + WORDS_MORE;
    double probability = 0;
    for (int a = 0; a < s->word_count; a++) {
        double sum = logit(s, a, s->first) - all;
        for (int b = a; b < s->word_count && b - a < length_most; b++) {
            sum += logit(s, b, s->inside);
            const double log_probability = sum + logit(s, b, s->last);
            const bool itself = a == first && b == last;
            if (itself || (log_probability > least && plait__same_letters(page, a, b, first, last)))
                probability += exp(log_probability);
        }
    }
    return (float)fmin(probability, 1);
}

/* ------------------------------------------------------------------ choices */

static double weight_of(const struct plait__scores *s, const struct plait__candidate *candidates, int index) {
    const struct plait__candidate *c = &candidates[index];
    double sum = 0;
    for (int i = 0; i < c->count; i++) sum += logit(s, c->first + i, s->inside);
    return sum / c->count + (s->bonus ? s->bonus[index] : 0);
}

static double choice_weights(const struct plait__scores *s, const struct plait__candidate *candidates, int count,
                             enum plait__field_type type) {
    struct log_sum total = {0, 1};
    for (int i = 0; i < count; i++)
        if (candidates[i].type == type) add(&total, weight_of(s, candidates, i));
    return value_of(&total);
}

static double probability_of(const struct plait__scores *s, const struct plait__candidate *candidates, int count,
                             enum plait__field_type type, int64_t value, double all) {
    double probability = 0;
    for (int i = 0; i < count; i++)
        if (candidates[i].type == type && candidates[i].value == value) probability += exp(weight_of(s, candidates, i) - all);
    return probability;
}

float plait__choice_probability(const struct plait__scores *s, const struct plait__candidate *candidates, int count,
                                enum plait__field_type type, int64_t value) {
    return (float)probability_of(s, candidates, count, type, value, choice_weights(s, candidates, count, type));
}

int plait__best_choice(const struct plait__scores *s, const struct plait__candidate *candidates, int count,
                       enum plait__field_type type) {
    const double all = choice_weights(s, candidates, count, type);
    int best = -1;
    double best_value = -1, best_weight = 0;
    for (int i = 0; i < count; i++) {
        if (candidates[i].type != type) continue;
        const double value = probability_of(s, candidates, count, type, candidates[i].value, all);
        const double weight = weight_of(s, candidates, i);
        const bool same = best >= 0 && candidates[i].value == candidates[best].value;
        if (same ? weight > best_weight : value > best_value) best = i, best_value = value, best_weight = weight;
    }
    return best;
}

float plait__runner_up(const struct plait__scores *s, const struct plait__candidate *candidates, int count,
                       enum plait__field_type type, int64_t value) {
    const double all = choice_weights(s, candidates, count, type);
    double most = 0;
    for (int i = 0; i < count; i++)
        if (candidates[i].type == type && candidates[i].value != value)
            most = fmax(most, probability_of(s, candidates, count, type, candidates[i].value, all));
    return (float)most;
}
