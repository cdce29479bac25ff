#include "scenarios.h"

cogen_error log_text(const char *const words[], cogen_bytes *value) {
    (void)value;
    cogen_log(COGEN_INFO, "%s", words[0]);
    return COGEN_OK;
}
