/* Asks for a page, and prints it. */
#include "scenarios.h"

#include <stdio.h>

#define MOST_AT_ONCE 65536

static cogen_error print_all(cogen_connection connection, size_t *total) {
    for (;;) {
        cogen_bytes part;
        COGEN_TRY(cogen_read(connection, MOST_AT_ONCE, NULL, &part));
        if (!part.length) return COGEN_OK;
        *total += part.length;
        size_t printed = fwrite(part.data, 1, part.length, stdout);
        bool all = printed == part.length;
        cogen_free(&part);
        if (!all) return cogen_fail("cannot print what has come");
    }
}

static cogen_error ask(cogen_connection connection, const char *path, size_t *total) {
    cogen_bytes request = cogen_format("GET %s HTTP/1.0\r\n\r\n", path);
    cogen_error error = cogen_write_all(connection, cogen_view_of(request), NULL);
    cogen_free(&request);
    return error ? error : print_all(connection, total);
}

cogen_error fetch(const char *const words[], cogen_bytes *value) {
    cogen_connection connection;
    COGEN_TRY(cogen_tcp_connect(words[0], NULL, NULL, &connection));
    size_t total = 0;
    cogen_error error = ask(connection, words[1], &total);
    cogen_connection_drop(&connection);
    if (!error) *value = cogen_format("%zu", total);
    return error;
}
