#include "cogen.h"

#include <stdio.h>

cogen_error cogen_main(cogen_view args, cogen_bytes *value) {
    const cogen_options patience = {.timeout = cogen_within(500 * COGEN_MILLISECOND)};
    cogen_bytes bell;
    cogen_error error = cogen_wait("bell", &patience, &bell); // parks this coroutine, and nobody else
    if (error == COGEN_TIMED_OUT) puts("nobody rang");
    else if (error) return error;
    cogen_free(&bell);
    printf("hello %s\n", args.length ? args.data : "world");
    *value = cogen_format("hello %s", args.length ? args.data : "world");
    return COGEN_OK;
}
