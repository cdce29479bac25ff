/* Lets others run, as often as it is told. */
#include "scenarios.h"

cogen_error yields(const char *const words[], cogen_bytes *value) {
    (void)value;
    uint32_t count;
    COGEN_TRY(number(words[0], &count));
    for (uint32_t i = 0; i < count; i++) COGEN_TRY(cogen_yield_now());
    return COGEN_OK;
}
