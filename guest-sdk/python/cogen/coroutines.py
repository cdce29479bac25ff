"""Start other coroutines, wait for them, and end them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from wit_world.imports import coroutines, handover, poll

from .errors import Failure, ask, failure_of
from .options import Priority, Timeout, encoded, options, text
from .waiting import Pending, Thing


class State(Enum):
    """Where a coroutine is in its life."""

    CREATED = "created"
    READY = "ready"
    RUNNING = "running"
    PARKED = "parked"
    ENDED = "ended"


@dataclass(frozen=True)
class Info:
    """A coroutine as seen at one moment."""

    id: int
    program: str
    parent: int | None
    state: State


class Coroutine(Thing[coroutines.Coroutine]):
    """A handle of a coroutine. To close it neither ends nor detaches anything: the coroutine runs on."""

    def info(self) -> Info:
        """What the engine knows of it now. Never parks."""
        raw = self.raw.info()
        return Info(raw.id, raw.program, raw.parent, State[raw.state.name])

    def join(self, *, timeout: Timeout = None) -> bytes:
        """Park until it has ended, and return what it returned.

        Raises `Ended` when that was without a value, `OperationTimeout`, `Cancelled`, or `InvalidArgument` when it joins itself."""
        return ask(self.raw.join, options(timeout))

    def outcome(self, *, timeout: Timeout = None) -> bytes | Failure:
        """As `join`, but whatever the coroutine did is returned: what is raised is of the wait alone."""
        outcome = ask(self.raw.outcome, options(timeout))
        return outcome.value if isinstance(outcome, coroutines.Outcome_Returned) else failure_of(outcome.value)

    def share(self) -> Coroutine:
        """Another handle of the same coroutine, for instance to be given to another one."""
        return Coroutine(self.raw.share())

    def cancel(self) -> None:
        """Ask it to end: its present wait, and each later one, raises `Cancelled`. Never parks. One that never waits is not reached:
        see `kill`.

        Raises `Denied` for one that this coroutine has not started, without a grant of `cancel`."""
        ask(self.raw.cancel)

    def kill(self) -> None:
        """End it now, wherever it is, with whatever it has called. Never parks.

        Raises as `cancel`."""
        ask(self.raw.kill)

    def subscribe(self) -> poll.Pollable:
        """As of every `Wait`: ready when it has ended."""
        return self.raw.subscribe()

    def as_thing(self) -> handover.Thing:
        """As of every `Thing`."""
        return handover.Thing_Coroutine(self.taken())


class PendingCall(Pending[coroutines.PendingCall, bytes]):
    """A call under way. To close it kills the callee if it has not ended."""

    def finish(self) -> bytes:
        """What `call` would have returned or raised, once; `NotReady` while the callee runs. Never parks."""
        return ask(self.raw.finish)


def spawn(
    program: str,
    args: bytes | str = b"",
    *,
    things: Iterable[Thing[Any]] = (),
    priority: Priority = Priority.DEFAULT,
) -> Coroutine:
    """Start a coroutine that runs `program` with `args`, and return its handle. What is among `things` is given to it: connections,
    listeners, UDP sockets and coroutines, at most 64, which are closed here in any case.

    Raises `Denied` without a grant of `spawn`, `UnknownProgram`, `LimitReached`, `Cancelled`, or `InvalidArgument` when `args` is longer
    than 16 MiB."""
    given = [thing.as_thing() for thing in things]
    how = options(None, priority)
    if given:
        return Coroutine(ask(handover.spawn, text(program), encoded(args), given, how))
    return Coroutine(ask(coroutines.spawn, text(program), encoded(args), how))


def call(
    program: str, args: bytes | str = b"", *, timeout: Timeout = None, priority: Priority = Priority.DEFAULT
) -> bytes:
    """Run `program` with `args` as a new coroutine before everybody else, park until it has ended, and return what it returned. When this
    coroutine gives up, the callee is killed.

    Raises `Ended` when the callee ended without a value, `Denied` without a grant of `call`, `UnknownProgram`, `LimitReached`,
    `OperationTimeout`, `Cancelled`, or `InvalidArgument` when `args` is longer than 16 MiB."""
    return ask(coroutines.call, text(program), encoded(args), options(timeout, priority))


def start_call(program: str, args: bytes | str = b"") -> PendingCall:
    """Begin a call without parking. Raises as `call`, but for `Ended` and `OperationTimeout`."""
    return PendingCall(ask(coroutines.start_call, text(program), encoded(args)))


def current() -> Coroutine:
    """The handle of this coroutine itself."""
    return Coroutine(coroutines.current())
