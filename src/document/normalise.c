#include "document/normalise.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"

const char *plait__money_value(struct plait__arena *arena, const struct plait__candidate *candidate) {
    char text[32];
    const int64_t mils = candidate->value < 0 ? -candidate->value : candidate->value;
    const bool three = mils % 10 != 0;
    const int length = snprintf(text, sizeof text, three ? "%s%lld.%03lld" : "%s%lld.%02lld", candidate->value < 0 ? "-" : "",
                                (long long)(mils / 1000), (long long)(three ? mils % 1000 : mils % 1000 / 10));
    return plait__arena_string(arena, text, (size_t)length);
}

/* Is the sign in the text, and not a part of a longer word?  "RM" is in "(RM)" and "RM12", not in "FARM". */
static bool holds_sign(const char *text, const char *sign) {
    const size_t length = strlen(sign);
    for (const char *at = text; *at; at++) {
        size_t same = 0;
        while (same < length && plait__upper(at[same]) == plait__upper(sign[same])) same++;
        if (same < length) continue;
        const bool letters = plait__is_letter(sign[0]);
        if (letters && ((at > text && plait__is_letter(at[-1])) || plait__is_letter(at[length]))) continue;
        return true;
    }
    return false;
}

static int sign_in(const struct plait__field_rule *rule, const char *text) {
    for (int i = 0; i < rule->currency_count; i++)
        if (holds_sign(text, rule->currency_signs[i])) return i;
    return -1;
}

/* ISO 4217's XXX is no currency: a sign that several use. */
static const char *known(const char *code) {
    return code && strcmp(code, "XXX") == 0 ? NULL : code;
}

const char *plait__money_currency(const struct plait__field_rule *rule, const struct plait__page *page,
                                  const struct plait__candidate *candidate, bool *signed_out) {
    int sign = sign_in(rule, candidate->mark);
    *signed_out = sign >= 0;
    if (sign < 0 && candidate->first > 0) sign = sign_in(rule, page->words[candidate->first - 1].text);
    if (sign >= 0 && known(rule->currency_codes[sign])) return rule->currency_codes[sign];
    int most = 0;
    const char *code = rule->currency;
    for (int i = 0; i < rule->currency_count; i++) {
        int count = 0;
        for (int w = 0; w < page->word_count; w++) count += holds_sign(page->words[w].text, rule->currency_signs[i]);
        if (count > most) most = count, code = rule->currency_codes[i];
    }
    return known(code);
}

const char *plait__date_value(struct plait__arena *arena, int64_t date) {
    char text[16];
    const int length =
        snprintf(text, sizeof text, "%04d-%02d-%02d", (int)(date / 10000) % 10000, (int)(date / 100 % 100), (int)(date % 100));
    return plait__arena_string(arena, text, (size_t)length);
}

const char *plait__joined_text(struct plait__arena *arena, const char *const *texts, int count) {
    size_t size = 0;
    for (int i = 0; i < count; i++) size += strlen(texts[i]) + 1;
    char *text = plait__arena_allocate(arena, size + 1), *at = text;
    if (!text) return NULL;
    for (int i = 0; i < count; i++) {
        const size_t length = strlen(texts[i]);
        if (i > 0) *at++ = ' ';
        memcpy(at, texts[i], length);
        at += length;
    }
    return text;
}

const char *plait__tidy_text(struct plait__arena *arena, const char *text) {
    const size_t length = strlen(text);
    char *tidy = plait__arena_string(arena, text, length);
    if (!tidy) return NULL;
    size_t size = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == ' ' && (i + 1 == length || strchr(",;", text[i + 1]))) continue;
        if (size == 0 && strchr(" ,;:-.*", text[i])) continue;
        tidy[size++] = text[i];
    }
    while (size > 0 && strchr(" ,;:-*", tidy[size - 1])) size--;
    tidy[size] = '\0';
    return size > 0 ? tidy : text;
}
