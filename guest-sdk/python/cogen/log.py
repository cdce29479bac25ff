"""Messages to the operator, of 64 KiB at most: longer ones are cut there. Nothing here parks."""

from wit_world.imports import log as _log

from .options import readable as _readable


def trace(message: str) -> None:
    """Tell what only somebody wants to know who looks for a fault."""
    _log.log(_log.Level.TRACE, _readable(message))


def debug(message: str) -> None:
    """Tell what helps to understand."""
    _log.log(_log.Level.DEBUG, _readable(message))


def info(message: str) -> None:
    """Tell what goes on."""
    _log.log(_log.Level.INFO, _readable(message))


def warn(message: str) -> None:
    """Tell what may become a problem."""
    _log.log(_log.Level.WARN, _readable(message))


def error(message: str) -> None:
    """Tell what has gone wrong."""
    _log.log(_log.Level.ERROR, _readable(message))
