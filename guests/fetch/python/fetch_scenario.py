"""Fetches a page by HTTP."""

import sys

import cogen


def fetch(address: str, path: str) -> str:
    page = bytearray()
    with cogen.net.connect(address) as connection:
        connection.write_all(f"GET {path} HTTP/1.0\r\n\r\n")
        while part := connection.read():
            page += part
    sys.stdout.write(page.decode())
    return str(len(page))
