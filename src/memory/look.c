#include <math.h>
#include <string.h>

#include "base/ascii.h"
#include "memory/memory.h"

enum { HEAD_LINES = 8, KEY_MOST = 256, PLACES = 12 };

static uint32_t mixed(uint32_t hash) {
    hash ^= hash >> 16;
    hash *= 0x85ebca6bu;
    hash ^= hash >> 13;
    hash *= 0xc2b2ae35u; /* the finaliser of MurmurHash3 (Appleby) */
    return hash ^ hash >> 16;
}

/* A feature goes to one place, with a sign: what falls together cancels as often as it adds. */
static void add(float *out, uint32_t feature, float weight) {
    const uint32_t hash = mixed(feature);
    out[hash % PLAIT__LOOK_WIDTH] += hash >> 31 ? weight : -weight;
}

/* Letters and digits in lower case, one space between words; digits are all one, since most of them change. */
static int key_of(const char *text, char key[KEY_MOST]) {
    int size = 0;
    for (; *text && size < KEY_MOST - 1; text++) {
        const char c = *text;
        if (plait__is_digit(c))
            key[size++] = '0';
        else if (plait__is_of_word(c))
            key[size++] = plait__lower(c);
        else if (size && key[size - 1] != ' ')
            key[size++] = ' ';
    }
    return size;
}

void plait__look(const struct plait__look_line *lines, int count, float out[PLAIT__LOOK_WIDTH]) {
    const float head = 1, body = 0.25f, place = 0.5f;
    double sum = 0;
    memset(out, 0, PLAIT__LOOK_WIDTH * sizeof *out);
    for (int l = 0; l < count; l++) {
        char key[KEY_MOST];
        const int size = key_of(lines[l].text, key);
        const float weight = l < HEAD_LINES ? head : body;
        for (int i = 0; i + 2 < size; i++)
            add(out, (uint32_t)(uint8_t)key[i] << 16 | (uint32_t)(uint8_t)key[i + 1] << 8 | (uint8_t)key[i + 2], weight);
        if (l >= HEAD_LINES) continue;
        const int x = (int)(lines[l].box[0] * PLACES), width = (int)((lines[l].box[2] - lines[l].box[0]) * PLACES);
        add(out, 1u << 30 | (uint32_t)l << 16 | (uint32_t)(x & 0xff) << 8 | (uint32_t)(width & 0xff), place);
    }
    for (int i = 0; i < PLAIT__LOOK_WIDTH; i++) sum += (double)out[i] * out[i];
    const float scale = sum > 0 ? (float)(1 / sqrt(sum)) : 0;
    for (int i = 0; i < PLAIT__LOOK_WIDTH; i++) out[i] *= scale;
}
