/* A voice note about a document: spoken digits, compared with the amounts that are printed. */
#ifndef PLAIT_DOCUMENT_VOICE_H
#define PLAIT_DOCUMENT_VOICE_H

#include "document/document.h"

/* What a note says. */
struct plait__heard {
    int steps, class_count;
    const float *log_probabilities; /* [steps, class_count], class 0 the CTC blank, class 1 + d the digit d */
    const char *digits;             /* along the likeliest path: "2120"; "" when none were heard */
    float confidence;               /* 0..1, of that path; not calibrated */
    float seconds, quality;         /* of the note; quality 0..1 as media/audio.h has it */
};

/* Listens to a WAV file.  INVALID, UNSUPPORTED, LIMIT: the bytes are at fault. */
enum plait_status plait__hear(plait_context *context, const struct plait__voice *voice, const void *bytes, size_t size,
                              struct plait__arena *arena, struct plait__heard **heard_out);

/* The logarithm of the probability of having heard these digits, over all paths (the forward part of CTC: Graves et al., 2006,
 * section 4.1). */
double plait__heard_likelihood(const struct plait__heard *heard, const char *digits);

/* Agreement raises and conflict lowers the confidence of the package's spoken field, as probabilities do.  Whoever speaks reads
 * the right value with probability `trust`; else half the time any amount of the page, half the time any digits; if the
 * field's value is wrong, the right one is another amount of the page, or, with probability `unseen`, one that was not read at
 * all:
 *
 *     P(note | amount) = trust * P(note | its digits) + (1 - trust) / 2 * (mean over the page's amounts of the same + P(note |
 * any digits))
 *
 * Adds a check and the evidence of the sense audio.  Does nothing where nothing was said or the field has no value. */
enum plait_status plait__voice(struct plait__document *document);

#endif
