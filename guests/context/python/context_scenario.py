"""What one hands down to another one that it calls."""

import cogen


def hand_down(program: str) -> bytes:
    cogen.context.set("colour", "red")
    return cogen.call(program, "context-read")


def read() -> bytes | str:
    try:
        return cogen.context.get("colour")
    except cogen.NotFound:
        return "none"
