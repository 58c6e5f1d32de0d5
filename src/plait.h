/* Plait: reads documents with every sense it is given.
 *
 * This is the only header a user includes.  A complete example:
 *
 *     plait_context *context = NULL;
 *     plait_session *session = NULL;
 *     plait_context_create(NULL, &context);
 *     if (plait_session_create_from_file(context, "model.onnx", NULL, &session) != PLAIT_OK)
 *         fprintf(stderr, "%s\n", plait_context_error(context));
 *     plait_session_run(session, inputs, 1, outputs, 1);
 *     plait_session_destroy(session);
 *     plait_context_destroy(context);
 *
 * Threads: a context, and everything created from it, is used by one thread at a time.  Two contexts share nothing.
 * Ownership: what a `create` function returns is ended by its `destroy`; every `destroy` accepts NULL.
 * Errors: a call that fails returns a status other than PLAIT_OK, leaves its out-pointers as they were, and puts one
 * sentence for people in the context (plait_context_error). */
#ifndef PLAIT_H
#define PLAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PLAIT_VERSION "0.1.0"

/* Status codes: the one list that the enum, plait_status_name() and plait_status_text() are made from. */
#define PLAIT_STATUS_MAP(X)                                                      \
    X(OK, "success")                                                             \
    X(INVALID, "an argument or an input is malformed")                           \
    X(UNSUPPORTED, "the input is well formed, but Plait cannot do what it asks") \
    X(NOT_FOUND, "a file, name or version does not exist")                       \
    X(IO, "reading or writing failed")                                           \
    X(MEMORY, "memory could not be had")                                         \
    X(LIMIT, "a stated ceiling would be passed")                                 \
    X(CANCELLED, "the caller asked to stop")                                     \
    X(INTERNAL, "a promise inside Plait was broken: please report it")

enum plait_status {
#define PLAIT_STATUS_ENUM(name, text) PLAIT_##name,
    PLAIT_STATUS_MAP(PLAIT_STATUS_ENUM)
#undef PLAIT_STATUS_ENUM
};

const char *plait_status_name(enum plait_status status); /* "INVALID" */
const char *plait_status_text(enum plait_status status); /* "an argument or an input is malformed" */

/* ------------------------------------------------------------------ context */

typedef struct plait_context plait_context;

/* Memory comes from here.  allocate returns `bytes` bytes aligned to 64, or NULL; release accepts NULL. */
typedef struct plait_allocator {
    void *(*allocate)(void *user, size_t bytes);
    void (*release)(void *user, void *memory);
    void *user;
} plait_allocator;

enum plait_log_level { PLAIT_LOG_ERROR, PLAIT_LOG_WARNING, PLAIT_LOG_INFO, PLAIT_LOG_DEBUG };

typedef struct plait_context_options {
    plait_allocator allocator; /* all NULL: the C library's */
    int threads; /* 1 or more; 1 by default, and always where the build has no threads (WebAssembly without them) */
    void (*log)(void *user, enum plait_log_level level, const char *message); /* NULL: silence */
    void *log_user;
    uint64_t (*clock_us)(void *user); /* monotonic microseconds; NULL: the system's */
    void *clock_user;
    bool (*cancelled)(void *user); /* asked between nodes and lines; NULL: never */
    void *cancelled_user;
    void (*progress)(void *user, const char *stage, double fraction); /* fraction in 0..1; NULL: none */
    void *progress_user;
    const char *trusted_keys; /* Ed25519 public keys, 64 hexadecimal digits each, commas between them: packages that none of
                                 them signed are not opened; must stay as long as the context; NULL: signatures are not asked
                                 for.  A build without libsodium (WebAssembly) opens nothing when keys are given */
} plait_context_options;

/* Fills `options` with the defaults named above. */
void plait_context_options_default(plait_context_options *options);

/* `options` may be NULL for the defaults; it is copied. */
enum plait_status plait_context_create(const plait_context_options *options, plait_context **context_out);
void plait_context_destroy(plait_context *context);

/* Another number of threads (1 or more) from the next run on: for hosts whose threads are ready later than the first result is
 * wanted.  Not while anything made from the context runs.  Networks that ran already are planned anew. */
