#include "plait.h"

#define PLAIT__COUNT(name, text) +1
enum { STATUS_COUNT = 0 PLAIT_STATUS_MAP(PLAIT__COUNT) };

const char *plait_status_name(enum plait_status status) {
#define PLAIT__NAME(name, text) #name,
    static const char *const names[] = {PLAIT_STATUS_MAP(PLAIT__NAME)};
    return (unsigned)status < STATUS_COUNT ? names[status] : "UNKNOWN";
}

const char *plait_status_text(enum plait_status status) {
#define PLAIT__TEXT(name, text) text,
    static const char *const texts[] = {PLAIT_STATUS_MAP(PLAIT__TEXT)};
    return (unsigned)status < STATUS_COUNT ? texts[status] : "an unknown status";
}
