#include "scenarios.h"

#include <stdio.h>

cogen_error signals_foo(const char *const words[], cogen_bytes *value) {
    (void)words, (void)value;
    const char *const stuff[] = {"spam", "ham", "eggs"};
    for (size_t i = 0; i < 3; i++) COGEN_TRY(cogen_signal("bar", cogen_text(stuff[i]), 1, NULL, NULL));
    return cogen_sleep(3 * COGEN_SECOND);
}

/* Waits for a signal and prints it. */
static cogen_error print_next(const cogen_options *options) {
    cogen_bytes stuff;
    COGEN_TRY(cogen_wait("bar", options, &stuff));
    puts(stuff.data);
    cogen_free(&stuff);
    return COGEN_OK;
}

cogen_error signals_bar(const char *const words[], cogen_bytes *value) {
    (void)words, (void)value;
    for (int i = 0; i < 3; i++) COGEN_TRY(print_next(NULL));
    cogen_error error = print_next(&(cogen_options){.timeout = cogen_within(2 * COGEN_SECOND)});
    if (error != COGEN_TIMED_OUT) return error;
    puts("No more stuff!");
    return COGEN_OK;
}
