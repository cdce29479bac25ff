#include "scenarios.h"

#include <stdio.h>

cogen_error calls_foo(const char *const words[], cogen_bytes *value) {
    puts("foo");
    cogen_bytes args = cogen_words("calls-bar", "ham");
    cogen_error error = cogen_call(words[0], cogen_view_of(args), NULL, value);
    cogen_free(&args);
    if (error) return error;
    puts(value->data);
    return COGEN_OK;
}

cogen_error calls_bar(const char *const words[], cogen_bytes *value) {
    puts("bar");
    *value = cogen_format("spam, %s and eggs", words[0]);
    return COGEN_OK;
}
