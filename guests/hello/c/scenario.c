#include "scenarios.h"

#include <stdio.h>

cogen_error hello(const char *const words[], cogen_bytes *value) {
    *value = cogen_format("hello %s", words[0]);
    puts(value->data);
    return COGEN_OK;
}
