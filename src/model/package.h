/* A model package: a folder with manifest.json, networks and tables, and all that is particular to a kind of document.
 *
 * The structs below are the manifest, parsed and checked.  A parameter is one member here and one line in the table of its
 * part in manifest.c (key, kind, range, default), so that adding one takes two lines.  Everything lives in the package's arena.
 */
#ifndef PLAIT_MODEL_PACKAGE_H
#define PLAIT_MODEL_PACKAGE_H

#include "base/arena.h"
#include "base/file.h"
#include "media/audio_mel.h"
#include "media/image.h"
#include "model/language.h"
#include "plait.h"

/* The senses.  Their order is that of masks and of everything indexed by them. */
#define PLAIT__MODALITY_MAP(X) X(TEXT, "text") X(LAYOUT, "layout") X(IMAGE, "image") X(AUDIO, "audio")

enum plait__modality {
#define PLAIT__MODALITY_ENUM(name, text) PLAIT__MODALITY_##name,
    PLAIT__MODALITY_MAP(PLAIT__MODALITY_ENUM)
#undef PLAIT__MODALITY_ENUM
        PLAIT__MODALITY_COUNT
};

const char *plait__modality_name(enum plait__modality modality);
/* PLAIT__MODALITY_COUNT when there is none of that name. */
enum plait__modality plait__modality_find(const char *name);

/* A raw score becomes a probability by the logistic function of scale * logit(score) + offset  (Platt, 1999). */
struct plait__calibration {
    float scale, offset;
};
float plait__calibrate(struct plait__calibration calibration, float probability);
float plait__logit(float probability); /* kept finite */

/* One network of the package. */
struct plait__network {
    const char *file;       /* name in the package's folder; NULL when the manifest names none */
    plait_session *session; /* made when the package is opened; NULL when there is no file */
    struct plait__network *next;
};

/* Finds lines of text in a page. */
struct plait__detector {
    struct plait__network network;
    struct plait__scale scale;
    int longest_side;     /* the page is made smaller to this many pixels */
    float small_height;   /* median height of the lines, in input pixels, under which the page is looked at again, enlarged; 0:
                             never */
    float aimed_height;   /* ... to bring it here */
    float enlarge_most;   /* ... but by no more than this */
    int multiple_of;      /* input height and width are padded to it */
    int pixels_most;      /* of one run: larger pages go in strips ... */
    int overlap;          /* ... that see so many rows of their neighbours */
    int stride;           /* input pixels a cell of the map */
    float threshold;      /* probability from which a cell belongs to a line */
    float line_threshold; /* mean probability from which a component is a line */
    float smallest_side;  /* in input pixels: thinner boxes are dropped */
};

/* Reads a line's picture. */
struct plait__recogniser {
    struct plait__network network;
    struct plait__scale scale;
    int height;                 /* of the network's input, pixels */
    int width_multiple;         /* input widths are padded to it */
    int width_most;             /* longer lines are squeezed to it */
    int stride;                 /* input pixels a step of the output */
    int batch_most;             /* lines in one run */
    struct plait__crops *crops; /* where its lines meet those of other pages (document/crops.h); NULL: nowhere */
    float margin, margin_ends;  /* the cut is widened by these shares of the line's height: above and below, at the ends */
    float least;                /* mean chance of a character from which a line is kept */
    int beam;                   /* texts followed at a time */
    const char *language_file;  /* NULL: no language model */
    struct plait__language *language;      /* read from it */
    float language_weight, language_bonus; /* exponent of its chances; logarithm of what each character is worth */
    struct plait__calibration calibration; /* of a line's and a word's confidence */
    int character_count;                   /* without the blank */
    const char *
        *characters; /* [character_count] UTF-8, one each; class k of the network is characters[k - 1], class 0 the blank */
};

/* An encoder of one sense. */
struct plait__encoder {
    struct plait__network network; /* file NULL: the package has no such sense */
    struct plait__scale scale;     /* image */
    int height, width;             /* image: the picture cut out around a word, pixels */
    int length;                    /* text: characters of a word that are looked at */
    const char **alphabet;         /* text: [alphabet_count] UTF-8 characters the encoder knows; index 0 is "any other" */
    int alphabet_count;
};

/* Says what each word is. */
struct plait__tagger {
    int words_most; /* more words are tagged in several runs */
    struct plait__encoder encoders[PLAIT__MODALITY_COUNT];
    struct plait__network fusion;
    int width; /* of an embedding */
    int label_count;
    const char **labels; /* [label_count]: what the fusion says of a word, a logit each */
    int misread;         /* the label that a word's text is not what is printed; -1: there is none */
};

/* Hears digits that are spoken one after the other. */
struct plait__voice {
    struct plait__network network; /* log-mel [1, 1, frames, bands] to [1, steps, 11] logarithms of probabilities */
    struct plait__mel_options mel;
    int frames_least;    /* shorter notes are filled with silence */
    const char *field;   /* a money field that is spoken of */
    float trust, unseen; /* as document/voice.h has them */
};

/* What a field's value is and how it is printed: decides how it is normalised. */
#define PLAIT__FIELD_TYPE_MAP(X) X(TEXT, "text") X(MONEY, "money") X(DATE, "date") X(ADDRESS, "address") X(NUMBER, "number")

enum plait__field_type {
#define PLAIT__FIELD_TYPE_ENUM(name, text) PLAIT__FIELD_TYPE_##name,
    PLAIT__FIELD_TYPE_MAP(PLAIT__FIELD_TYPE_ENUM)
#undef PLAIT__FIELD_TYPE_ENUM
        PLAIT__FIELD_TYPE_COUNT
};
const char *plait__field_type_name(enum plait__field_type type);