enum plait_status plait_context_set_threads(plait_context *context, int threads);

/* The last failure in one sentence; "" when nothing failed yet.  Valid until the next failing call. */
const char *plait_context_error(const plait_context *context);

/* ------------------------------------------------------------------ tensors */

#define PLAIT_MAX_RANK 8

/* The numbers are ONNX's TensorProto.DataType. */
#define PLAIT_DTYPE_MAP(X)   \
    X(F32, 1, 4, "float32")  \
    X(U8, 2, 1, "uint8")     \
    X(I8, 3, 1, "int8")      \
    X(U16, 4, 2, "uint16")   \
    X(I16, 5, 2, "int16")    \
    X(I32, 6, 4, "int32")    \
    X(I64, 7, 8, "int64")    \
    X(BOOL, 9, 1, "bool")    \
    X(F16, 10, 2, "float16") \
    X(F64, 11, 8, "float64") \
    X(U32, 12, 4, "uint32")  \
    X(U64, 13, 8, "uint64")  \
    X(BF16, 16, 2, "bfloat16")

enum plait_dtype {
    PLAIT_DTYPE_NONE = 0,
#define PLAIT_DTYPE_ENUM(name, number, bytes, text) PLAIT_##name = number,
    PLAIT_DTYPE_MAP(PLAIT_DTYPE_ENUM)
#undef PLAIT_DTYPE_ENUM
};

/* A dense row-major array, last dimension fastest.  A view: whoever made `data` owns it.
 * rank 0 is a scalar of one element.  A dimension of 0 makes an empty tensor, data may then be NULL. */
typedef struct plait_tensor {
    enum plait_dtype dtype;
    int32_t rank;                 /* 0..PLAIT_MAX_RANK */
    int64_t dims[PLAIT_MAX_RANK]; /* the first `rank` count */
    void *data;
} plait_tensor;

size_t plait_dtype_bytes(enum plait_dtype dtype);     /* bytes of one element; 0 when unknown */
const char *plait_dtype_name(enum plait_dtype dtype); /* "float32" */
int64_t plait_tensor_elements(const plait_tensor *tensor);
size_t plait_tensor_bytes(const plait_tensor *tensor);

/* ------------------------------------------------------------------ sessions: a graph that runs */

typedef struct plait_session plait_session;

typedef struct plait_session_options {
    const char *backend; /* "xnnpack", "reference", "cuda" (UNSUPPORTED where there is no GPU); NULL: "xnnpack".  What it cannot
                          * run falls back to "reference" */
    bool int8;           /* quantise the weights of convolutions and products per channel at load, activations as they come */
    bool profile;        /* measure where the time goes: plait_session_profile_json */
} plait_session_options;

void plait_session_options_default(plait_session_options *options);

/* Reads an ONNX model (opset 7..21).  `bytes` must stay as they are until the session is destroyed: weights are used in
 * place.  `folder` is where external tensor data is looked for; NULL refuses external data. */
enum plait_status plait_session_create(plait_context *context, const void *bytes, size_t size, const char *folder,
                                       const plait_session_options *options, plait_session **session_out);
enum plait_status plait_session_create_from_file(plait_context *context, const char *path, const plait_session_options *options,
                                                 plait_session **session_out);
void plait_session_destroy(plait_session *session);

/* Inputs and outputs in the order of the graph, `index` below their count.  A dimension that may change is -1; a rank of -1
 * says that the model leaves even that open. */
size_t plait_session_input_count(const plait_session *session);
size_t plait_session_output_count(const plait_session *session);
const char *plait_session_input_name(const plait_session *session, size_t index);
const char *plait_session_output_name(const plait_session *session, size_t index);
void plait_session_input_type(const plait_session *session, size_t index, plait_tensor *type_out);
void plait_session_output_type(const plait_session *session, size_t index, plait_tensor *type_out);

/* Where the time of all runs so far went, as one JSON object: segments with their backends, and the operators that fell
 * back to reference with their shares.  Valid until the next call; times are 0 unless the session was made to profile. */
enum plait_status plait_session_profile_json(plait_session *session, const char **json_out);

