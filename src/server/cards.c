/* Cards: what the inference protocol says of a model's inputs and outputs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/repository.h"
#include "server/tensors.h"

static void write_types(struct plait__writer *writer, const char *key, const plait_session *session, bool inputs) {
    const size_t count = inputs ? plait_session_input_count(session) : plait_session_output_count(session);
    plait__write_open(writer, key, '[');
    for (size_t i = 0; i < count; i++) {
        plait_tensor type = {0};
        (inputs ? plait_session_input_type : plait_session_output_type)(session, i, &type);
        plait__write_tensor_open(writer, (inputs ? plait_session_input_name : plait_session_output_name)(session, i), &type);
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, ']');
}

/* The package as a model of its own: a document's bytes in, its JSON out. */
static void write_package_types(struct plait__writer *writer) {
    static const char *const keys[] = {"inputs", "outputs"};
    for (int i = 0; i < 2; i++) {
        plait__write_open(writer, keys[i], '[');
        plait__write_document_open(writer);
        plait__write_close(writer, '}');
        plait__write_close(writer, ']');
    }
}

/* As far as the dimension's name says: nothing else in a graph does. */
static bool is_independent(const plait_session *session) {
    static const char *const names[] = {"batch", "batch_size", "N", "lines", "words"};
    const char *first = plait_session_input_dimension_name(session, 0, 0);
    bool known = false;
    for (size_t i = 0; first && i < sizeof names / sizeof *names; i++) known = known || strcmp(first, names[i]) == 0;
    for (size_t i = 0; known && i < plait_session_input_count(session); i++) {
        const char *name = plait_session_input_dimension_name(session, i, 0);
        known = name && strcmp(name, first) == 0;
    }
    for (size_t i = 0; known && i < plait_session_output_count(session); i++) {
        plait_tensor type = {0};
        plait_session_output_type(session, i, &type);
        known = type.rank > 0 && type.dims[0] < 0;
    }
    return known;
}

static enum plait_status card_add(plait_context *context, struct plait__edition *edition, const char *network, size_t length,
                                  const plait_session *session) {
    struct plait__card *card = &edition->cards[edition->card_count];
    struct plait__buffer buffer;
    struct plait__writer writer = {.buffer = &buffer};
    plait__buffer_init(&buffer, context, 1 << 20);
    snprintf(card->network, sizeof card->network, "%.*s", (int)length, network);
    card->platform = session ? "onnx_plait" : "plait_package";
    card->independent = session && plait_session_input_count(session) > 0 && is_independent(session);
    if (session) {
        write_types(&writer, "inputs", session, true);
        write_types(&writer, "outputs", session, false);
    } else {
        write_package_types(&writer);
    }
    if (writer.status == PLAIT_OK && !(card->types = strdup(buffer.data))) writer.status = PLAIT_MEMORY;
    plait__buffer_end(&buffer);
    if (writer.status == PLAIT_OK) edition->card_count++;
    return writer.status;
}

enum plait_status plait__cards_make(struct plait__edition *edition, const struct plait__replica *replica) {
    struct plait__network *networks[PLAIT__NETWORKS_MOST];
    if (replica->session) return card_add(replica->context, edition, "", 0, replica->session);
    PLAIT__TRY(card_add(replica->context, edition, "", 0, NULL));
    const int count = plait__package_networks(replica->model, networks);
    for (int i = 0; i < count; i++)
        PLAIT__TRY(
            card_add(replica->context, edition, networks[i]->file, strcspn(networks[i]->file, "."), networks[i]->session));
    return PLAIT_OK;
}

void plait__cards_clear(struct plait__edition *edition) {
    for (int i = 0; i < PLAIT__NETWORKS_MOST + 1; i++) free(edition->cards[i].types);
    memset(edition->cards, 0, sizeof edition->cards);
    edition->card_count = 0;
}
