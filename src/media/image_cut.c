/* Cutting a quadrilateral out of a picture. */
#include <math.h>

#include "media/image.h"

/* u, v of the unit square to ((a u + b v + c) / w, (d u + e v + f) / w) with w = g u + h v + 1. */
struct map {
    float a, b, c, d, e, f, g, h;
};

/* Heckbert, Fundamentals of Texture Mapping and Image Warping (1989), section 2.2.3: the unit square onto a quadrilateral. */
static struct map map_of(const float p[4][2]) {
    float sx = p[0][0] - p[1][0] + p[2][0] - p[3][0], sy = p[0][1] - p[1][1] + p[2][1] - p[3][1];
    float x1 = p[1][0] - p[2][0], y1 = p[1][1] - p[2][1], x2 = p[3][0] - p[2][0], y2 = p[3][1] - p[2][1];
    float determinant = x1 * y2 - x2 * y1, g = 0, h = 0;
    if (fabsf(determinant) > 1e-6f && (fabsf(sx) > 1e-3f || fabsf(sy) > 1e-3f)) { /* else a parallelogram: no perspective */
        g = (sx * y2 - x2 * sy) / determinant;
        h = (x1 * sy - sx * y1) / determinant;
    }
    return (struct map){p[1][0] - p[0][0] + g * p[1][0],
                        p[3][0] - p[0][0] + h * p[3][0],
                        p[0][0],
                        p[1][1] - p[0][1] + g * p[1][1],
                        p[3][1] - p[0][1] + h * p[3][1],
                        p[0][1],
                        g,
                        h};
}

/* To 0..most; what is no number goes to 0. */
static float clamped(float value, float most) {
    return value > 0 ? (value < most ? value : most) : 0;
}

/* The value 0..255 at a place, between the four nearest pixel centres; outside the outermost centres those repeat.  `inside`:
 * it is known to be between four. */
static inline float sample(const struct plait__image *grey, float x, float y, bool inside) {
    float column = x - 0.5f, row = y - 0.5f;
    if (!inside) column = clamped(column, (float)(grey->width - 1)), row = clamped(row, (float)(grey->height - 1));
    int x0 = (int)column, y0 = (int)row;
    float right_share = column - (float)x0, lower_share = row - (float)y0;
    const uint8_t *upper = grey->pixels + (size_t)y0 * grey->stride + x0;
    const uint8_t *lower = inside || y0 + 1 < grey->height ? upper + grey->stride : upper;
    int next = inside || x0 + 1 < grey->width;
    float a = (float)upper[0] + right_share * (float)(upper[next] - upper[0]);
    float b = (float)lower[0] + right_share * (float)(lower[next] - lower[0]);
    return a + lower_share * (b - a);
}

static float edge(const float a[2], const float b[2]) {
    return hypotf(b[0] - a[0], b[1] - a[1]);
}

/* Samples a pixel of the result along an axis. */
static int samples(float length, int pixels) {
    enum { MOST = 8 };
    float ratio = ceilf(length / (float)pixels - 1e-3f);
    return ratio > 1 ? (ratio < MOST ? (int)ratio : MOST) : 1;
}

/* Whether all places of a parallelogram, with its arc, lie between pixel centres, by more than is lost to rounding. */
static bool is_inside(const struct plait__image *grey, const struct map *map, float bend) {
    bool inside = true;
    for (int corner = 0; corner < 4; corner++) {
        const float u = (float)(corner & 1), v = (float)(corner >> 1);
        const float x = map->a * u + map->b * v + map->c, y = map->d * u + map->e * v + map->f;
        inside = inside && x >= 1 && x <= (float)grey->width - 1 && fminf(y, y + bend) >= 1 &&
                 fmaxf(y, y + bend) <= (float)grey->height - 1;
    }
    return inside;
}

void plait__image_cut(const struct plait__image *grey, const float corners[4][2], float bend, int width, int height,
                      struct plait__scale scale, float *out, size_t stride) {
    struct map map = map_of(corners);
    int nx = samples(fmaxf(edge(corners[0], corners[1]), edge(corners[3], corners[2])), width);
    int ny = samples(fmaxf(edge(corners[0], corners[3]), edge(corners[1], corners[2])), height);
    const bool flat = map.g == 0 && map.h == 0, inside = flat && is_inside(grey, &map, bend); /* as most lines are: quicker */
    const float du = 1 / (float)(nx * width), dv = 1 / (float)(ny * height);
    const float gain = 1 / (255 * scale.deviation * (float)(nx * ny)), shift = -scale.mean / scale.deviation;
    for (int y = 0; y < height; y++, out += stride) {
        for (int x = 0; x < width; x++) {
            float sum = 0;
            for (int j = 0; j < ny; j++) {
                float v = ((float)(y * ny + j) + 0.5f) * dv;
                for (int i = 0; i < nx; i++) {
                    float u = ((float)(x * nx + i) + 0.5f) * du, w = flat ? 1 : 1 / (map.g * u + map.h * v + 1);
                    const float at_x = (map.a * u + map.b * v + map.c) * w;
                    const float at_y = (map.d * u + map.e * v + map.f) * w + 4 * u * (1 - u) * bend;
                    sum += inside ? sample(grey, at_x, at_y, true) : sample(grey, at_x, at_y, false);
                }
            }
            out[x] = sum * gain + shift;
        }
    }
}
