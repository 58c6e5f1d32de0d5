/* Confirmed documents, held in memory and, natively, encrypted in a file or a database.
 *
 * What a page looks like is a vector of the schema PLAIT__LOOK_SCHEMA: hashed trigrams of its words (Weinberger et al., 2009),
 * those of the head of the page, where a shop names itself, the heaviest; and coarse places of its lines.  It needs no network,
 * is the same everywhere, and stands a recogniser's errors. */
#ifndef PLAIT_MEMORY_MEMORY_H
#define PLAIT_MEMORY_MEMORY_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/json.h"
#include "memory/nearest.h"

#define PLAIT__LOOK_SCHEMA    "page/1"
#define PLAIT__EXAMPLE_SCHEMA "plait.example/1"

enum { PLAIT__LOOK_WIDTH = 512, PLAIT__EXAMPLE_ID = 17 };

/* A line of text and where it stands: x0, y0, x1, y1, shares of the page. */
struct plait__look_line {
    const char *text;
    float box[4];
};

/* A unit vector; zeros for a page without text.  look.c */
void plait__look(const struct plait__look_line *lines, int count, float out[PLAIT__LOOK_WIDTH]);

/* The numbers that tell whose page it is, as registers, tax offices and telephones have them: 6 to 12 digits in a row, in the
 * head of the page.  Digits, a space after each number; in the arena, NULL without memory.  numbers.c */
const char *plait__numbers(struct plait__arena *arena, const struct plait__look_line *lines, int count);

/* Whether a number is in both, but for one digit of a long one. */
bool plait__numbers_shared(const char *one, const char *other);

struct plait__example_field {
    const char *name, *value; /* value NULL: it has none */
};

struct plait__example {
    struct plait__arena arena; /* of all below */
    char id[PLAIT__EXAMPLE_ID];
    const char *line; /* as JSON, without a line feed */
    const char *type; /* of the document */
    const char *numbers;
    int field_count;
    struct plait__example_field *fields;
};

struct plait__vault;

struct plait_memory {
    plait_context *context;
    int count, capacity;
    struct plait__example **examples; /* [count] */
    struct plait__vectors looks;      /* a row each */
    int slot_count, *slots;           /* where identifiers are: open addressing, at most half full; place + 1, 0: nothing */
    struct plait__vault *vault;       /* NULL: in this process alone */
    struct plait__buffer exported;
};

/* An example from its JSON line, and how its page looks; embedded again where that was done by another schema.  example.c */
enum plait_status plait__example_read(plait_context *context, const char *line, size_t size,
                                      struct plait__example **example_out, float look_out[PLAIT__LOOK_WIDTH]);
void plait__example_destroy(struct plait__example *example); /* accepts NULL */

/* Appends the JSON line of a document and what a person said of it. */
enum plait_status plait__example_write(plait_context *context, struct plait__buffer *line, const char *json, size_t json_size,
                                       const plait_confirmed *fields, size_t field_count);

/* Takes the example in, in the place of one with its id; owns it then. */
enum plait_status plait__memory_add(struct plait_memory *memory, struct plait__example *example,
                                    const float look[PLAIT__LOOK_WIDTH]);

/* The most alike of the documents, the most alike first; how many of `most` there are. */
struct plait__alike {
    const struct plait__example *example;
    float cosine;
};
int plait__memory_nearest(struct plait_memory *memory, const float look[PLAIT__LOOK_WIDTH], int most, struct plait__alike *out);

/* The file or database: rows of an id and a sealed JSON line.  vault.c, vault_none.c */
enum plait_status plait__vault_open(plait_context *context, const char *path, const char *key, struct plait__vault **vault_out);
void plait__vault_close(struct plait__vault *vault); /* accepts NULL */
enum plait_status plait__vault_each(struct plait__vault *vault,
                                    enum plait_status (*each)(void *user, const char *line, size_t size), void *user);
enum plait_status plait__vault_put(struct plait__vault *vault, const char *id, const char *line, size_t size);
enum plait_status plait__vault_remove(struct plait__vault *vault, const char *id); /* NULL: everything */

#endif
