"""Named values that a coroutine hands down: whoever it spawns or calls begins with a copy. At most 64 of them, and 64 KiB in all."""

from wit_world.imports import context

from .errors import ask
from .options import encoded, text


def get(name: str) -> bytes:
    """The value under `name`. Raises `NotFound`."""
    return ask(context.get, text(name))


def set(name: str, value: bytes | str) -> None:
    """Set the value under `name`. Raises `InvalidArgument` or `LimitReached`."""
    ask(context.set, text(name), encoded(value))


def remove(name: str) -> None:
    """Forget the value under `name`; that it was not there is no error."""
    context.remove(text(name))


def names() -> list[str]:
    """The names that are set, in order."""
    return context.names()
