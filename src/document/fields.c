/* From words with scores to fields: a value, where it stands, how sure it is and why. */
#include <math.h>
#include <string.h>

#include "document/checks.h"
#include "document/document.h"
#include "document/evidence.h"
#include "document/familiar.h"
#include "document/normalise.h"
#include "document/recall.h"
#include "document/scores.h"
#include "document/spelling.h"
#include "document/strange.h"

/* What every field is made from. */
struct work {
    struct plait__document *document;
    const struct plait__page *page;
    const struct plait__tags *tags;
    const struct plait__candidate *candidates;
    int candidate_count;
    float noise; /* strangeness of the page */
    struct plait__recall recall;
};

/* The words chosen for a field. */
struct choice {
    int first, count;                         /* words; count 0: none */
    const struct plait__candidate *candidate; /* of a choice field */
    float probability[1 << PLAIT__MODALITY_COUNT];
    float runner_up; /* probability of the next value */
};

static bool is_span(const struct plait__field_rule *rule) {
    return rule->type == PLAIT__FIELD_TYPE_TEXT || rule->type == PLAIT__FIELD_TYPE_ADDRESS;
}

static struct plait__scores scores_of(const struct work *work, const struct plait__field_rule *rule, unsigned set,
                                      const float *bonus) {
    return (struct plait__scores){.logits = work->tags->by_set[set],
                                  .word_count = work->tags->word_count,
                                  .label_count = work->tags->label_count,
                                  .inside = rule->label,
                                  .first = rule->label_first,
                                  .last = rule->label_last,
                                  .bonus = bonus};
}

static enum plait_status choose_span(const struct work *work, const struct plait__field_rule *rule, struct choice *choice) {
    const struct plait__scores scores = scores_of(work, rule, work->tags->present, NULL);
    int last;
    if (!plait__best_span(&scores, &choice->first, &last)) return PLAIT_OK;
    choice->count = last - choice->first + 1;
    for (unsigned set = 0; set <= work->tags->present; set++) {
        const struct plait__scores here = scores_of(work, rule, set, NULL);
        if (here.logits) choice->probability[set] = plait__span_probability(&here, work->page, choice->first, last);
    }
    return PLAIT_OK;
}

static enum plait_status choose_candidate(const struct work *work, const struct plait__field_rule *rule,
                                          struct choice *choice) {
    const enum plait__field_type type = rule->type == PLAIT__FIELD_TYPE_DATE ? PLAIT__FIELD_TYPE_DATE : PLAIT__FIELD_TYPE_MONEY;
    const struct plait__candidate *candidates = work->candidates;
    const int count = work->candidate_count;
    float *bonus = plait__arena_array(&work->document->arena, (size_t)count + 1, sizeof *bonus);
    if (!bonus) return PLAIT_MEMORY;
    PLAIT__TRY(plait__check_bonus(work->document, work->page, rule, candidates, count, bonus));
    const struct plait__scores scores = scores_of(work, rule, work->tags->present, bonus);
    const int best = plait__best_choice(&scores, candidates, count, type);
    if (best < 0) return PLAIT_OK;
    choice->candidate = &candidates[best];
    choice->first = candidates[best].first, choice->count = candidates[best].count;
    choice->runner_up = plait__runner_up(&scores, candidates, count, type, candidates[best].value);
    for (unsigned set = 0; set <= work->tags->present; set++) {
        const struct plait__scores here = scores_of(work, rule, set, bonus);
        if (here.logits)
            choice->probability[set] = plait__choice_probability(&here, candidates, count, type, candidates[best].value);
    }
    return PLAIT_OK;
}

/* log(1 - p) of the logistic function's p, without rounding to 0. */
static float log_not(float logit) {
    return logit > 0 ? -logit - log1pf(expf(-logit)) : -log1pf(expf(logit));
}

/* Logarithm of the chance that none of these words is misread, by the tagger's account. */
static float not_misread(const struct work *work, int first, int count) {
    const int label = work->document->package->tagger.misread, labels = work->tags->label_count;
    const float *logits = work->tags->by_set[work->tags->present];
    float sum = 0;
    for (int i = first; i < first + count && label >= 0; i++) sum += log_not(logits[i * labels + label]);
    return sum;
}

