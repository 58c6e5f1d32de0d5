/* Lines on their way through the recogniser.  Those of like width go together in one run, also those of other pages that are
 * read at the same time: whoever runs next takes what waits, whosever it is.
 *
 * A page's lines stay its own: their memory must last until plait__crops_read returns, which it does when all are read.  Pages
 * share a `struct plait__crops` where their recognisers are the same (copies of one package); it may be used by any number of
 * threads. */
#ifndef PLAIT_DOCUMENT_CROPS_H
#define PLAIT_DOCUMENT_CROPS_H

#include <pthread.h>

#include "document/beam.h"
#include "document/document.h"

struct plait__crop {
    const struct plait__image *page; /* it is cut out of */
    const struct plait__quad *quad;
    float corners[4][2];         /* widened */
    float bend;                  /* of the widened quad */
    int columns;                 /* of the cut */
    int width;                   /* of the network's input: columns and white */
    struct plait__glyph *glyphs; /* what a run finds: room for a step's each */
    int glyph_count;

    /* Kept by plait__crops_read. */
    const struct plait__crop_reader *reader; /* whose it is */
    bool taken, read, alone;                 /* alone: a run with others failed, and its reader tries it by itself */
    uint64_t since_us;
    struct plait__crop *next; /* that waits */
};

/* Who reads a page. */
struct plait__crop_reader {
    plait_context *context;
    int width_most;   /* of the crops that it can run */
    int columns_most; /* of all crops in one of its runs, if it is not one alone */
    /* Reads `count` crops of one width, of any pages. */
    enum plait_status (*run)(void *user, struct plait__crop *const *crops, int count);
    void (*progress)(void *user, int read); /* of its own */
    void *user;
};

struct plait__crops {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct plait__crop *first, **last;             /* what waits, the oldest first */
    int most;                                      /* in one run */
    uint64_t delay_us;                             /* so long a line may wait for a run to fill */
    void (*ran)(void *user, int lines, int pages); /* told of every run by whoever ran it; NULL: nobody */
    void *user;
};

void plait__crops_begin(struct plait__crops *crops, int most);
void plait__crops_end(struct plait__crops *crops); /* nobody reads any more */

/* Reads all of the reader's `crops`, [count], in the order of their widths, and others' meanwhile. */
enum plait_status plait__crops_read(struct plait__crops *crops, const struct plait__crop_reader *reader,
                                    struct plait__crop *const *own, int count);

#endif
