#include <string.h>

#include "base/ascii.h"
#include "base/json.h"
#include "fusion/moment.h"

enum plait_status plait__prepared(struct plait__arena *arena, int rank, const int64_t *dims, plait_tensor *tensor_out) {
    plait_tensor tensor = {.dtype = PLAIT_F32, .rank = rank};
    memcpy(tensor.dims, dims, (size_t)rank * sizeof *dims);
    if (!(tensor.data = plait__arena_allocate(arena, plait_tensor_bytes(&tensor)))) return PLAIT_MEMORY;
    *tensor_out = tensor;
    return PLAIT_OK;
}

/* Bytes of the character at `text`, at most `left`; a stray byte is a character by itself. */
static size_t character_bytes(const uint8_t *text, size_t left) {
    const size_t expected = text[0] < 0xc0 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
    size_t size = 1;
    while (size < expected && size < left && (text[size] & 0xc0) == 0x80) size++;
    return size;
}

static int64_t place_in_alphabet(const struct plait__input *input, const uint8_t *text, size_t size) {
    const char upper = plait__upper((char)text[0]);
    const char *character = input->fold_case && size == 1 ? &upper : (const char *)text;
    for (int a = 1; a < input->alphabet_count; a++)
        if (strlen(input->alphabet[a]) == size && memcmp(input->alphabet[a], character, size) == 0) return a;
    return 0;
}

/* [1, length] i64: places in the alphabet.  Quality: the share of characters that are in it. */
enum plait_status plait__prepare_text(struct plait__arena *arena, const struct plait__input *input, const void *bytes,
                                      size_t size, plait_tensor *tensor_out, struct plait__quality *quality_out) {
    const uint8_t *text = bytes;
    plait_tensor tensor = {.dtype = PLAIT_I64, .rank = 2, .dims = {1, input->length}};
    int64_t *places = tensor.data = plait__arena_allocate(arena, plait_tensor_bytes(&tensor));
    int known = 0, count = 0;
    if (!places) return PLAIT_MEMORY;
    for (size_t at = 0; at < size && count < input->length; count++) {
        const size_t length = character_bytes(text + at, size - at);
        places[count] = place_in_alphabet(input, text + at, length);
        known += places[count] > 0;
        at += length;
    }
    for (int i = count; i < input->length; i++) places[i] = input->alphabet_count;
    *tensor_out = tensor;
    quality_out->value = count ? (float)known / (float)count : 0;
    return PLAIT_OK;
}

/* [1, boxes, 4] f32 of [[x0, y0, x1, y1], ...]. */
enum plait_status plait__prepare_layout(struct plait__arena *arena, const struct plait__input *input, const void *bytes,
                                        size_t size, plait_tensor *tensor_out, struct plait__quality *quality_out) {
    struct plait__json root, list, box = {0};
    PLAIT__TRY(plait__prepared(arena, 3, (int64_t[]){1, input->boxes, 4}, tensor_out));
    PLAIT__TRY(plait__json_parse(arena->context, bytes, size, "layout", &root));
    enum plait_status status = plait__json_array(&root, NULL, &list);
    float *out = tensor_out->data;
    int count = 0;
    for (; status == PLAIT_OK && count < input->boxes && plait__json_next(&list, &box); count++) {
        struct plait__json corner = {0}, corners;
        double share;
        status = plait__json_array(&box, NULL, &corners);
        if (status == PLAIT_OK && plait__json_count(&corners) != 4)
            status = plait__json_fail(&box, NULL, PLAIT_INVALID, "expected 4 numbers, found %d", plait__json_count(&corners));
        while (status == PLAIT_OK && plait__json_next(&corners, &corner)) {
            status = plait__json_number(&corner, NULL, 0, 1, &share);
            if (status == PLAIT_OK) *out++ = (float)share;
        }
    }
    plait__json_end(&root);
    quality_out->value = count > 0;
    return status;
}

enum plait_status plait__prepare(struct plait__arena *arena, const struct plait__sense *sense, const void *bytes, size_t size,
                                 plait_tensor *tensor_out, struct plait__quality *quality_out) {
    static enum plait_status (*const kinds[])(struct plait__arena *, const struct plait__input *, const void *, size_t,
                                              plait_tensor *, struct plait__quality *) = {
        [PLAIT__SENSE_IMAGE] = plait__prepare_image,
        [PLAIT__SENSE_TEXT] = plait__prepare_text,
        [PLAIT__SENSE_LAYOUT] = plait__prepare_layout,
        [PLAIT__SENSE_AUDIO] = plait__prepare_audio,
        [PLAIT__SENSE_STRUCTURED] = plait__prepare_structured};
    *quality_out = (struct plait__quality){0};
    return kinds[sense->kind](arena, &sense->input, bytes, size, tensor_out, quality_out);
}
