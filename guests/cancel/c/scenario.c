/* One loses patience with another one. */
#include "scenarios.h"

#include <stdio.h>

static cogen_error lose_patience(cogen_coroutine sleeper, cogen_bytes *value) {
    cogen_error error = cogen_join(sleeper, &(cogen_options){.timeout = cogen_within(COGEN_SECOND)}, value);
    if (!error) return cogen_fail("it did not sleep");
    if (error != COGEN_TIMED_OUT) return error;
    puts("timed out");
    COGEN_TRY(cogen_cancel(sleeper));
    error = cogen_join(sleeper, NULL, value);
    if (!error) return cogen_fail("it was not cancelled");
    if (error != COGEN_ENDED) return error;
    *value = cogen_format("%s", cogen_ending_name(cogen_last_failure()->ending));
    puts(value->data);
    return COGEN_OK;
}

cogen_error cancel(const char *const words[], cogen_bytes *value) {
    cogen_coroutine sleeper;
    COGEN_TRY(cogen_spawn(words[0], cogen_text("sleep-long"), NULL, &sleeper));
    cogen_error error = lose_patience(sleeper, value);
    cogen_coroutine_drop(&sleeper);
    return error;
}

cogen_error sleep_long(const char *const words[], cogen_bytes *value) {
    (void)words, (void)value;
    cogen_error error = cogen_sleep(3600 * COGEN_SECOND);
    if (error == COGEN_CANCELLED) puts("cleaning up");
    return error;
}
