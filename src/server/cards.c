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

const char *plait__package_output(const plait_model *model) {
    return model->multimodal ? "fusion" : "document";
}

static void write_bytes(struct plait__writer *writer, const char *name) {
    plait__write_bytes_open(writer, name);
    plait__write_close(writer, '}');
}

/* The package as a model of its own: the bytes of a document, or of each modality, in, and the answer's JSON out. */
static void write_package_types(struct plait__writer *writer, const plait_model *model) {
    const char *name;
    plait__write_open(writer, "inputs", '[');
    if (!model->multimodal) write_bytes(writer, "document");
    for (size_t i = 0; (name = plait_model_modality(model, i, NULL)); i++) write_bytes(writer, name);
    plait__write_close(writer, ']');
    plait__write_open(writer, "outputs", '[');
    write_bytes(writer, plait__package_output(model));
    plait__write_close(writer, ']');
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

/* `session` NULL: of the package. */
static enum plait_status card_add(const struct plait__replica *replica, struct plait__edition *edition, const char *network,
                                  size_t length, const plait_session *session) {
    struct plait__card *card = &edition->cards[edition->card_count];
    struct plait__buffer buffer;
    struct plait__writer writer = {.buffer = &buffer};
    plait__buffer_init(&buffer, replica->context, 1 << 20);
    snprintf(card->network, sizeof card->network, "%.*s", (int)length, network);
    card->platform = session ? "onnx_plait" : "plait_package";
    card->independent = session && plait_session_input_count(session) > 0 && is_independent(session);
    if (session) {
        write_types(&writer, "inputs", session, true);
        write_types(&writer, "outputs", session, false);
    } else {
        write_package_types(&writer, replica->model);
    }
    if (writer.status == PLAIT_OK && !(card->types = strdup(buffer.data))) writer.status = PLAIT_MEMORY;
    plait__buffer_end(&buffer);
    if (writer.status == PLAIT_OK) edition->card_count++;
    return writer.status;
}

enum plait_status plait__cards_make(struct plait__edition *edition, const struct plait__replica *replica) {
    struct plait__network *networks[PLAIT__NETWORKS_MOST];
    if (replica->session) return card_add(replica, edition, "", 0, replica->session);
    PLAIT__TRY(card_add(replica, edition, "", 0, NULL));
    const int count = plait__package_networks(replica->model, networks);
    for (int i = 0; i < count; i++)
        PLAIT__TRY(card_add(replica, edition, networks[i]->file, strcspn(networks[i]->file, "."), networks[i]->session));
    return PLAIT_OK;
}

void plait__cards_clear(struct plait__edition *edition) {
    for (int i = 0; i < PLAIT__NETWORKS_MOST + 1; i++) free(edition->cards[i].types);
    memset(edition->cards, 0, sizeof edition->cards);
    edition->card_count = 0;
}
