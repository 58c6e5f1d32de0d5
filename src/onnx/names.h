/* Names in one scope of a model, and the values they stand for. */
#ifndef PLAIT_ONNX_NAMES_H
#define PLAIT_ONNX_NAMES_H

#include "onnx/wire.h"

struct plait__name {
    const char *text;
    int value;
};

struct plait__names {
    struct plait__arena *arena;
    int count, capacity; /* capacity: a power of two, at least twice the count */
    struct plait__name *table;
};

int plait__names_find(const struct plait__names *names, const char *text); /* -1: not there */
/* The name is not there yet and must live as long as the table. */
enum plait_status plait__names_add(struct plait__names *names, const char *text, int value);

#endif
