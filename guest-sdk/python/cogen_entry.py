"""The entry that the engine knows: it runs the function `run` of the module `app`."""

import contextlib
import io
import sys
import traceback

import wit_world
from componentize_py_types import Err

import app  # type: ignore[import-not-found] # It is the guest's.
import cogen
from cogen.options import readable

# Whoever prints a line wants it to be seen, also when this coroutine waits or is killed after that.
for stream in (sys.stdout, sys.stderr):
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(line_buffering=True)


class WitWorld(wit_world.WitWorld):
    """The world `coroutine`."""

    def run(self, args: bytes) -> bytes:
        """As the WIT says."""
        try:
            value = app.run(args)
            return _bytes(value)
        except (cogen.Failed, cogen.Error) as error:
            raise Err(_message(error)) from None
        except SystemExit as leaving:
            return _left(leaving)
        except BaseException as error:
            # Nobody is left to be told that a stream is closed, and what happened goes to whoever joins in any case.
            with contextlib.suppress(OSError):
                traceback.print_exc()
            message = _message(error)
            name = type(error).__name__
            raise Err(f"{name}: {message}" if message else name) from None
        finally:
            with contextlib.suppress(OSError):
                sys.stdout.flush()


def _bytes(value: object) -> bytes:
    match value:
        case None:
            return b""
        case str():
            return value.encode()
        case bytes() | bytearray() | memoryview():
            return bytes(value)
        case _:
            raise TypeError(f"run returns bytes, a text or nothing, and this is of {type(value).__name__}")


def _message(error: BaseException) -> str:
    """What an exception says. One that fails to say it must not take the way it ended with it."""
    try:
        return readable(error)
    except Exception:
        return "<its text cannot be had>"


def _left(leaving: SystemExit) -> bytes:
    """What `sys.exit` means: nothing and zero that all went well, anything else that it did not."""
    if leaving.code in (None, 0):
        return b""
    raise Err(f"exited with {readable(leaving.code)}") from None
