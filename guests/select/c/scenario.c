/* Waits for whichever of two things comes first. */
#include "scenarios.h"

#include <stdio.h>

static cogen_error first_of(cogen_signal_wait wait, cogen_duration patience, cogen_bytes *value) {
    const cogen_event events[] = {cogen_on_wait(wait), cogen_on_deadline(cogen_after(cogen_now(), patience))};
    size_t first;
    COGEN_TRY(cogen_select(events, 2, &first));
    if (first == 1) {
        *value = cogen_format("time");
        return COGEN_OK;
    }
    cogen_bytes signal;
    COGEN_TRY(cogen_finish_wait(wait, &signal));
    *value = cogen_format("signal %s", signal.data);
    cogen_free(&signal);
    return COGEN_OK;
}

cogen_error select_first(const char *const words[], cogen_bytes *value) {
    uint32_t seconds;
    COGEN_TRY(number(words[0], &seconds));
    cogen_signal_wait wait;
    COGEN_TRY(cogen_start_wait("go", &wait));
    cogen_error error = first_of(wait, seconds * COGEN_SECOND, value);
    cogen_signal_wait_drop(&wait);
    return error;
}
