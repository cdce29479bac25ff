/* Every scenario in C. `guests/README.md` says what each of them does. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "cogen.h"

/* What a scenario does with its words, of which there are as many as it takes. */
typedef cogen_error scenario(const char *const words[], cogen_bytes *value);

scenario hello, calls_foo, calls_bar, signals_foo, signals_bar, fail, trap, failure_read, fan_out, square, select_first, cancel,
    sleep_long, context, context_read, echo, fetch, payload, payload_read, log_text, yields, surface, accept_one;

/* A word that is a number of at most 32 bits. */
COGEN_CHECKED cogen_error number(const char *word, uint32_t *number);

#endif