/* The most memory that values and intermediates took at once, in bytes; weights not counted. */
size_t plait_session_peak_bytes(const plait_session *session);

/* What the model calls a dimension that may change ("batch"); NULL when it does not say. */
const char *plait_session_input_dimension_name(const plait_session *session, size_t index, int axis);

/* Runs the graph.  `inputs` has one tensor an input, in order; they are only read.  `outputs_out` has one place an output;
 * the session owns their data, valid until its next run.  New shapes are allowed at every call. */
enum plait_status plait_session_run(plait_session *session, const plait_tensor *inputs, size_t input_count,
                                    plait_tensor *outputs_out, size_t output_count);

/* ------------------------------------------------------------------ documents */

/* A model package: a folder with manifest.json and its networks, which says all about one kind of document. */
typedef struct plait__package plait_model;

/* Opens a package: its manifest is checked, every file compared with its digest, and every network made ready to run.
 * `options` (may be NULL) hold for all its networks. */
enum plait_status plait_model_create(plait_context *context, const char *folder, const plait_session_options *options,
                                     plait_model **model_out);

/* A file by the name it has in a package's folder. */
struct plait_file {
    const char *name; /* "manifest.json" */
    const void *bytes;
    size_t size;
};

/* The same from memory, for hosts without a file system: all files of the package in any order.  `files` and the names in it
 * are copied; the bytes must stay as they are until the model is destroyed: weights are used in place. */
enum plait_status plait_model_create_from_files(plait_context *context, const struct plait_file *files, size_t count,
                                                const plait_session_options *options, plait_model **model_out);
void plait_model_destroy(plait_model *model);
const char *plait_model_name(const plait_model *model);
const char *plait_model_version(const plait_model *model);

typedef struct plait_read_options {
    const char *name;    /* the source's name in the answer; "" by default */
    const char *text;    /* plait_read: the words of its page, see plait_page_options; NULL: the page is read */
    size_t text_size;    /* bytes */
    const char *without; /* modalities to leave out, with commas between them: "text,image"; NULL: none.  Without layout there
                            are no tables */
    const void *audio; /* a WAV: a voice note that reads the total digit by digit; used by begin alone.  NULL: none.  A package
                          that cannot hear leaves it out */
    size_t audio_size; /* bytes */
    bool fields_only;  /* evidence is not measured, which saves most of the tagger's time, and tables are not looked for */
    int pages;         /* how many are expected, for the fractions of progress; 1 by default */
    const char *media_type, *digest; /* of the file that the pages were taken from ("application/pdf"; SHA-256, 64 hexadecimal
                                        digits); NULL: the pages are the source, and the digest is that of all their bytes */
} plait_read_options;

void plait_read_options_default(plait_read_options *options);

/* What was read.  It uses the model, which must stay. */
typedef struct plait__document plait_document;

/* Reads one picture of a page: JPEG, PNG, BMP, PNM or GIF. `bytes` are only used during the call. */
enum plait_status plait_read(plait_model *model, const void *bytes, size_t size, const plait_read_options *options,
                             plait_document **document_out);
void plait_document_destroy(plait_document *document);

/* A document of several pages, which come one at a time, so that no two of them are in memory together:
 *
 *     plait_document_begin(model, &options, &document);
 *     for each page: plait_document_add_page(document, bytes, size, NULL);
 *     plait_document_finish(document);
 *     plait_document_json(document, &json);
 *
 * A page that fails adds nothing; the document may go on with the next.  Every page by itself says what the fields are; the
 * answer is the surest page's, and the less sure the more likely other pages make another value. */
typedef struct plait_page_options {
    const char
        *text; /* words that are already known, UTF-8: {"lines":[{"box":[x0,y0,x1,y1],"text":"...","words":[{"box","text"},
                  ...]}]} in pixels of the page, words where their places are known too, or plain text; NULL: the page is
                  read */
    size_t text_size; /* bytes */
} plait_page_options;

enum plait_status plait_document_begin(plait_model *model, const plait_read_options *options, plait_document **document_out);
enum plait_status plait_document_add_page(plait_document *document, const void *bytes, size_t size,
                                          const plait_page_options *options); /* may be NULL */
