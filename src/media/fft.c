/* The one translation unit that holds kissfft in double precision.  Its names are ours, since the same sources are in the
 * library in single precision too; where only that library is installed, single precision has to do. */
#if defined(__has_include)
#if __has_include("kiss_fft.c")
#define kiss_fft_scalar         double
#define kiss_fft_alloc          plait__kiss64_alloc
#define kiss_fft                plait__kiss64
#define kiss_fft_stride         plait__kiss64_stride
#define kiss_fft_cleanup        plait__kiss64_cleanup
#define kiss_fft_next_fast_size plait__kiss64_next_fast_size
#define kiss_fftr_alloc         plait__kiss64r_alloc
#define kiss_fftr               plait__kiss64r
#define kiss_fftri              plait__kiss64ri
#include "kiss_fft.c"
#include "kiss_fftr.c"
#endif
#endif
#include "kiss_fftr.h"

#include "media/fft.h"

struct plait__fft {
    plait_context *context;
    int length;
    kiss_fftr_cfg plan;
    kiss_fft_scalar *input; /* [length] */
    kiss_fft_cpx *spectrum; /* [length / 2 + 1] */
};

bool plait__fft_takes(int length) {
    if (length < 2 || length % 2) return false;
    for (int factor = 2; factor <= 5; factor++)
        while (length % factor == 0) length /= factor;
    return length == 1;
}

enum plait_status plait__fft_create(plait_context *context, int length, struct plait__fft **fft_out) {
    size_t plan = 0, bins = (size_t)length / 2 + 1;
    kiss_fftr_alloc(length, 0, NULL, &plan);
    struct plait__fft *fft = plait__allocate_zero(context, 1, sizeof *fft);
    if (!fft) return PLAIT_MEMORY;
    fft->context = context;
    fft->length = length;
    fft->spectrum = plait__allocate(context, bins * sizeof *fft->spectrum);
    fft->input = plait__allocate(context, (size_t)length * sizeof *fft->input);
    void *memory = plait__allocate(context, plan);
    if (!fft->input || !fft->spectrum || !memory) {
        plait__release(context, memory);
        plait__fft_destroy(fft);
        return PLAIT_MEMORY;
    }
    fft->plan = kiss_fftr_alloc(length, 0, memory, &plan);
    *fft_out = fft;
    return PLAIT_OK;
}

void plait__fft_destroy(struct plait__fft *fft) {
    if (!fft) return;
    plait__release(fft->context, fft->plan);
    plait__release(fft->context, fft->input);
    plait__release(fft->context, fft->spectrum);
    plait__release(fft->context, fft);
}

void plait__fft_power(struct plait__fft *fft, const double *input, double *power_out) {
    for (int i = 0; i < fft->length; i++) fft->input[i] = (kiss_fft_scalar)input[i];
    kiss_fftr(fft->plan, fft->input, fft->spectrum);
    for (int i = 0; i <= fft->length / 2; i++)
        power_out[i] = fft->spectrum[i].r * fft->spectrum[i].r + fft->spectrum[i].i * fft->spectrum[i].i;
}
