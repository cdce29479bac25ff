"""One loses patience with another one."""

import cogen

HOUR = 3600


def cancel(program: str) -> str:
    sleeper = cogen.spawn(program, "sleep-long")
    try:
        sleeper.join(timeout=1)
    except cogen.OperationTimeout:
        print("timed out")
    sleeper.cancel()
    match sleeper.outcome():
        case cogen.Failure(ending=ending):
            print(ending.value)
            return ending.value
        case value:
            raise cogen.Failed(f"it returned {value!r}")


def sleep_long() -> None:
    try:
        cogen.sleep(HOUR)
    except cogen.Cancelled:
        print("cleaning up")
        raise