enum plait_status plait_document_finish(plait_document *document);            /* INVALID without a page */

/* The finished document as JSON (schema plait.document/1), without line breaks, NUL at the end.  The document owns it. */
enum plait_status plait_document_json(plait_document *document, const char **json_out);

/* A PNG of a page (0 the first) with lines, tables, fields, names and confidences drawn on it.  `bytes` are those that were
 * read. The document owns the picture, until the next call. */
enum plait_status plait_document_annotate(plait_document *document, int page, const void *bytes, size_t size,
                                          const void **png_out, size_t *png_size_out);

/* ------------------------------------------------------------------ fusion: any modalities, one answer */

/* A package of kind "multimodal" (docs/multimodal.md) answers from any of its modalities: pictures, sound, text, places,
 * records.  What it was given at one moment is a plait_moment; plait_fuse makes one answer of it, a plait_fusion.
 *
 *     plait_moment_add     bytes -> quality -> the encoder's input -> an embedding [width] f32, kept in the moment
 *     plait_fuse           embeddings of what is present -> the package's pattern -> calibrated probabilities of each head
 *     plait_fusion_json    label, confidence, contribution of each modality, what was left out and why
 *
 * What can be relied on:
 * - Only a mistake of the caller's is an error: a modality or pattern the package has not, memory.  A modality that is not
 *   given, cannot be decoded, is too bad (`quality_least`), too old (`stale_after_us`) or too far in time from the others
 *   (`tolerance_us`) is left out, and the answer, calibrated for what is left, says so.  From nothing at all the label is NULL.
 * - Times are microseconds of any clock that the modalities of a moment share.  Without times nothing is old or apart.
 * - Confidence is a probability, 0..1, calibrated for the modalities that were used.  A modality's contribution is its Shapley
 *   value: over all subsets of what is present, how much the probability of the label changes when it joins.
 * - The same bytes give the same answer, bit for bit, on one machine.  Moments saved by one package are refused by another
 *   whose encoders differ (`embedding_schema`).
 * - Who owns what: the model outlives its moments and answers; a moment may go before its answers; texts belong to what gave
 *   them, until the next call for the same.  All of one context is used by one thread at a time.
 *
 * A complete program, which fuses a picture and a sound that came 80 ms later (tests/install compiles and runs it):
 *
 *     #include <plait.h>
 *     #include <stdio.h>
 *
 *     static char picture[1 << 20], sound[1 << 20];
 *
 *     static size_t load(const char *path, char *bytes, size_t most) {
 *         FILE *file = fopen(path, "rb");
 *         size_t size = file ? fread(bytes, 1, most, file) : 0;
 *         if (file) fclose(file);
 *         return size;
 *     }
 *
 *     int main(int count, char **arguments) {
 *         plait_context *context = NULL;
 *         plait_model *model = NULL;
 *         plait_moment *moment = NULL;
 *         plait_fusion *fusion = NULL;
 *         plait_input image = {.modality = "image", .bytes = picture, .timed = true, .timestamp_us = 1000000};
 *         plait_input audio = {.modality = "audio", .bytes = sound, .timed = true, .timestamp_us = 1080000};
 *         const char *label, *json = NULL;
 *         float confidence;
 *         enum plait_status status;
 *         if (count != 4) return 2; // PACKAGE PICTURE SOUND
 *         image.size = load(arguments[2], picture, sizeof picture);
 *         audio.size = load(arguments[3], sound, sizeof sound);
 *
 *         status = plait_context_create(NULL, &context);
 *         if (status == PLAIT_OK) status = plait_model_create(context, arguments[1], NULL, &model);
 *         if (status == PLAIT_OK) status = plait_moment_create(model, &moment);
 *         if (status == PLAIT_OK) status = plait_moment_add(moment, &image);
 *         if (status == PLAIT_OK) status = plait_moment_add(moment, &audio);
 *         if (status == PLAIT_OK) status = plait_fuse(moment, NULL, &fusion);
 *         if (status == PLAIT_OK) status = plait_fusion_json(fusion, &json);
 *         if (status == PLAIT_OK) {
 *             label = plait_fusion_label(fusion, NULL, &confidence);
 *             printf("%s %.4f\n%s\n", label ? label : "nothing", label ? confidence : 0, json);
 *         } else {
 *             fprintf(stderr, "%s\n", context ? plait_context_error(context) : plait_status_text(status));
 *         }
 *         plait_fusion_destroy(fusion);
 *         plait_moment_destroy(moment);
 *         plait_model_destroy(model);
 *         plait_context_destroy(context);
 *         return status != PLAIT_OK;
 *     }
 */

