/* How receipts look that nobody wrote: shops with a head of their own, and what changes from one receipt to the next. */
#ifndef MADE_LOOKS_H
#define MADE_LOOKS_H

#include <stdio.h>

#include "memory/memory.h"

static uint32_t made_random(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5; /* xorshift (Marsaglia, 2003) */
    return *state;
}

static void made_word(uint32_t *state, char out[12]) {
    const int size = 4 + (int)(made_random(state) % 6);
    for (int i = 0; i < size; i++)
        out[i] = "BCDFGKLMNPRST"[made_random(state) % 13], i++, out[i] = "AEIOU"[made_random(state) % 5];
    out[size + size % 2] = '\0';
}

/* The look of a receipt of a shop: three lines are the shop's, six are the receipt's, misread now and then. */
static void made_look(uint32_t shop, uint32_t receipt, float out[PLAIT__LOOK_WIDTH]) {
    enum { LINES = 9, WORDS = 4, TEXT = 64 };
    static const char *const goods[] = {"TEH TARIK",   "ROTI CANAI", "NASI LEMAK", "KOPI O",   "MEE GORENG",
                                        "AIR MINERAL", "SOAP 500G",  "BATTERY AA", "A4 PAPER", "SCREW M4"};
    char texts[LINES][TEXT];
    struct plait__look_line lines[LINES];
    uint32_t of_shop = shop * 2654435761u + 1, of_receipt = (receipt + 1) * 2246822519u ^ (shop + 7) * 3266489917u;
    for (int l = 0; l < LINES; l++) {
        if (l < 3) {
            char words[WORDS][12];
            for (int w = 0; w < WORDS; w++) made_word(&of_shop, words[w]);
            snprintf(texts[l], TEXT, "%s %s %s %s", words[0], words[1], words[2], words[3]);
            if (made_random(&of_receipt) % 3 == 0) texts[l][made_random(&of_receipt) % 10] = 'X';
        } else {
            snprintf(texts[l], TEXT, "%s %u.%02u", goods[made_random(&of_receipt) % 10], made_random(&of_receipt) % 90,
                     made_random(&of_receipt) % 100);
        }
        const float y = 0.05f + 0.08f * (float)l, x = 0.05f + 0.02f * (float)(of_shop % 9);
        lines[l] = (struct plait__look_line){texts[l], {x, y, 0.9f, y + 0.03f}};
    }
    plait__look(lines, LINES, out);
}

#endif
