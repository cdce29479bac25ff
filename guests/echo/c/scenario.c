/* Sends back each line of the connection that it is given. */
#include "scenarios.h"

#define LONGEST_LINE 8192

static cogen_error send_back(cogen_connection connection) {
    for (;;) {
        cogen_bytes line;
        COGEN_TRY(cogen_read_line(connection, LONGEST_LINE, NULL, &line));
        if (!line.length) return COGEN_OK;
        cogen_error error = cogen_write_all(connection, cogen_view_of(line), NULL);
        cogen_free(&line);
        if (error) return error;
    }
}

cogen_error echo(const char *const words[], cogen_bytes *value) {
    (void)words, (void)value;
    cogen_connection connection;
    COGEN_TRY(cogen_take_connection(&connection));
    cogen_error error = send_back(connection);
    cogen_connection_drop(&connection);
    return error;
}
