/* The document room's own code for the training script: from lines of text with places to the arrays the encoders are given, so
 * that training and reading cannot differ.  Built by tagger_inputs.py into a shared library. */
#include <string.h>

#include "document/candidates.h"
#include "document/document.h"
#include "document/features.h"
#include "document/recall.h"
#include "document/split.h"
#include "document/strange.h"

/* Nothing has been confirmed yet when a model is trained: instead of a memory and what comes with it. */
enum plait_status plait__recall_begin(struct plait__arena *arena, struct plait_memory *memory, const struct plait__page *page,
                                      struct plait__recall *recall_out) {
    (void)arena, (void)memory, (void)page;
    recall_out->count = 0;
    return PLAIT_OK;
}
enum plait_status plait__recall(struct plait__arena *arena, const struct plait__recall *recall, const char *field,
                                const struct plait__page *page, struct plait__recalled *recalled_out) {
    (void)arena, (void)recall, (void)field, (void)page;
    *recalled_out = (struct plait__recalled){0};
    return PLAIT_OK;
}
bool plait__recall_within(struct plait__arena *arena, const char *value, const char *whole) {
    (void)arena, (void)value, (void)whole;
    return false;
}

struct inputs {
    plait_context *context;
    struct plait__arena arena;
    struct plait__page page;
    struct plait__candidate *candidates;
    int candidate_count;
    struct plait__amount_rule amounts[16]; /* of the manifest, see inputs_amount and inputs_check */
    struct plait__check_rule checks[8];
    int amount_count, check_count;
    const char **familiar[8]; /* by field, see inputs_familiar */
    int familiar_count[8];
};

/* `polygons`: [count, 4, 2] f32.  The lines are put into reading order; each word's confidence holds its line's number. */
struct inputs *inputs_create(int count, const char *const *texts, const float *polygons) {
    plait_context *context = NULL;
    if (plait_context_create(NULL, &context) != PLAIT_OK) return NULL;
    struct inputs *in = plait__allocate_zero(context, 1, sizeof *in);
    in->context = context;
    plait__arena_init(&in->arena, context);
    int words = 0;
    for (int i = 0; i < count; i++) words += plait__split_count(texts[i]);
    in->page.lines = plait__arena_array(&in->arena, (size_t)count + 1, sizeof *in->page.lines);
    in->page.words = plait__arena_array(&in->arena, (size_t)words + 1, sizeof *in->page.words);
    for (int i = 0; i < count; i++) {
        struct plait__line *line = &in->page.lines[in->page.line_count];
        memcpy(line->polygon, polygons + i * 8, sizeof line->polygon);
        line->confidence = (float)i;
        line->word_first = in->page.word_count;
        plait__split_line(&in->arena, texts[i], line, in->page.line_count, in->page.words + in->page.word_count);
        if (line->word_count == 0) continue;
        in->page.word_count += line->word_count;
        in->page.line_count++;
    }
    if (plait__order(context, &in->arena, &in->page) != PLAIT_OK) return NULL;
    plait__candidates(&in->arena, &in->page, true, &in->candidates, &in->candidate_count);
    return in;
}

void inputs_destroy(struct inputs *in) {
    plait_context *context = in->context;
    plait__arena_end(&in->arena);
    plait__release(context, in);
    plait_context_destroy(context);
}

int inputs_words(const struct inputs *in) {
    return in->page.word_count;
}
int inputs_candidates(const struct inputs *in) {
    return in->candidate_count;
}

/* `places`: [words, 3] i32: number of the line given, word in it, row.  `polygons`: [words, 4, 2]. */
void inputs_places(const struct inputs *in, int *places, float *polygons) {
    for (int i = 0; i < in->page.word_count; i++) {
        const struct plait__word *word = &in->page.words[i];
        places[i * 3] = (int)word->confidence;
        places[i * 3 + 1] = i - in->page.lines[word->line].word_first;
        places[i * 3 + 2] = in->page.lines[word->line].row;
        memcpy(polygons + i * 8, word->polygon, sizeof word->polygon);
    }
}

/* `out`: [candidates, 5] i64: type (1 money, 2 date), first word, words, value, decimals. */
void inputs_candidate_list(const struct inputs *in, int64_t *out) {
    for (int i = 0; i < in->candidate_count; i++, out += 5) {
        const struct plait__candidate *c = &in->candidates[i];
        out[0] = c->type, out[1] = c->first, out[2] = c->count, out[3] = c->value, out[4] = c->decimals;
    }
}

void inputs_text(struct inputs *in, const char **alphabet, int alphabet_count, int length, float *characters, float *features) {
    const struct plait__encoder encoder = {.alphabet = alphabet, .alphabet_count = alphabet_count, .length = length};
    plait__text_characters(&in->page, &encoder, characters);
    plait__text_features(&in->arena, &in->page, true, features);
}

void inputs_layout(struct inputs *in, float *features) {
    plait__layout_features(&in->arena, &in->page, features);
}

int inputs_text_features(void) {
    return PLAIT__TEXT_FEATURES;
}
int inputs_layout_features(void) {
    return PLAIT__LAYOUT_FEATURES;
}

