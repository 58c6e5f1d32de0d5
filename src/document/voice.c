#include "document/voice.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document/candidates.h"
#include "document/evidence.h"
#include "media/audio.h"
#include "media/audio_mel.h"

enum { SECONDS_MOST = 120, DIGITS_MOST = 16, FORMS_MOST = 3, FORM_BYTES = 48 };
#define CLASSES   11
#define LENGTHS_P 0.2   /* of an amount to have just so many digits */
#define NEVER     -1e30 /* logarithm of 0 */

/* ------------------------------------------------------------------ hearing */

static double log_add(double a, double b) {
    const double high = a > b ? a : b, low = a > b ? b : a;
    return high <= NEVER ? NEVER : high + log1p(exp(low - high));
}

/* Samples at the network's rate; of the note. */
static enum plait_status samples_of(plait_context *context, const struct plait__voice *voice, const void *bytes, size_t size,
                                    struct plait__heard *heard, struct plait__audio *audio_out) {
    struct plait__audio note = {0};
    struct plait__audio_header header;
    struct plait__audio_quality quality;
    PLAIT__TRY(plait__audio_inspect(context, bytes, size, &header));
    if (header.count / (size_t)header.rate >= SECONDS_MOST)
        return plait__fail(context, PLAIT_LIMIT, "expected a voice note of less than %d s, found %zu s", SECONDS_MOST,
                           header.count / (size_t)header.rate);
    PLAIT__TRY(plait__audio_decode(context, bytes, size, &note));
    plait__audio_measure(&note, &quality);
    heard->quality = quality.quality;
    heard->seconds = (float)note.count / (float)note.rate;
    const enum plait_status status = plait__audio_resample(context, &note, voice->mel.rate, audio_out);
    plait__audio_end(context, &note);
    return status;
}

static enum plait_status spectrum_of(plait_context *context, const struct plait__voice *voice, const struct plait__audio *audio,
                                     struct plait__arena *arena, plait_tensor *spectrum_out) {
    struct plait__mel *mel = NULL;
    PLAIT__TRY(plait__mel_create(context, &voice->mel, &mel));
    size_t frames = plait__mel_frames(mel, audio->count);
    if (frames < (size_t)voice->frames_least) frames = (size_t)voice->frames_least; /* silence after a note that is shorter */
    *spectrum_out = (plait_tensor){PLAIT_F32, 4, {1, 1, (int64_t)frames, voice->mel.bands}, NULL};
    spectrum_out->data = plait__arena_array(arena, frames * (size_t)voice->mel.bands, sizeof(float));
    if (spectrum_out->data) plait__mel_run(mel, audio->samples, audio->count, frames, spectrum_out->data);
    plait__mel_destroy(mel);
    return spectrum_out->data ? PLAIT_OK : PLAIT_MEMORY;
}

/* The likeliest class of every step, repetitions and blanks left out. */
static enum plait_status best_path(struct plait__heard *heard, struct plait__arena *arena) {
    char *digits = plait__arena_allocate(arena, (size_t)heard->steps + 1);
    double sum = 0;
    int count = 0, before = 0;
    if (!digits) return PLAIT_MEMORY;
    for (int t = 0; t < heard->steps; t++) {
        const float *row = heard->log_probabilities + (size_t)t * (size_t)heard->class_count;
        int best = 0;
        for (int c = 1; c < heard->class_count; c++)
            if (row[c] > row[best]) best = c;
        if (best != 0 && best != before) digits[count++] = (char)('0' + best - 1);
        sum += (double)row[best];
        before = best;
    }
    heard->digits = digits;
    heard->confidence = count ? (float)exp(sum) : 0;
    return PLAIT_OK;
}