/* The modalities of a package of kind "multimodal", in its order; NULL from `index` on, or where there are none.  `kind_out`
 * (may be NULL): "image", "text", "layout", "audio" or "structured". */
const char *plait_model_modality(const plait_model *model, size_t index, const char **kind_out);

/* What the modalities gave at one moment. */
typedef struct plait_moment plait_moment;

typedef struct plait_input {
    const char *modality; /* its name in the package */
    const void *bytes;    /* image: a JPEG, PNG, BMP, PNM or GIF; audio: a WAV; text: UTF-8; structured: a JSON object;
                             layout: a JSON array of [x0, y0, x1, y1], shares 0..1 of the page.  Used during the call alone */
    size_t size;          /* bytes */
    bool timed;           /* it has a time, */
    int64_t timestamp_us; /* of any clock that all modalities of the moment share */
} plait_input;

enum plait_status plait_moment_create(plait_model *model, plait_moment **moment_out);
void plait_moment_destroy(plait_moment *moment);

/* Adds a modality, or puts it in the place of what was added before.  INVALID: the package has no such modality. */
enum plait_status plait_moment_add(plait_moment *moment, const plait_input *input);

/* The embeddings of all modalities, with their quality and time, as bytes that the moment owns until the next call; and a
 * moment of them, which can be fused on another machine.  UNSUPPORTED: they are of another embedding schema than the package's.
 */
enum plait_status plait_moment_save(plait_moment *moment, const void **bytes_out, size_t *size_out);
enum plait_status plait_moment_load(plait_model *model, const void *bytes, size_t size, plait_moment **moment_out);

typedef struct plait_fuse_options {
    const char *pattern; /* one of the package's; NULL: its default */
    const char *without; /* modalities to leave out, with commas between them; NULL: none */
    bool answer_only;    /* only the answer: no contributions and no agreement, which take all subsets of the modalities */
    bool has_now;        /* ages are counted from ... */
    int64_t now_us;      /* ... here, instead of from the newest timestamp */
} plait_fuse_options;

void plait_fuse_options_default(plait_fuse_options *options);

/* The answer.  It uses the model, which must stay; the moment may go. */
typedef struct plait_fusion plait_fusion;

enum plait_status plait_fuse(plait_moment *moment, const plait_fuse_options *options, plait_fusion **fusion_out);
void plait_fusion_destroy(plait_fusion *fusion);

/* The class that the head (NULL: the first) chose, and the calibrated probability 0..1 that it is right; NULL when there was
 * nothing to answer from, or no such head.  The model owns it. */
const char *plait_fusion_label(const plait_fusion *fusion, const char *head, float *confidence_out);

/* All of it as JSON (schema plait.fusion/1, docs/multimodal.md), which the answer owns. */
enum plait_status plait_fusion_json(plait_fusion *fusion, const char **json_out);

/* ------------------------------------------------------------------ live: events of several modalities, answers by windows */

/* Events come with the time of their source's clock and of the receiver's.  They are put into windows of event time; for each
 * window that had any, the modalities are fused.  Late, doubled, misplaced and missing events, outages and clocks that jump
 * cost nothing but themselves; how far the clocks of the package's first two modalities are apart is found from what happens in
 * both and corrected, and until it is known, or where it cannot be known to `tolerance_us`, one modality is used and called
 * `misaligned`. Nothing depends on when calls are made: the same events give the same answers, bit for bit. */
typedef struct plait_live plait_live;

