/* Signal processing: DFT, STFT, windows, MelWeightMatrix.  The transform is the plain sum. */
#include "backend/reference/kernel.h"
#include "graph/shape/parameters.h"

#include <math.h>

static const double tau = 6.283185307179586476925286766559; /* one turn */

struct complex {
    double re, im;
};

/* Turns k / length of a full circle, once for all the sums; NULL with a recorded error. */
static struct complex *make_circle(struct plait__call *call, int64_t length, bool inverse) {
    struct complex *circle = plait__scratch(call, length, sizeof *circle);
    for (int64_t k = 0; circle && k < length; k++) {
        double angle = (inverse ? tau : -tau) * (double)k / (double)length;
        circle[k] = (struct complex){cos(angle), sin(angle)};
    }
    return circle;
}

/* Bin `k` of the transform of `length` numbers. */
static struct complex bin(const struct complex *in, const struct complex *circle, int64_t length, int64_t k) {
    struct complex sum = {0, 0};
    int64_t turn = 0; /* k * n modulo the length, as a running sum that cannot overflow */
    for (int64_t n = 0; n < length; n++) {
        sum.re += in[n].re * circle[turn].re - in[n].im * circle[turn].im;
        sum.im += in[n].re * circle[turn].im + in[n].im * circle[turn].re;
        turn = turn + k < length ? turn + k : turn + k - length;
    }
    return sum;
}

static struct complex load_complex(const plait_tensor *tensor, int64_t index, int64_t parts) {
    struct complex value = {plait__load_real(tensor, index * parts), 0};
    if (parts == 2) value.im = plait__load_real(tensor, index * parts + 1);
    return value;
}

/* The other half of the spectrum of a real signal: conjugates, mirrored. */
static void mirror(struct complex *spectrum, int64_t length) {
    for (int64_t k = length / 2 + 1; k < length; k++)
        spectrum[k] = (struct complex){spectrum[length - k].re, -spectrum[length - k].im};
}

/* The lines along the axis: [outer, axis, inner] of complex numbers. */
enum plait_status plait__kernel_dft(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    struct plait__dft dft;
    PLAIT__TRY(plait__dft_read(call, &dft));
    int64_t parts = input->dims[input->rank - 1], out_parts = output->dims[output->rank - 1], length = dft.length;
    if (plait_tensor_elements(output) == 0) return PLAIT_OK;
    struct plait__split from = plait__split_at(input, dft.axis), to = plait__split_at(output, dft.axis);
    int64_t inner = from.inner / parts, given = from.axis < length ? from.axis : length;
    struct complex *circle = make_circle(call, length, dft.inverse), *line = plait__scratch(call, length, sizeof *line);
    if (!circle || !line) return PLAIT_MEMORY;
    for (int64_t o = 0; o < from.outer; o++)
        for (int64_t i = 0; i < inner; i++) {
            for (int64_t n = 0; n < length; n++) /* cut, or continued with zeros */
                line[n] = n < given ? load_complex(input, (o * from.axis + n) * inner + i, parts) : (struct complex){0, 0};
            if (dft.inverse && dft.onesided) mirror(line, length);
            for (int64_t k = 0; k < to.axis; k++) {
                struct complex value = bin(line, circle, length, k);
                double scale = dft.inverse ? 1 / (double)length : 1;
                plait__store_reals(output, ((o * to.axis + k) * inner + i) * out_parts, 1, out_parts,
                                   (const double[]){value.re * scale, value.im * scale});
            }
        }
    return PLAIT_OK;
}