/* How likely the value is right: that these are the words, and that they were read well. */
static enum plait_status weigh(const struct work *work, const struct choice *choice, struct plait__field *field) {
    struct plait__arena *arena = &work->document->arena;
    const struct plait__field_calibration *c = &field->rule->calibrations[work->tags->present];
    const char **texts = plait__arena_array(arena, (size_t)choice->count, sizeof *texts);
    if (!texts) return PLAIT_MEMORY;
    float recognised = 0, strange;
    for (int i = 0; i < choice->count; i++) {
        const struct plait__word *word = &work->page->words[choice->first + i];
        texts[i] = word->text;
        recognised += logf(fmaxf(word->confidence, 1e-3f));
    }
    const char *text = plait__joined_text(arena, texts, choice->count);
    if (!text) return PLAIT_MEMORY;
    PLAIT__TRY(plait__strangeness(arena, &work->document->package->recogniser, text, &strange));
    const bool known = recognised == 0; /* given with the page: with the confidence 1, whoever read them */
    const float chosen = c->offset + c->scale * plait__logit(choice->probability[work->tags->present]) + (known ? 0 : c->read);
    const float well_read = field->familiar ? c->familiar : c->recognised * recognised - c->strange * strange;
    const float noise = known ? c->noise * work->noise * (float)strlen(text) : 0;
    /* logarithm of the chance that no character is wrong */
    const float intact = c->misread * not_misread(work, choice->first, choice->count) - noise;
    field->confidence = expf(field->familiar ? 0 : intact) / (1 + expf(-chosen - well_read));
    return PLAIT_OK;
}

/* The upright box around the words. */
static void surround(const struct plait__page *page, int first, int count, float polygon[4][2]) {
    float low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (int i = first; i < first + count; i++)
        for (int corner = 0; corner < 4; corner++)
            for (int k = 0; k < 2; k++) {
                low[k] = fminf(low[k], page->words[i].polygon[corner][k]);
                high[k] = fmaxf(high[k], page->words[i].polygon[corner][k]);
            }
    for (int corner = 0; corner < 4; corner++) {
        polygon[corner][0] = corner == 1 || corner == 2 ? high[0] : low[0];
        polygon[corner][1] = corner >= 2 ? high[1] : low[1];
    }
}

static enum plait_status place(const struct work *work, const struct choice *choice, struct plait__field *field) {
    struct plait__arena *arena = &work->document->arena;
    int *words = plait__arena_array(arena, (size_t)choice->count, sizeof *words);
    int *lines = plait__arena_array(arena, (size_t)choice->count, sizeof *lines);
    if (!words || !lines) return PLAIT_MEMORY;
    for (int i = 0; i < choice->count; i++) {
        const int line = work->page->words[choice->first + i].line;
        words[i] = choice->first + i;
        if (field->line_count == 0 || lines[field->line_count - 1] != line) lines[field->line_count++] = line;
    }
    field->words = words, field->word_count = choice->count;
    field->lines = lines;
    field->page = work->document->page_count - 1;
    surround(work->page, choice->first, choice->count, field->polygon);
    return PLAIT_OK;
}

/* Was the word read badly, by the recogniser's own account or by that of the tagger? */
static bool is_doubtful(const struct work *work, int word) {
    const float sure = 0.95f;
    const int misread = work->document->package->tagger.misread;
    return work->page->words[word].confidence < sure ||
           (misread >= 0 && work->tags->by_set[work->tags->present][word * work->tags->label_count + misread] > 0);
}

/* The words as they were read are the text; the value has those put right that were read badly. */
static enum plait_status normalise_span(const struct work *work, const struct choice *choice, struct plait__field *field) {
    struct plait__arena *arena = &work->document->arena;
    const char *list = work->document->package->spelling;
    const char **texts = plait__arena_array(arena, (size_t)choice->count, sizeof *texts);
    if (!texts) return PLAIT_MEMORY;
    for (int i = 0; i < choice->count; i++) texts[i] = work->page->words[choice->first + i].text;
    if (!(field->text = plait__joined_text(arena, texts, choice->count))) return PLAIT_MEMORY;
    for (int i = 0; list && i < choice->count; i++)
        if (is_doubtful(work, choice->first + i) && !(texts[i] = plait__respell(arena, list, texts[i]))) return PLAIT_MEMORY;
    const char *joined = plait__joined_text(arena, texts, choice->count);
    if (!joined || !(field->value = plait__tidy_text(arena, joined))) return PLAIT_MEMORY;
    int known;
    PLAIT__TRY(plait__familiar(arena, field->rule->familiar, field->rule->familiar_count, field->value, &known));
    if (known >= 0) field->familiar = true, field->value = field->rule->familiar[known];
    return PLAIT_OK;
}

