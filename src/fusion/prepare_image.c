/* Pictures for encoders: [1, channels, height, width] f32, (byte / 255 - mean) / deviation. */
#include "fusion/moment.h"

/* One colour of an RGB picture as a grey one; or the grey picture itself. */
static enum plait_status plane_of(plait_context *context, const struct plait__image *image, int channel,
                                  struct plait__image *plane_out) {
    PLAIT__TRY(plait__image_create(context, image->width, image->height, 1, plane_out));
    for (int y = 0; y < image->height; y++) {
        const uint8_t *from = image->pixels + (size_t)y * image->stride + channel;
        uint8_t *to = plane_out->pixels + (size_t)y * plane_out->stride;
        for (int x = 0; x < image->width; x++) to[x] = from[(size_t)x * (size_t)image->channels];
    }
    return PLAIT_OK;
}

enum plait_status plait__prepare_image(struct plait__arena *arena, const struct plait__input *input, const void *bytes,
                                       size_t size, plait_tensor *tensor_out, struct plait__quality *quality_out) {
    plait_context *context = arena->context;
    struct plait__image image = {0}, plane = {0};
    const size_t pixels = (size_t)input->height * (size_t)input->width;
    float contrast = 0;
    PLAIT__TRY(plait__prepared(arena, 4, (int64_t[]){1, input->channels, input->height, input->width}, tensor_out));
    enum plait_status status = plait__image_decode(context, bytes, size, input->channels, &image);
    for (int c = 0; status == PLAIT_OK && c < input->channels; c++) {
        status = plane_of(context, &image, c, &plane);
        if (status == PLAIT_OK)
            status = plait__image_to_f32(context, &plane, input->height, input->width, input->scale, input->height,
                                         input->width, (float *)tensor_out->data + (size_t)c * pixels);
        if (status == PLAIT_OK) contrast += plait__image_contrast(&plane) / (float)input->channels;
        plait__image_end(context, &plane);
    }
    plait__image_end(context, &image);
    quality_out->value = contrast;
    quality_out->measures[quality_out->count++] = (struct plait__quality_measure){"contrast", contrast};
    return status;
}