/* signal [batch, length, 1 or 2]; output [batch, frames, bins, 2] */
enum plait_status plait__kernel_stft(struct plait__call *call) {
    const plait_tensor *signal = call->inputs[0], *window = plait__input(call, 2);
    plait_tensor *output = call->outputs[0];
    int64_t step = plait__load_integer(call->inputs[1], 0), samples = signal->dims[1], parts = signal->dims[2];
    int64_t length = window ? window->dims[0] : plait__load_integer(call->inputs[3], 0);
    int64_t frames = output->dims[1], bins = output->dims[2], to = 0;
    if (plait_tensor_elements(output) == 0) return PLAIT_OK;
    struct complex *circle = make_circle(call, length, false), *line = plait__scratch(call, length, sizeof *line);
    if (!circle || !line) return PLAIT_MEMORY;
    for (int64_t b = 0; b < output->dims[0]; b++)
        for (int64_t f = 0; f < frames; f++) {
            for (int64_t n = 0; n < length; n++) {
                double weight = window ? plait__load_real(window, n) : 1;
                line[n] = load_complex(signal, b * samples + f * step + n, parts);
                line[n].re *= weight;
                line[n].im *= weight;
            }
            for (int64_t k = 0; k < bins; k++, to += 2) {
                struct complex value = bin(line, circle, length, k);
                plait__store_reals(output, to, 1, 2, (const double[]){value.re, value.im});
            }
        }
    return PLAIT_OK;
}

/* A sum of cosines: a - b cos(x) + c cos(2x). */
enum plait_status plait__kernel_window(struct plait__call *call) {
    static const double hann[3] = {0.5, 0.5, 0}, hamming[3] = {25.0 / 46, 21.0 / 46, 0}, blackman[3] = {0.42, 0.5, 0.08};
    enum plait__op op = call->node->op;
    const double *factors = op == PLAIT__OP_HannWindow ? hann : op == PLAIT__OP_HammingWindow ? hamming : blackman;
    plait_tensor *output = call->outputs[0];
    int64_t size = output->dims[0], period = plait__attribute_int(call->node, "periodic", 1) != 0 ? size : size - 1;
    for (int64_t n = 0; n < size; n++) {
        double x = period > 0 ? tau * (double)n / (double)period : tau / 2; /* a single point is the middle */
        double value = factors[0] - factors[1] * cos(x) + factors[2] * cos(2 * x);
        plait__store_reals(output, n, 1, 1, &value);
    }
    return PLAIT_OK;
}

/* The spectrum bin at step `i` of `steps` between two frequencies, equal steps in mel: 2595 log10(1 + hertz / 700). */
static double mel_edge(double low_hertz, double high_hertz, int64_t i, int64_t steps, int64_t length, int64_t rate) {
    double low = 2595 * log10(1 + low_hertz / 700), high = 2595 * log10(1 + high_hertz / 700);
    double hertz = 700 * (pow(10, (low + (double)i * (high - low) / (double)steps) / 2595) - 1);
    return floor(((double)length + 1) * hertz / (double)rate);
}

/* Column m rises from 0 at edge m to 1 at edge m + 1 and falls to 0 at edge m + 2. */
static double triangle(double j, double low, double centre, double high) {
    if (j == centre) return 1;
    if (j >= low && j < centre) return (j - low) / (centre - low);
    if (j > centre && j < high) return (high - j) / (high - centre);
    return 0;
}

enum plait_status plait__kernel_mel_weight_matrix(struct plait__call *call) {
    plait_tensor *output = call->outputs[0];
    int64_t bins = output->dims[0], mels = output->dims[1];
    int64_t length = plait__load_integer(call->inputs[1], 0), rate = plait__load_integer(call->inputs[2], 0);
    double low = plait__load_real(call->inputs[3], 0), high = plait__load_real(call->inputs[4], 0);
    for (int64_t m = 0; m < mels; m++) {
        double edges[3];
        for (int i = 0; i < 3; i++) edges[i] = mel_edge(low, high, m + i, mels + 2, length, rate);
        for (int64_t j = 0; j < bins; j++) {
            double value = triangle((double)j, edges[0], edges[1], edges[2]);
            plait__store_reals(output, j * mels + m, 1, 1, &value);
        }
    }
    return PLAIT_OK;
}