static enum plait_status normalise(const struct work *work, const struct choice *choice, struct plait__field *field) {
    struct plait__arena *arena = &work->document->arena;
    const struct plait__candidate *candidate = choice->candidate;
    if (is_span(field->rule)) {
        PLAIT__TRY(normalise_span(work, choice, field));
    } else if (candidate->type == PLAIT__FIELD_TYPE_DATE) {
        field->text = candidate->text;
        field->value = plait__date_value(arena, candidate->value);
    } else {
        bool has_sign = false;
        if (field->rule->type == PLAIT__FIELD_TYPE_MONEY)
            field->currency = plait__money_currency(field->rule, work->page, candidate, &has_sign);
        field->text = candidate->text;
        if (has_sign) {
            const size_t mark = strlen(candidate->mark), number = strlen(candidate->text);
            char *text = plait__arena_allocate(arena, mark + number + 1);
            if (!text) return PLAIT_MEMORY;
            memcpy(text, candidate->mark, mark);
            memcpy(text + mark, candidate->text, number + 1);
            field->text = text;
        }
        field->value = plait__money_value(arena, candidate);
    }
    return field->text && field->value ? PLAIT_OK : PLAIT_MEMORY;
}

/* Why there is no value, when what was best is too unsure to be given. */
static enum plait__reason reason_of(const struct work *work, const struct choice *choice, unsigned missing) {
    enum { TEXT = 1u << PLAIT__MODALITY_TEXT };
    const float probability = choice->probability[work->tags->present];
    const bool likely = choice->count > 0 && probability > 0.2f;
    if (likely && choice->runner_up > 0.5f * probability) return PLAIT__REASON_CONFLICT;
    if (missing & TEXT) return PLAIT__REASON_MODALITY_MISSING;
    return likely ? PLAIT__REASON_LOW_CONFIDENCE : PLAIT__REASON_NOT_FOUND;
}

static bool has_digits(const char *text) {
    return strpbrk(text, "0123456789") != NULL;
}

/* Whether the words where a confirmed value stands can be that value, misread or with a piece twice: no word that is not in it
 * was read well.  Of a name that stands with the same number of a register as before, more is taken to be misread. */
static bool is_misread(const struct work *work, const struct plait__recalled *recalled) {
    const float well = recalled->akin && !has_digits(recalled->value) ? 0.95f : 0.8f;
    bool differs = recalled->akin && recalled->longer;
    for (int w = recalled->first; w < recalled->first + recalled->count; w++) {
        if (plait__recall_within(&work->document->arena, work->page->words[w].text, recalled->value)) continue;
        if (work->page->words[w].confidence >= well) return false;
        differs = true;
    }
    return differs;
}

/* Whether what was found goes on where the confirmed value ends. */
static bool goes_on(const struct work *work, const struct choice *choice, const struct plait__recalled *recalled) {
    const int end = choice->first + choice->count, recalled_end = recalled->first + recalled->count;
    if (choice->first > recalled->first || end < recalled_end) return false;
    for (int w = choice->first; w < end; w++) {
        const bool beyond = w < recalled->first || w >= recalled_end;
        const char *text = work->page->words[w].text;
        if (beyond && !plait__recall_within(&work->document->arena, text, "")) return true; /* with a letter or digit */
    }
    return false;
}

static bool is_elsewhere(const struct choice *choice, const struct plait__recalled *recalled) {
    return choice->first >= recalled->first + recalled->count || recalled->first >= choice->first + choice->count;
}

/* Digits tell branches apart.  One may be misread where a number in the head says that it is the same shop; those of a name
 * without any are signs: a 1 is a bracket. */
static bool same_digits(const struct plait__recalled *recalled, bool misread) {
    if (recalled->digits == 0) return true;
    if (!has_digits(recalled->value)) return recalled->vouched || recalled->akin;
    return recalled->digits == 1 && recalled->akin && misread;
}

/* Whether a value that a person confirmed on a page like this one is to be believed rather than what was found, be that one the
 * package knows or not: nothing was found; or the value stands here, letter by letter or misread, and what was found does not
 * go on, nor stand elsewhere, unless something else that was confirmed with the value is here too.  What is taken to be misread
 * is nearly the value, or has a number of the confirmed page with it.  A page that clearly says something else is another
 * branch, or another shop. */
static enum plait_status believe(const struct work *work, const struct choice *choice, const struct plait__field *field,
                                 const struct plait__recalled *recalled, bool *believed_out) {
    const bool misread = is_misread(work, recalled);
    int near;
    *believed_out = false;
    if (!same_digits(recalled, misread)) return PLAIT_OK;
    if (choice->count > 0 && goes_on(work, choice, recalled)) return PLAIT_OK;
    *believed_out = choice->count == 0 || field->confidence < field->rule->least;
    if (*believed_out || (is_elsewhere(choice, recalled) && !recalled->vouched)) return PLAIT_OK;
    *believed_out = recalled->likeness == 1 || (misread && recalled->akin);
    if (*believed_out || !misread) return PLAIT_OK;
    PLAIT__TRY(plait__familiar(&work->document->arena, &recalled->value, 1, field->value, &near));
    *believed_out = near >= 0;
    return PLAIT_OK;
}

