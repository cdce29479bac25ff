"""Write coroutines for cogen in Python.

A coroutine is a module `app` with a function `run`. It runs alone in its sandbox and asks the engine for everything else. What cannot be
done at once *parks* it: the call returns when the result is there, and others run in the meantime. There is no `async` and no callback;
the code reads as if it blocked. ::

    import cogen

    def run(args: bytes) -> bytes:
        measuring = cogen.spawn("measure", args)
        readings = 0
        try:
            while True:
                print(cogen.wait("reading", timeout=2.0).decode())
                readings += 1
        except cogen.OperationTimeout:
            measuring.cancel()
        return str(readings).encode()

What `run` returns, bytes, a text or nothing, goes to the caller and to whoever joins. An exception that it does not catch ends the coroutine as
failed: with the message of a `Failed`, or with that of any other behind the name of its class, and its traceback on standard error.

Handles are let go of by `close`, by a `with`, or when nothing refers to them any more. All of Python's own that needs WASI only (printing,
files, random numbers, `time.sleep`, `socket`, `asyncio`) is there, too; `threading` starts no threads.
"""

from . import context, log, net, sandbox
from .clock import now, now_ns, sleep, yield_now
from .coroutines import Coroutine, Info, PendingCall, State, call, current, spawn, start_call
from .errors import (
    Cancelled,
    Denied,
    Ended,
    Ending,
    Error,
    Failed,
    Failure,
    InvalidArgument,
    LimitReached,
    NetworkError,
    NetworkProblem,
    NotFound,
    NotReady,
    OperationTimeout,
    TooLong,
    UnknownProgram,
)
from .net import Connection, Listener, UdpSocket, received
from .options import Deadline, Priority, Timeout
from .payload import from_json, from_words, to_json, words
from .scopes import Scope, ScopeFailed
from .signals import PendingSignal, SignalWait, signal, start_signal, start_wait, wait
from .waiting import Sleep, Wait, select

__all__ = [
    "Cancelled",
    "Connection",
    "Coroutine",
    "Deadline",
    "Denied",
    "Ended",
    "Ending",
    "Error",
    "Failed",
    "Failure",
    "Info",
    "InvalidArgument",
    "LimitReached",
    "Listener",
    "NetworkError",
    "NetworkProblem",
    "NotFound",
    "NotReady",
    "OperationTimeout",
    "PendingCall",
    "PendingSignal",
    "Priority",
    "Scope",
    "ScopeFailed",
    "SignalWait",
    "Sleep",
    "State",
    "Timeout",
    "TooLong",
    "UdpSocket",
    "UnknownProgram",
    "Wait",
    "call",
    "context",
    "current",
    "from_json",
    "from_words",
    "log",
    "net",
    "now",
    "now_ns",
    "received",
    "sandbox",
    "select",
    "signal",
    "sleep",
    "spawn",
    "start_call",
    "start_signal",
    "start_wait",
    "to_json",
    "wait",
    "words",
    "yield_now",
]
