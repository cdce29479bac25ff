"""Waiting for the first of several things."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from wit_world.imports import handover, poll, time

from .options import LATEST, Deadline, moment, nanoseconds

R = TypeVar("R")


class Wait(Protocol):
    """Something that `select` can wait for."""

    def subscribe(self) -> poll.Pollable:
        """A pollable that becomes ready when the wait is over, and stays so. `select` drops it before it returns."""


class Sleep:
    """A time that passes: so many seconds from now, or until a deadline."""

    def __init__(self, seconds: float | Deadline) -> None:
        if isinstance(seconds, Deadline):
            self._at = moment(seconds.at)
        else:
            self._at = min(time.now() + nanoseconds(seconds), LATEST)

    def subscribe(self) -> poll.Pollable:
        """As of every `Wait`."""
        return time.subscribe_sleep_until(self._at)


def select(*waits: Wait) -> int:
    """Park until one of `waits` is over, and return its position; of several, the first.

    Raises `ValueError` without any: that wait could never end."""
    if not waits:
        raise ValueError("select needs at least one thing to wait for")
    pollables: list[poll.Pollable] = []
    try:
        for wait in waits:
            pollables.append(wait.subscribe())
        return min(poll.poll(pollables))
    finally:
        for pollable in pollables:
            pollable.__exit__(None, None, None)


class Handle(Generic[R]):
    """Something of the engine's that this coroutine holds. It is let go of by `close`, at the end of a `with`, or when nothing refers to
    it any more."""

    def __init__(self, raw: R) -> None:
        self._raw: Any = raw

    def close(self) -> None:
        """Let go of it. To do so twice is no error."""
        raw, self._raw = self._raw, None
        if raw is not None:
            raw.__exit__(None, None, None)

    def taken(self) -> R:
        """What the engine knows it by, which this coroutine gives away: it is closed from then on."""
        raw = self.raw
        self._raw = None
        return raw

    @property
    def raw(self) -> R:
        """What the engine knows it by.

        Raises `ValueError` when it is closed or given away."""
        if self._raw is None:
            raise ValueError(f"this {type(self).__name__} is closed")
        raw: R = self._raw
        return raw

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Thing(Handle[R]):
    """A handle that can be given to a new coroutine; see `spawn`."""

    def as_thing(self) -> handover.Thing:
        """As the engine takes it: it is closed here from then on."""
        raise NotImplementedError


S = TypeVar("S", bound=Wait)
T = TypeVar("T")


class Pending(Handle[S], Generic[S, T]):
    """Something that was begun without waiting for it."""

    def finish(self) -> T:
        """What came of it, once; `NotReady` before that is known. Never parks."""
        raise NotImplementedError

    def wait(self) -> T:
        """Park until that is known, and `finish`."""
        with self.subscribe() as pollable:
            pollable.block()
        return self.finish()

    def subscribe(self) -> poll.Pollable:
        """As of every `Wait`: ready when that is known."""
        return self.raw.subscribe()
