"""Start others that may do less than their programs are granted, and use less."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from wit_world.imports import sandbox

from .coroutines import Coroutine
from .errors import ask
from .options import LATEST, Priority, Timeout, count, encoded, options, text
from .waiting import Thing

_GRANTS = {
    "connect": sandbox.Grant_Connect,
    "listen": sandbox.Grant_Listen,
    "udp": sandbox.Grant_Udp,
    "udp-bind": sandbox.Grant_UdpBind,
    "resolve": sandbox.Grant_Resolve,
    "directory": sandbox.Grant_Directory,
    "environment": sandbox.Grant_Environment,
    "spawn": sandbox.Grant_Spawn,
    "call": sandbox.Grant_Call,
    "cancel": sandbox.Grant_Cancel,
    "send": sandbox.Grant_Send,
    "wait": sandbox.Grant_Wait,
}


class Grants(Enum):
    """What is left to a coroutine of that which its program is granted, where it is not told one by one."""

    OWN = "own"
    """All of it."""
    WITHIN_MINE = "within-mine"
    """What the one that starts it may do itself."""


Left = Grants | Mapping[str, Iterable[str]]
"""What is left to a coroutine: one of `Grants`, or rules by their keys, as in `{"connect": ["example.org:443"]}`, and nothing else; at
most 64. The keys are those of `[program.NAME.allow]`, with `directory` for one directory's name."""


def _bounds(grants: Left, limits: Mapping[str, int]) -> sandbox.Bounds:
    raw_limits = [sandbox.Limit(text(key), count(most, LATEST)) for key, most in limits.items()]
    return sandbox.Bounds(_raw_grants(grants), raw_limits)


def _raw_grants(grants: Left) -> Any:
    if isinstance(grants, Grants):
        return sandbox.Grants_Own() if grants is Grants.OWN else sandbox.Grants_WithinMine()
    return sandbox.Grants_Only([_grant(key, rule) for key, rules in grants.items() for rule in rules])


def _grant(key: str, rule: str) -> Any:
    if key not in _GRANTS:
        raise ValueError(f"there is no grant {key!r}; they are: {', '.join(_GRANTS)}")
    return _GRANTS[key](text(rule))


def spawn(
    program: str,
    args: bytes | str = b"",
    *,
    grants: Left = Grants.OWN,
    limits: Mapping[str, int] | None = None,
    things: Iterable[Thing[Any]] = (),
    priority: Priority = Priority.DEFAULT,
) -> Coroutine:
    """As `cogen.spawn`, within bounds: `limits` are those of `[program.NAME.limits]`, in bytes, nanoseconds or numbers.

    Raises as that, `InvalidArgument` for a grant or a limit that is none, and `LimitReached` when grants have been narrowed 16 times
    above one another."""
    bounds = _bounds(grants, limits or {})
    given = [thing.as_thing() for thing in things]
    return Coroutine(ask(sandbox.spawn, text(program), encoded(args), given, bounds, options(None, priority)))


def call(
    program: str,
    args: bytes | str = b"",
    *,
    grants: Left = Grants.OWN,
    limits: Mapping[str, int] | None = None,
    timeout: Timeout = None,
    priority: Priority = Priority.DEFAULT,
) -> bytes:
    """As `cogen.call`, within bounds. Raises as that and `spawn`."""
    bounds = _bounds(grants, limits or {})
    return ask(sandbox.call, text(program), encoded(args), bounds, options(timeout, priority))