typedef struct plait_live_options {
    int64_t window_us;    /* 1 s by default */
    int64_t lateness_us;  /* how long a window waits for events after its end; 0.2 s */
    int64_t tolerance_us; /* 0.1 s */
    int audio_rate_hz;    /* of the samples in audio events; 8000 */
    bool align;           /* find and correct the lag of modality 1 against modality 0; true */
    bool record;          /* keep all events for plait_live_recording */
    const char *pattern;  /* of fusion; NULL: the package's own */
} plait_live_options;

void plait_live_options_default(plait_live_options *options);

typedef struct plait_event {
    const char *modality; /* its name in the package */
    uint64_t number;      /* counts up at the source; the same number is the same event */
    int64_t time_us;      /* of the source's clock */
    int64_t arrival_us;   /* of the receiver's; never goes back */
    float activity;       /* how much is going on, of which lags are found; NaN: measured from the event */
    const void *bytes;    /* as of plait_input, but audio: [count] i16 samples, little-endian, mono; copied */
    size_t size;          /* bytes */
} plait_event;

/* `answered` is called out of push and finish, once a window, in order, with one JSON object that is valid during the call:
 * {"window":
 * {"begin_us", "end_us", "alignment", "lag_us", "drift_ppm", "events": {NAME: count}}, "answer": {...plait.fusion/1...}}. */
enum plait_status plait_live_create(plait_model *model, const plait_live_options *options,
                                    void (*answered)(void *user, const char *json), void *user, plait_live **live_out);
void plait_live_destroy(plait_live *live);
enum plait_status plait_live_push(plait_live *live, const plait_event *event);
enum plait_status plait_live_finish(plait_live *live); /* answers what is left: nothing more will come */

/* What became of the events, and what is known of the clocks, as JSON that is valid until the next call. */
enum plait_status plait_live_report(plait_live *live, const char **json_out);

/* All events so far, as bytes that are valid until the next push; and the same events once more, which does not record. */
enum plait_status plait_live_recording(plait_live *live, const void **bytes_out, size_t *size_out);
enum plait_status plait_live_replay(plait_live *live, const void *bytes, size_t size);

/* ------------------------------------------------------------------ memory: what people confirmed */

/* Documents whose fields a person confirmed: how the page looks as numbers (an embedding with its schema), and its fields.  A
 * model that remembers reads the next document of the same shop better.  Used by one thread at a time. */
typedef struct plait_memory plait_memory;

/* In this process alone; hosts without files keep what plait_memory_export gives. */
enum plait_status plait_memory_create(plait_context *context, plait_memory **memory_out);

/* In a file (SQLite), made when there is none, or where `path` begins with postgresql:// in a table of that database, so that
 * many machines share it; everything but identifiers is encrypted (XChaCha20-Poly1305, libsodium).  `key`: 64 hexadecimal
 * digits, used during the call.  What others add is seen by those who open it later.  INVALID: it was made with another key;
 * UNSUPPORTED: the build has no files. */
enum plait_status plait_memory_open(plait_context *context, const char *path, const char *key, plait_memory **memory_out);
void plait_memory_destroy(plait_memory *memory);

size_t plait_memory_count(const plait_memory *memory);

typedef struct plait_confirmed {
    const char *field, *value; /* the value as the document's JSON has it, normalised; NULL: it has none */
} plait_confirmed;

/* Remembers that a person looked at the document (its JSON, as plait_document_json gives it): the fields named have these
 * values, the others those of the JSON.  The same document again takes the place of what was remembered of it.  `id_out` (may
 * be NULL): its name in the memory. */
enum plait_status plait_confirm(plait_memory *memory, const char *json, size_t json_size, const plait_confirmed *fields,
                                size_t field_count, char id_out[17]);

/* `id` NULL: everything.  NOT_FOUND: there is no such document. */
enum plait_status plait_memory_forget(plait_memory *memory, const char *id);

/* All that is remembered, one JSON object a line; the memory owns it until the next call.  Importing adds, and counts. */
enum plait_status plait_memory_export(plait_memory *memory, const char **lines_out, size_t *size_out);
enum plait_status plait_memory_import(plait_memory *memory, const char *lines, size_t size, size_t *count_out);

/* From now on the model reads with this memory (NULL: without), which must stay as long. */
void plait_model_remember(plait_model *model, plait_memory *memory);

#ifdef __cplusplus
}
#endif
#endif
