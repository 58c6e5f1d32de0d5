/* The Open Inference Protocol's answers about the server and its models; infer.c runs them. */
#include <string.h>

#include "base/device.h"
#include "base/json_write.h"
#include "server/internal.h"

static void answer_json(struct plait__exchange *exchange, const struct plait__writer *writer) {
    if (writer->status != PLAIT_OK || plait__buffer_append(&exchange->answer, "\n", 1) != PLAIT_OK)
        plait__answer_error(exchange, 503, "memory is out");
    else
        plait__answer(exchange, 200, "application/json");
}

void plait__handle_server(struct plait__exchange *exchange) {
    struct plait__writer writer = {.buffer = &exchange->answer};
    plait__write_open(&writer, NULL, '{');
    plait__write_text(&writer, "name", "plait");
    plait__write_text(&writer, "version", PLAIT_VERSION);
    plait__write_open(&writer, "extensions", '[');
    plait__write_text(&writer, NULL, "binary_tensor_data");
    plait__write_text(&writer, NULL, "model_repository");
    plait__write_close(&writer, ']');
    plait__write_close(&writer, '}');
    answer_json(exchange, &writer);
}

void plait__handle_live(struct plait__exchange *exchange) {
    const bool live = !plait__device_is_lost(); /* who watches starts another process, which finds the device again */
    struct plait__writer writer = {.buffer = &exchange->answer};
    plait__write_open(&writer, NULL, '{');
    plait__write_bool(&writer, "live", live);
    plait__write_close(&writer, '}');
    answer_json(exchange, &writer);
    if (!live && exchange->status == 200) exchange->status = 503;
}

void plait__handle_ready(struct plait__exchange *exchange) {
    const struct plait__server *server = exchange->server;
    const bool ready = atomic_load(&server->ready) && !atomic_load(&server->draining) && !plait__device_is_lost();
    struct plait__writer writer = {.buffer = &exchange->answer};
    plait__write_open(&writer, NULL, '{');
    plait__write_bool(&writer, "ready", ready);
    plait__write_close(&writer, '}');
    answer_json(exchange, &writer);
    if (!ready && exchange->status == 200) exchange->status = 503;
}

/* The edition that the path names; or answers. */
static struct plait__edition *hold(struct plait__exchange *exchange, const struct plait__card **card) {
    char sentence[256];
    struct plait__edition *edition = plait__edition_hold(&exchange->server->repository, exchange->parts[0], exchange->parts[1],
                                                         PLAIT__NO_LOT, card, sentence);
    if (!edition) plait__answer_error(exchange, 404, "%s", sentence);
    return edition;
}

void plait__handle_model(struct plait__exchange *exchange) {
    const struct plait__card *card;
    struct plait__edition *edition = hold(exchange, &card);
    if (!edition) return;
    char versions[1024];
    struct plait__writer writer = {.buffer = &exchange->answer};
    plait__edition_versions(&exchange->server->repository, exchange->parts[0], versions);
    plait__write_open(&writer, NULL, '{');
    plait__write_text(&writer, "name", exchange->parts[0]);
    plait__write_open(&writer, "versions", '[');
    for (const char *version = versions; *version; version += strlen(version) + 1) plait__write_text(&writer, NULL, version);
    plait__write_close(&writer, ']');
    plait__write_text(&writer, "platform", card->platform);
    if (writer.status == PLAIT_OK) writer.status = plait__buffer_append(&exchange->answer, ",", 1);
    if (writer.status == PLAIT_OK) writer.status = plait__buffer_append(&exchange->answer, card->types, strlen(card->types));
    plait__write_close(&writer, '}');
    answer_json(exchange, &writer);
    plait__edition_release(&exchange->server->repository, edition);
}

void plait__handle_model_ready(struct plait__exchange *exchange) {
    const struct plait__card *card;
    struct plait__edition *edition = hold(exchange, &card);
    if (!edition) return;
    struct plait__writer writer = {.buffer = &exchange->answer};
    plait__write_open(&writer, NULL, '{');
    plait__write_text(&writer, "name", exchange->parts[0]);
    plait__write_bool(&writer, "ready", true);
    plait__write_close(&writer, '}');
    answer_json(exchange, &writer);
    plait__edition_release(&exchange->server->repository, edition);
}