/* How sure a recalled value is, by what the tagger says of its words: a logistic fitted on later receipts of shops of which one
 * was confirmed (tests/bench/recalled.py).  How many of its letters stand there says nothing more, once it is believed. */
static float sure_of(const struct plait__field *field) {
    const float offset = 1.95f, chosen = 0.17f;
    return 1 / (1 + expf(-(offset + chosen * field->chosen)));
}

/* The field as it was confirmed, where it stands on this page. */
static enum plait_status remember(const struct work *work, const struct plait__recalled *recalled, struct choice *choice,
                                  struct plait__field *field) {
    struct plait__arena *arena = &work->document->arena;
    const int last = recalled->first + recalled->count - 1;
    *choice = (struct choice){.first = recalled->first, .count = recalled->count};
    for (unsigned set = 0; set <= work->tags->present; set++) {
        const struct plait__scores here = scores_of(work, field->rule, set, NULL);
        if (here.logits) choice->probability[set] = plait__span_probability(&here, work->page, choice->first, last);
    }
    *field = (struct plait__field){.rule = field->rule};
    PLAIT__TRY(normalise(work, choice, field));
    field->value = plait__arena_string(arena, recalled->value, strlen(recalled->value));
    field->recalled = plait__arena_string(arena, recalled->id, strlen(recalled->id));
    if (!field->value || !field->recalled) return PLAIT_MEMORY;
    field->familiar = true;
    field->chosen = plait__logit(choice->probability[work->tags->present]);
    field->confidence = sure_of(field);
    return PLAIT_OK;
}

/* Looks into the memory. */
static enum plait_status recall(const struct work *work, struct choice *choice, struct plait__field *field) {
    const uint64_t start = plait__now_us(work->document->context);
    struct plait__recalled recalled;
    bool believed = false;
    PLAIT__TRY(plait__recall(&work->document->arena, &work->recall, field->rule->name, work->page, &recalled));
    if (recalled.value) PLAIT__TRY(believe(work, choice, field, &recalled, &believed));
    if (believed) PLAIT__TRY(remember(work, &recalled, choice, field));
    work->document->recall_us += plait__now_us(work->document->context) - start;
    return PLAIT_OK;
}

/* Whether every sense was asked by itself, and with them all sets. */
static bool is_measured(const struct plait__tags *tags) {
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++)
        if (tags->present >> m & 1 && !tags->by_set[1u << m]) return false;
    return true;
}

static enum plait_status fill(const struct work *work, unsigned missing, const struct plait__field_rule *rule,
                              struct plait__field *field) {
    *field = (struct plait__field){.rule = rule};
    struct choice choice = {0};
    PLAIT__TRY((is_span(rule) ? choose_span : choose_candidate)(work, rule, &choice));
    if (choice.count > 0) {
        PLAIT__TRY(normalise(work, &choice, field));
        PLAIT__TRY(weigh(work, &choice, field));
    }
    if (is_span(rule)) PLAIT__TRY(recall(work, &choice, field));
    if (choice.count == 0 || field->confidence < rule->least) {
        *field = (struct plait__field){
            .rule = rule, .confidence = 1 - field->confidence, .reason = reason_of(work, &choice, missing)};
        return PLAIT_OK;
    }
    PLAIT__TRY(place(work, &choice, field));
    if (!is_measured(work->tags)) return PLAIT_OK;
    plait__evidence(choice.probability, work->tags->present, field->evidence);
    field->compared = (work->tags->present & (work->tags->present - 1)) != 0;
    field->agreement = plait__senses_agree(choice.probability, work->tags->present);
    return PLAIT_OK;
}

enum plait_status plait__fields(struct plait__document *document, const struct plait__tags *tags, unsigned missing) {
    const struct plait__package *package = document->package;
    struct work work = {.document = document, .page = &document->pages[document->page_count - 1], .tags = tags};
    struct plait__candidate *candidates;
    document->field_count = package->field_count;
    document->fields = plait__arena_array(&document->arena, (size_t)package->field_count, sizeof *document->fields);
    if (!document->fields) return PLAIT_MEMORY;
    bool day_first = true;
    for (int i = 0; i < package->field_count; i++)
        if (package->fields[i].type == PLAIT__FIELD_TYPE_DATE) day_first = package->fields[i].day_first;
    PLAIT__TRY(plait__candidates(&document->arena, work.page, day_first, &candidates, &work.candidate_count));
    work.candidates = candidates;
    PLAIT__TRY(plait__page_strangeness(&document->arena, &package->recogniser, work.page, &work.noise));
    PLAIT__TRY(plait__recall_begin(&document->arena, package->memory, work.page, &work.recall));
    for (int i = 0; i < package->field_count; i++) PLAIT__TRY(fill(&work, missing, &package->fields[i], &document->fields[i]));
    return PLAIT_OK;
}