enum plait_status plait__hear(plait_context *context, const struct plait__voice *voice, const void *bytes, size_t size,
                              struct plait__arena *arena, struct plait__heard **heard_out) {
    struct plait__heard *heard = plait__arena_allocate(arena, sizeof *heard);
    struct plait__audio audio = {0};
    plait_tensor spectrum, out;
    if (!heard) return PLAIT_MEMORY;
    PLAIT__TRY(samples_of(context, voice, bytes, size, heard, &audio));
    const enum plait_status status = spectrum_of(context, voice, &audio, arena, &spectrum);
    plait__audio_end(context, &audio);
    PLAIT__TRY(status);
    PLAIT__TRY(plait_session_run(voice->network.session, &spectrum, 1, &out, 1));
    if (out.dtype != PLAIT_F32 || out.rank != 3 || out.dims[0] != 1 || out.dims[1] < 1 || out.dims[2] != CLASSES)
        return plait__fail(context, PLAIT_INVALID, "%s: expected an output [1, steps, %d] of float32", voice->network.file,
                           CLASSES);
    heard->steps = (int)out.dims[1];
    heard->class_count = CLASSES;
    float *kept = plait__arena_allocate(arena, plait_tensor_bytes(&out));
    if (!kept) return PLAIT_MEMORY;
    memcpy(kept, out.data, plait_tensor_bytes(&out));
    heard->log_probabilities = kept;
    PLAIT__TRY(best_path(heard, arena));
    *heard_out = heard;
    return PLAIT_OK;
}

double plait__heard_likelihood(const struct plait__heard *heard, const char *digits) {
    /* States: blank, first digit, blank, second digit, ... blank. */
    double ways[2 * DIGITS_MOST + 1], next[2 * DIGITS_MOST + 1];
    const int count = (int)strlen(digits), states = 2 * count + 1;
    if (count > DIGITS_MOST || heard->steps < 1) return NEVER;
    for (int s = 0; s < states; s++) ways[s] = s < 2 ? 0 : NEVER;
    for (int t = 0; t < heard->steps; t++) {
        const float *row = heard->log_probabilities + (size_t)t * (size_t)heard->class_count;
        for (int s = 0; s < states; s++) {
            double sum = ways[s];
            if (t > 0 && s > 0) sum = log_add(sum, ways[s - 1]);
            if (t > 0 && s > 2 && s % 2 && digits[s / 2] != digits[s / 2 - 1]) sum = log_add(sum, ways[s - 2]);
            next[s] = sum + (double)row[s % 2 ? digits[s / 2] - '0' + 1 : 0];
        }
        memcpy(ways, next, (size_t)states * sizeof *ways);
    }
    return states > 1 ? log_add(ways[states - 1], ways[states - 2]) : ways[0];
}

/* ------------------------------------------------------------------ comparing */

/* The ways to say an amount digit by digit: 21.20 is 2120, 21.00 also 21, 0.50 also 50. */
static int forms_of(int64_t mils, char forms[FORMS_MOST][FORM_BYTES]) {
    const long long cents = llabs(mils) / 10;
    int count = 0;
    if (cents > 9999999999LL) return 0;
    snprintf(forms[count++], FORM_BYTES, "%lld%02lld", cents / 100, cents % 100);
    if (cents % 100 == 0 && cents > 0) snprintf(forms[count++], FORM_BYTES, "%lld", cents / 100);
    if (cents < 100) snprintf(forms[count++], FORM_BYTES, "%02lld", cents);
    return count;
}

static double amount_likelihood(const struct plait__heard *heard, int64_t mils) {
    char forms[FORMS_MOST][FORM_BYTES];
    double best = NEVER;
    for (int i = forms_of(mils, forms) - 1; i >= 0; i--) {
        const double found = plait__heard_likelihood(heard, forms[i]);
        if (found > best) best = found;
    }
    return best;
}

