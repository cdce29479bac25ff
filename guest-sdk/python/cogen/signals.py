"""Named signals that carry a value from one coroutine to all that wait for the name now."""

from __future__ import annotations

from wit_world.imports import signals

from .errors import ask
from .options import Priority, Timeout, count, encoded, options, text
from .waiting import Pending


class SignalWait(Pending[signals.SignalWait, bytes]):
    """A place in the row of those who wait for a signal, kept until it is closed. It takes one signal."""

    def finish(self) -> bytes:
        """The value, once; `NotReady` until the signal has come. Never parks."""
        return ask(self.raw.finish)


class PendingSignal(Pending[signals.PendingSignal, int]):
    """A signal that waits for its recipients. To close it takes the signal back if it was not yet given."""

    def finish(self) -> int:
        """How many were woken; `NotReady` until the signal has been given. Never parks."""
        return ask(self.raw.finish)


def signal(
    name: str,
    value: bytes | str = b"",
    *,
    recipients: int = 0,
    timeout: Timeout = None,
    priority: Priority = Priority.DEFAULT,
) -> int:
    """Wake all that wait for `name` now with `value`, and return how many they were. With `recipients`, park first until so many wait:
    a signal for which nobody waits is gone.

    Raises `OperationTimeout` (the recipients did not come), `Cancelled`, `Denied` without a grant of `send`, `LimitReached`, or
    `InvalidArgument`: a name has 1 to 256 bytes, a value at most 1 MiB."""
    return ask(signals.signal, text(name), encoded(value), count(recipients), options(timeout, priority))


def start_signal(
    name: str, value: bytes | str = b"", *, recipients: int, priority: Priority = Priority.DEFAULT
) -> PendingSignal:
    """Begin a signal with recipients without waiting for them. Raises as `signal`, but for `OperationTimeout`."""
    return PendingSignal(
        ask(signals.start_signal, text(name), encoded(value), count(recipients), options(None, priority))
    )


def wait(name: str, *, timeout: Timeout = None) -> bytes:
    """Park until somebody signals `name`, and return the value.

    Raises `OperationTimeout`, `Cancelled`, `Denied` without a grant of `wait`, or `InvalidArgument`."""
    return ask(signals.wait_for_signal, text(name), options(timeout))


def start_wait(name: str) -> SignalWait:
    """Begin to wait for `name` without parking: from now on this coroutine counts as one that waits."""
    return SignalWait(ask(signals.start_wait, text(name)))