/* `grey`: [rows, columns] u8; `polygons`: [words, 4, 2]; `out`: [words, height, width] f32. */
void inputs_pictures(uint8_t *grey, int rows, int columns, const float *polygons, int words, int height, int width, float mean,
                     float deviation, float *out) {
    const struct plait__image image = {columns, rows, 1, (size_t)columns, grey};
    for (int i = 0; i < words; i++)
        plait__word_picture(&image, (const float(*)[2])(polygons + i * 8), height, width,
                            (struct plait__scale){mean, deviation}, out + i * height * width);
}

/* An amount that checks speak of; its words stay the caller's. */
void inputs_amount(struct inputs *in, const char **words, int count) {
    if (in->amount_count < 16) in->amounts[in->amount_count++] = (struct plait__amount_rule){"", words, count};
}

/* An equation.  `terms`: [count, 3] i32: amount, sign, whether it may be missing. */
void inputs_check(struct inputs *in, const char *field, float tolerance, float passed, float failed, const int *terms,
                  int count) {
    if (in->check_count == 8 || count > PLAIT__CHECK_TERMS) return;
    struct plait__check_rule *check = &in->checks[in->check_count++];
    *check = (struct plait__check_rule){
        .name = "", .field = field, .tolerance = tolerance, .passed = passed, .failed = failed, .term_count = count};
    for (int i = 0; i < count; i++)
        check->terms[i] = (struct plait__check_term){terms[i * 3], terms[i * 3 + 1], terms[i * 3 + 2] != 0};
}

/* Values that field number `field` is known to have; they stay the caller's. */
void inputs_familiar(struct inputs *in, int field, const char **values, int count) {
    if (field < 8) in->familiar[field] = values, in->familiar_count[field] = count;
}

/* What the document room makes of the scores.  `logits`: [16] by set of senses, each [words, labels] f32 or NULL; `rules`: the
 * fields' names and types, with labels as plait__manifest_read gives them.  For each field: value, text ("" where there is
 * none), probability of its words, evidence, first word, how many words, and whether the value is a familiar one. */
int inputs_fields(struct inputs *in, float *const logits[16], unsigned present, int labels, int misread, int count,
                  const char *const *names, const int *types, const int *rule_labels, const char **values_out,
                  const char **texts_out, float *confidences_out, float *evidence_out, int *words_out) {
    struct plait__field_rule *rules = plait__arena_array(&in->arena, (size_t)count, sizeof *rules);
    for (int i = 0; i < count; i++) {
        rules[i] = (struct plait__field_rule){.name = names[i],
                                              .type = (enum plait__field_type)types[i],
                                              .day_first = true,
                                              .label = rule_labels[i * 3],
                                              .label_first = rule_labels[i * 3 + 1],
                                              .label_last = rule_labels[i * 3 + 2]};
        if (i < 8) rules[i].familiar = in->familiar[i], rules[i].familiar_count = in->familiar_count[i];
        for (int set = 0; set < 16; set++) rules[i].calibrations[set].scale = 1;
    }
    struct plait__package package = {.fields = rules,
                                     .field_count = count,
                                     .amounts = in->amounts,
                                     .amount_count = in->amount_count,
                                     .checks = in->checks,
                                     .check_count = in->check_count};
    package.tagger.misread = misread;
    struct plait__document document = {.context = in->context, .package = &package, .page_count = 1, .pages = &in->page};
    plait__arena_init(&document.arena, in->context);
    struct plait__tags tags = {.word_count = in->page.word_count, .label_count = labels, .present = present};
    for (int set = 0; set < 16; set++) tags.by_set[set] = logits[set];
    const enum plait_status status = plait__fields(&document, &tags, 0);
    for (int i = 0; i < count && status == PLAIT_OK; i++) {
        const struct plait__field *field = &document.fields[i];
        const char *value = field->value ? field->value : "", *text = field->text ? field->text : "";
        values_out[i] = plait__arena_string(&in->arena, value, strlen(value));
        texts_out[i] = plait__arena_string(&in->arena, text, strlen(text));
        confidences_out[i] = field->confidence;
        words_out[i * 3] = field->word_count > 0 ? field->words[0] : 0;
        words_out[i * 3 + 1] = field->word_count;
        words_out[i * 3 + 2] = field->familiar;
        memcpy(evidence_out + i * PLAIT__MODALITY_COUNT, field->evidence, sizeof field->evidence);
    }
    plait__arena_end(&document.arena);
    return (int)status;
}

/* How strange a text is, or where `whole` is given its words, by a package's language model: see document/strange.h. */
float inputs_strangeness(const uint8_t *language_bytes, size_t size, const char **characters, int character_count,
                         const struct inputs *whole, const char *text) {
    plait_context *context = NULL;
    struct plait__arena arena;
    struct plait__language language;
    float strangeness = 0;
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 0;
    plait__arena_init(&arena, context);
    const struct plait__recogniser recogniser = {
        .language = &language, .characters = characters, .character_count = character_count};
    if (plait__language_read("language", language_bytes, size, &arena, &language) == PLAIT_OK) {
        if (whole)
            plait__page_strangeness(&arena, &recogniser, &whole->page, &strangeness);
        else
            plait__strangeness(&arena, &recogniser, text, &strangeness);
    }
    plait__arena_end(&arena);
    plait_context_destroy(context);
    return strangeness;
}
