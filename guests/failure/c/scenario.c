/* What goes wrong in one is read in another one. */
#include "scenarios.h"

#include <stdlib.h>

cogen_error fail(const char *const words[], cogen_bytes *value) {
    (void)value;
    return cogen_fail("%s", words[0]);
}

cogen_error trap(const char *const words[], cogen_bytes *value) {
    (void)words, (void)value;
    abort();
}

cogen_error failure_read(const char *const words[], cogen_bytes *value) {
    const char *program = words[0];
    cogen_bytes args = cogen_join_words(words + 1, 2);
    cogen_error error = cogen_call(program, cogen_view_of(args), NULL, value);
    cogen_free(&args);
    if (!error) return cogen_fail("it returned %s", value->data);
    if (error != COGEN_ENDED) return error;
    const cogen_failure *failure = cogen_last_failure();
    *value = cogen_format("%s ended as %s: %s", program, cogen_ending_name(failure->ending), failure->message);
    return COGEN_OK;
}