/* How likely a field's value is right: that the right words were taken, and that they were read well.
 *     logistic(offset + scale * logit(probability of the words) + (the words were recognised, not known: read)
 *              + recognised * logarithm of the product of the recogniser's confidences - strange * how strange its text is)
 *         * product over its words of (1 - probability of being misread)^misread
 *         * (the words were known: exp(-noise * how strange a character of the page is * its characters))
 * with both strangenesses as document/strange.h has them.  A familiar value was read well: for it alone
 *     logistic(offset + scale * logit(probability of the words) + read + familiar) */
struct plait__field_calibration {
    float scale, offset, read, misread, recognised, strange, noise, familiar;
};

/* One field of the document and how its words become a value. */
struct plait__field_rule {
    const char *name;
    enum plait__field_type type;
    int label;       /* of the tagger: the word belongs to the field */
    int label_first; /* a text or an address begins with the word ... */
    int label_last;  /* ... or ends with it */
    bool required;   /* its absence is a reason for review */
    float least;     /* calibrated confidence under which the value is withheld: reason low_confidence */
    float review;    /* calibrated confidence under which a person should look */
    struct plait__field_calibration calibrations[1 << PLAIT__MODALITY_COUNT]; /* for every set of senses present */
    const char **familiar; /* text, address: [familiar_count] values that it is known to have; see document/familiar.h */
    int familiar_count;
    bool day_first;              /* date: 03/04 is the third of April where the page does not say */
    const char *currency;        /* money: ISO 4217 where the page does not say; NULL: left open */
    const char **currency_signs; /* money: [currency_count] as printed ("RM", "€") ... */
    const char **currency_codes; /* ... and their ISO 4217 codes */
    int currency_count;
};

/* An amount that documents of this kind name: it stands in a row with one of these words. */
struct plait__amount_rule {
    const char *name; /* "cash" */
    const char **words;
    int word_count;
};

enum { PLAIT__CHECK_TERMS = 8 };

/* An equation between a money field and named amounts: field = sum of sign * amount, within the tolerance.  It is tried where
 * all its amounts are on the page but the optional ones, which then count as 0. */
struct plait__check_rule {
    const char *name;
    const char *field;
    float tolerance; /* in the currency's unit */
    float passed;    /* added to the logit of a candidate for the field when the equation holds with it ... */
    float failed;    /* ... and when it does not */
    int term_count;
    struct plait__check_term {
        int amount; /* index */
        int sign;   /* 1 or -1 */
        bool optional;
    } terms[PLAIT__CHECK_TERMS];
};

/* manifest.sig, an Ed25519 signature of manifest.json  (RFC 8032). */
#define PLAIT__SIGNATURE_MAP(X) X(NONE, "none") X(PRESENT, "present") X(TRUSTED, "trusted")

enum plait__signature {
#define PLAIT__SIGNATURE_ENUM(name, text) PLAIT__SIGNATURE_##name,
    PLAIT__SIGNATURE_MAP(PLAIT__SIGNATURE_ENUM)
#undef PLAIT__SIGNATURE_ENUM
};
const char *plait__signature_name(enum plait__signature signature);

struct plait__package_file {
    const char *name;
    uint64_t bytes;
    char sha256[65]; /* hexadecimal */
};

struct plait__package {
    struct plait__arena arena;
    plait_context *context;
    const char *folder;             /* NULL: the files were given ... */
    const struct plait_file *given; /* [given_count], here */
    size_t given_count;
    const char *name, *version, *kind, *licence, *document_type, *embedding_schema;
    char digest[65];                 /* SHA-256 of manifest.json, which holds the digests of all other files */
    enum plait__signature signature; /* TRUSTED: made with one of the context's trusted keys */
    uint64_t bytes;                  /* of all files */
    int file_count;
    struct plait__package_file *files;
    bool has_detector, has_recogniser, has_tagger;
    struct plait__detector detector;
    struct plait__recogniser recogniser;
    struct plait__tagger tagger;
    struct plait__voice voice; /* network.file NULL: it cannot hear */
    const char *spelling;      /* words that the documents are full of, one space between them; NULL: none are known */
    int field_count;
    struct plait__field_rule *fields;
    int amount_count;
    struct plait__amount_rule *amounts;
    int check_count;
    struct plait__check_rule *checks;
    struct plait__multimodal *multimodal; /* NULL unless the kind is "multimodal" */
    struct plait__network *networks;      /* all that have a file */
    struct plait__network **networks_end;
    struct plait_memory *memory; /* that is read with; NULL: none */
};

/* Says that the network, which lives in the package's arena, is to be loaded, if it has a file. */
void plait__package_add_network(struct plait__package *package, struct plait__network *network);

/* Opens a file of the package, wherever it is; `path_out` is what errors call it. */
enum { PLAIT__PATH_BYTES = 4096 };
enum plait_status plait__package_file(const struct plait__package *package, const char *name, size_t ceiling,
                                      char path_out[PLAIT__PATH_BYTES], struct plait__file *file_out);

/* The two halves of plait_model_create.  The first reads and checks the manifest, and that every file is there with its size
 * and digest (`folder` or `files` hold manifest.json); the second makes the sessions of all networks. */
enum plait_status plait__package_open(plait_context *context, const char *folder, struct plait__package **package_out);
enum plait_status plait__package_open_files(plait_context *context, const struct plait_file *files, size_t count,
                                            struct plait__package **package_out);
enum plait_status plait__package_load(struct plait__package *package, const plait_session_options *options);

/* The networks the manifest names, in its order, at most PLAIT__NETWORKS_MOST; how many. */
enum { PLAIT__NETWORKS_MOST = 64 };
int plait__package_networks(struct plait__package *package, struct plait__network *networks[PLAIT__NETWORKS_MOST]);

#endif
