"""The entry that the engine knows: it runs the function `run` of the module `app`."""

import io
import sys
import traceback

import wit_world
from componentize_py_types import Err

import app  # type: ignore[import-not-found] # It is the guest's.
import cogen

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
            raise Err(str(error)) from None
        except SystemExit as leaving:
            return _left(leaving)
        except BaseException as error:
            traceback.print_exc()
            message = str(error)
            name = type(error).__name__
            raise Err(f"{name}: {message}" if message else name) from None
        finally:
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


def _left(leaving: SystemExit) -> bytes:
    """What `sys.exit` means: nothing and zero that all went well, anything else that it did not."""
    if leaving.code in (None, 0):
        return b""
    raise Err(f"exited with {leaving.code}") from None
