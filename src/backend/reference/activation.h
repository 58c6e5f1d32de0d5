/* Activations by name: for their operators, and inside recurrent ones. */
#ifndef PLAIT_BACKEND_REFERENCE_ACTIVATION_H
#define PLAIT_BACKEND_REFERENCE_ACTIVATION_H

#include "backend/reference/kernel.h"

struct plait__activation {
    const char *name; /* as in ONNX */
    plait__map map;   /* of doubles; may run in place */
    const char *parameter_names[2];
    double defaults[2];
};

/* NULL when there is none of that name. */
const struct plait__activation *plait__activation_find(const char *name, size_t length);

#endif
