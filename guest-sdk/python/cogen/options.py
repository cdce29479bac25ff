"""How long to wait, and who runs first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from operator import index

from wit_world.imports import types

SECOND = 1_000_000_000

LATEST = 2**64 - 1
"""The end of the clock, in nanoseconds."""


@dataclass(frozen=True)
class Deadline:
    """A moment to wait until, in seconds of `cogen.now`. One that has passed means to try once."""

    at: float


Timeout = float | Deadline | None
"""How long an operation may wait: so many seconds, where zero means to try once; until a deadline; for ever with `math.inf`; or with
`None` as long as the program's default says, else the engine's, and without either for ever."""


class Priority(Enum):
    """Who goes first when an operation makes several coroutines able to run; only promised between coroutines of one worker."""

    DEFAULT = "default"
    """The program's default, else the engine's, which is `LAST` unless it is configured."""
    LAST = "last"
    """Everybody goes to the back of the queue: the woken first, then the one that asked."""
    OPERATION = "operation"
    """The woken go to the front of the queue, the one that asked to the back."""
    COROUTINE = "coroutine"
    """The one that asked goes on first; the woken go to the back."""
    FIRST = "first"
    """The one that asked goes on first, then the woken, before everybody else."""


def nanoseconds(seconds: float) -> int:
    """A length of time as the engine counts it, rounded up: nobody waits for less than they asked for."""
    if not seconds >= 0:
        raise ValueError(f"a time is no less than zero, and this is {seconds}")
    return min(math.ceil(seconds * SECOND), LATEST) if math.isfinite(seconds) else LATEST


def moment(seconds: float) -> int:
    """A moment as the engine counts it. The clock begins at zero, and what is before that has passed, too."""
    return nanoseconds(0 if seconds < 0 else seconds)


def raw_timeout(timeout: Timeout) -> types.Timeout:
    """A timeout as the engine takes it."""
    match timeout:
        case None:
            return types.Timeout_Default()
        case Deadline(at):
            return types.Timeout_By(moment(at))
        case seconds if seconds == math.inf:
            return types.Timeout_Never()
        case seconds:
            return types.Timeout_Within(nanoseconds(seconds))


def options(timeout: Timeout, priority: Priority = Priority.DEFAULT) -> types.Options:
    """Options as the engine takes them."""
    return types.Options(raw_timeout(timeout), types.Priority[priority.name])


def encoded(value: bytes | str) -> bytes:
    """What is handed over as bytes: texts are UTF-8. A number is refused, of which `bytes` would make so many zeros.

    Raises `TypeError` for what is neither, and `ValueError` for a text that UTF-8 cannot say."""
    match value:
        case bytes():
            return value
        case str():
            return value.encode()
        case _:
            return bytes(memoryview(value))


def text(value: str) -> str:
    """A text that the engine can take. What it cannot take would end the coroutine in the bindings, where nobody can catch it.

    Raises `TypeError` for what is no text, and `ValueError` for one that UTF-8 cannot say."""
    if not isinstance(value, str):
        raise TypeError(f"a text is wanted here, and this is of {type(value).__name__}")
    value.encode()
    return value


def readable(value: object) -> str:
    """What something says, for somebody to read: what UTF-8 cannot say is escaped."""
    return str(value).encode(errors="backslashreplace").decode()


def count(number: int, most: int = 2**32 - 1) -> int:
    """A number that the engine can take; see `text`.

    Raises `TypeError` for what is no integer, and `ValueError` for one that is less than zero or more than `most`."""
    number = index(number)
    if not 0 <= number <= most:
        raise ValueError(f"a number from 0 to {most} is wanted here, and this is {number}")
    return number
