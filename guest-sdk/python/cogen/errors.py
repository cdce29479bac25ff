"""What can go wrong, as exceptions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import ParamSpec, TypeVar

from componentize_py_types import Err
from wit_world.imports import types

P = ParamSpec("P")
R = TypeVar("R")


class Error(Exception):
    """Why an operation did not succeed. All that the engine says no with is one of the classes below."""


class OperationTimeout(Error):
    """The time given was up. What the operation had registered is undone: it takes nothing away from anybody else."""


class Cancelled(Error):
    """This coroutine has been cancelled. From now on each of its waits raises this: clean up, and let it pass."""


class UnknownProgram(Error):
    """No program of that name may be run from here."""


class InvalidArgument(Error):
    """An argument makes no sense; the text says which, and what is allowed."""


class LimitReached(Error):
    """A bound of the engine was met; the text names it, its number, and where to change it."""


class NotReady(Error):
    """There is no result to be had yet: wait first."""


class NotFound(Error):
    """Nothing is kept under that name."""


class Denied(Error):
    """The program was not granted this; the text says what is missing, and where to grant it."""


class TooLong(Error):
    """A line is longer than was allowed. What was read of it is kept, and can be read."""


class NetworkProblem(Enum):
    """What sort of thing a network, or the machine's part of it, has said no with."""

    REFUSED = "refused"
    RESET = "reset"
    CLOSED = "closed"
    UNREACHABLE = "unreachable"
    ADDRESS_IN_USE = "address-in-use"
    ADDRESS_UNAVAILABLE = "address-unavailable"
    NAME_UNKNOWN = "name-unknown"
    DENIED = "denied"
    OTHER = "other"


class NetworkError(Error):
    """The network, or the machine's part of it, said no."""

    def __init__(self, problem: NetworkProblem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


class Ending(Enum):
    """The way a coroutine ended without a value."""

    FAILED = "failed"
    TRAPPED = "trapped"
    EXCEEDED = "exceeded"
    CANCELLED = "cancelled"
    KILLED = "killed"


_IN_WORDS = {
    Ending.FAILED: "failed",
    Ending.TRAPPED: "trapped",
    Ending.EXCEEDED: "exceeded a limit",
    Ending.CANCELLED: "was cancelled",
    Ending.KILLED: "was killed",
}


@dataclass(frozen=True)
class Failure:
    """How another coroutine ended, as told to one that called or joined it."""

    id: int
    program: str
    ending: Ending
    message: str
    """Its own message; of a chain of calls, the deepest one with the programs on the way before it."""
    backtrace: str
    """Where it trapped, innermost frame first, a line each; empty if it did not trap."""

    def __str__(self) -> str:
        told = f"`{self.program}` {_IN_WORDS[self.ending]}"
        if self.message:
            told += f": {self.message}"
        # A caller that lets the error pass says with it where it came from.
        return "\n".join([told, *self.backtrace.splitlines()])


class Ended(Error):
    """The other coroutine ended without a value; `failure` says how."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Failed(Exception):
    """Raise it to end this coroutine as failed with just this message. Any other exception that is not caught ends it so, too, with
    the name of its class in front of the message, and its traceback on standard error."""


def failure_of(raw: types.Failure) -> Failure:
    """A failure as the engine tells it."""
    return Failure(raw.id, raw.program, Ending[raw.ending.name], raw.message, raw.backtrace)


def error_of(raw: types.Error) -> Error:
    """The exception for what the engine said no with, in the words of every SDK: it may become a failure that is read in another
    language."""
    match raw:
        case types.Error_TimedOut():
            return OperationTimeout("timed out")
        case types.Error_Cancelled():
            return Cancelled("cancelled")
        case types.Error_Ended(failure):
            return Ended(failure_of(failure))
        case types.Error_UnknownProgram(name):
            return UnknownProgram(f"there is no program `{name}`")
        case types.Error_InvalidArgument(text):
            return InvalidArgument(f"invalid argument: {text}")
        case types.Error_LimitReached(text):
            return LimitReached(f"limit reached: {text}")
        case types.Error_NotReady():
            return NotReady("not ready")
        case types.Error_NotFound():
            return NotFound("not found")
        case types.Error_Network(failure):
            return NetworkError(NetworkProblem[failure.problem.name], failure.message)
        case types.Error_Denied(text):
            return Denied(f"denied: {text}")
        case types.Error_TooLong():
            return TooLong("the line is too long")
        case types.Error_Other(text):
            return Error(text)
        case _:
            return Error(str(raw))


def ask(operation: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Asks the engine for something, and raises what it says no with."""
    try:
        return operation(*arguments, **named)
    except Err as refused:
        raise error_of(refused.value) from None