/* Distinct amounts of all pages that are not `value`; at most `most`. */
static enum plait_status rivals_of(struct plait__document *document, int64_t value, int64_t *rivals, int most, int *count_out) {
    int count = 0;
    for (int p = 0; p < document->page_count; p++) {
        struct plait__candidate *candidates;
        int found;
        PLAIT__TRY(plait__candidates(&document->arena, &document->pages[p], true, &candidates, &found));
        for (int i = 0; i < found && count < most; i++) {
            bool counts =
                candidates[i].type == PLAIT__FIELD_TYPE_MONEY && candidates[i].decimals > 0 && candidates[i].value != value;
            for (int j = 0; j < count && counts; j++) counts = rivals[j] != candidates[i].value;
            if (counts) rivals[count++] = candidates[i].value;
        }
    }
    *count_out = count;
    return PLAIT_OK;
}

static void write_evidence(struct plait__field *field, float before) {
    if (!plait__field_is_measured(field)) return;
    const double moved = fabs((double)(plait__logit(field->confidence) - plait__logit(before)));
    const float share = (float)(moved / (moved + fabs((double)plait__logit(before)) + 1));
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) field->evidence[m] *= 1 - share;
    field->evidence[PLAIT__MODALITY_AUDIO] += share;
}

static enum plait_status weigh(struct plait__document *document, struct plait__field *field) {
    enum { RIVALS_MOST = 256 };
    const struct plait__heard *heard = document->heard;
    const struct plait__voice *voice = &document->package->voice;
    const int64_t value = llround(strtod(field->value, NULL) * 1000);
    int64_t rivals[RIVALS_MOST];
    int count;
    PLAIT__TRY(rivals_of(document, value, rivals, RIVALS_MOST, &count));

    double likelihoods[RIVALS_MOST + 1] = {0}, page = NEVER;
    for (int i = 0; i <= count; i++) {
        likelihoods[i] = amount_likelihood(heard, i < count ? rivals[i] : value);
        page = log_add(page, likelihoods[i] - log(count + 1));
    }
    /* Any digits: those of the best path, which outweigh all others, among all numbers of their length. */
    const double length = (double)strlen(heard->digits);
    const double any = log(LENGTHS_P) - length * log(10) + plait__heard_likelihood(heard, heard->digits);
    const double trust = log((double)voice->trust), mistaken = log1p(-(double)voice->trust) + log_add(any, page) - log(2);
    const double right = log_add(trust + likelihoods[count], mistaken);
    double wrong = log((double)(count ? voice->unseen : 1)) + log_add(trust + any, mistaken);
    for (int i = 0; i < count; i++)
        wrong = log_add(wrong, log((double)(1 - voice->unseen) / count) + log_add(trust + likelihoods[i], mistaken));

    const float before = field->confidence;
    const double logit = (double)plait__logit(before) + right - wrong;
    field->confidence = (float)(1 / (1 + exp(-logit)));
    write_evidence(field, before);
    char detail[128];
    snprintf(detail, sizeof detail, "heard %.40s, the %.40s is %.24s", heard->digits, field->rule->name, field->value);
    struct plait__check *check = &document->checks[document->check_count++]; /* see plait__checks: there is room for one */
    *check =
        (struct plait__check){"voice_agrees", right >= wrong, plait__arena_string(&document->arena, detail, strlen(detail))};
    return check->detail ? PLAIT_OK : PLAIT_MEMORY;
}

enum plait_status plait__voice(struct plait__document *document) {
    const struct plait__heard *heard = document->heard;
    if (!heard) return PLAIT_OK;
    document->modalities[PLAIT__MODALITY_AUDIO].present = true;
    document->modalities[PLAIT__MODALITY_AUDIO].quality = heard->quality;
    for (int f = 0; f < document->field_count; f++) {
        struct plait__field *field = &document->fields[f];
        if (field->value && *heard->digits && strlen(heard->digits) <= DIGITS_MOST &&
            strcmp(field->rule->name, document->package->voice.field) == 0)
            return weigh(document, field);
    }
    return PLAIT_OK;
}
