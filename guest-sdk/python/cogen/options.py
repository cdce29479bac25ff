"""How long to wait, and who runs first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

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


def raw_timeout(timeout: Timeout) -> types.Timeout:
    """A timeout as the engine takes it."""
    match timeout:
        case None:
            return types.Timeout_Default()
        case Deadline(at):
            return types.Timeout_By(nanoseconds(at))
        case seconds if seconds == math.inf:
            return types.Timeout_Never()
        case seconds:
            return types.Timeout_Within(nanoseconds(seconds))


def options(timeout: Timeout, priority: Priority = Priority.DEFAULT) -> types.Options:
    """Options as the engine takes them."""
    return types.Options(raw_timeout(timeout), types.Priority[priority.name])


def encoded(value: bytes | str) -> bytes:
    """What is handed over as bytes: texts are UTF-8."""
    return value.encode() if isinstance(value, str) else bytes(value)
