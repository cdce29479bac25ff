"""Sends back each line of the connection that it is given."""

import cogen


def echo() -> None:
    (connection,) = cogen.received()
    with connection:
        for line in connection:
            connection.write_all(line)
