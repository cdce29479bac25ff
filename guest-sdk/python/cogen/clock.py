"""The engine's clock, and sleeping. A test may have replaced it by one that jumps."""

from wit_world.imports import time

from .errors import ask
from .options import SECOND, Deadline, moment, nanoseconds


def now() -> float:
    """The present moment in seconds since a point that the engine chose. Never parks, and never goes backwards."""
    return time.now() / SECOND


def now_ns() -> int:
    """As `now`, in nanoseconds."""
    return time.now()


def sleep(seconds: float | Deadline) -> None:
    """Park for at least so many seconds, or until a deadline. A sleep of zero lets everybody run who is ready now; one of `math.inf`
    ends when it is cancelled.

    Raises `Cancelled` only."""
    if isinstance(seconds, Deadline):
        ask(time.sleep_until, moment(seconds.at))
    else:
        ask(time.sleep, nanoseconds(seconds))


def yield_now() -> None:
    """Go to the back of this worker's queue. Alone there, the coroutine continues at once.

    Raises `Cancelled` only."""
    ask(time.yield_now)
