#include "base/symbols.h"

#include <dlfcn.h>

const char *plait__symbols_open(const char *library, const struct plait__symbol *symbols, size_t count) {
    void *opened = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!opened) return dlerror();
    for (size_t i = 0; i < count; i++)
        if (!(*symbols[i].pointer = dlsym(opened, symbols[i].name))) return dlerror();
    return NULL;
}
