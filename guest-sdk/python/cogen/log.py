"""Messages to the operator, of 64 KiB at most: longer ones are cut there. Nothing here parks."""

from wit_world.imports import log as _log


def trace(message: str) -> None:
    """Tell what only somebody wants to know who looks for a fault."""
    _log.log(_log.Level.TRACE, message)


def debug(message: str) -> None:
    """Tell what helps to understand."""
    _log.log(_log.Level.DEBUG, message)


def info(message: str) -> None:
    """Tell what goes on."""
    _log.log(_log.Level.INFO, message)


def warn(message: str) -> None:
    """Tell what may become a problem."""
    _log.log(_log.Level.WARN, message)


def error(message: str) -> None:
    """Tell what has gone wrong."""
    _log.log(_log.Level.ERROR, message)
