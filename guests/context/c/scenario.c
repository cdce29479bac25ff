/* What one hands down to another one that it calls. */
#include "scenarios.h"

cogen_error context(const char *const words[], cogen_bytes *value) {
    COGEN_TRY(cogen_context_set("colour", cogen_text("red")));
    return cogen_call(words[0], cogen_text("context-read"), NULL, value);
}

cogen_error context_read(const char *const words[], cogen_bytes *value) {
    (void)words;
    cogen_error error = cogen_context_get("colour", value);
    if (error != COGEN_NOT_FOUND) return error;
    *value = cogen_format("none");
    return COGEN_OK;
}
