"""Start coroutines that end together."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any

from wit_world.imports import poll, scopes

from .coroutines import Coroutine
from .errors import Error, Failure, ask, failure_of
from .options import Priority, Timeout, encoded, options, text
from .waiting import Handle, Thing


class ScopeFailed(Error):
    """Children of a scope ended without a value: `failures` are the first 100 of them in the order of their ends, and there were `more`
    beyond them. Those that were cancelled with the scope, and gave up, are not among them."""

    def __init__(self, failures: list[Failure], more: int) -> None:
        rest = f", and {more} more" if more else ""
        super().__init__("; ".join(map(str, failures)) + rest)
        self.failures = failures
        self.more = more


class Scope(Handle[scopes.Scope]):
    """Coroutines that end together: the first child that ends without a value cancels the others. No child outlives it.

    A `with` of it joins at its end; if its body raises, the children are cancelled and waited for first::

        with cogen.Scope() as scope:
            for page in pages:
                scope.spawn("fetch", page)
    """

    def __init__(self) -> None:
        super().__init__(scopes.Scope())

    def spawn(
        self,
        program: str,
        args: bytes | str = b"",
        *,
        things: Iterable[Thing[Any]] = (),
        priority: Priority = Priority.DEFAULT,
    ) -> Coroutine:
        """As `cogen.spawn`, with the new coroutine as a child of this scope.

        Raises as that, and in a scope that has been cancelled `Ended` with the first failure, or `InvalidArgument` without one."""
        given = [thing.as_thing() for thing in things]
        return Coroutine(ask(self.raw.spawn, text(program), encoded(args), given, options(None, priority)))

    def join(self, *, timeout: Timeout = None) -> None:
        """Park until all children have ended.

        Raises `ScopeFailed` when some did without a value, `OperationTimeout`, or `Cancelled`: then the children were cancelled, too, and
        given the time to end."""
        raw = ask(self.raw.join, options(timeout))
        if raw.first:
            raise ScopeFailed([failure_of(failure) for failure in raw.first], raw.more)

    def cancel(self) -> None:
        """Cancel all children. Never parks."""
        self.raw.cancel()

    def subscribe(self) -> poll.Pollable:
        """As of every `Wait`: ready when all children have ended."""
        return self.raw.subscribe()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.join()
            else:
                self._wind_up()
        finally:
            self.close()

    def _wind_up(self) -> None:
        """Ends the children of a scope whose body has gone wrong, of which that is told and not what they make of it."""
        self.cancel()
        try:
            self.join()
        except Error:
            pass
