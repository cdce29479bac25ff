"""What goes wrong in one is read in another one."""

import cogen


def fail(message: str) -> None:
    raise cogen.Failed(message)


def trap(_: str) -> float:
    return 1 / 0


def read(program: str, scenario: str, message: str) -> str:
    try:
        value = cogen.call(program, cogen.from_words(scenario, message))
    except cogen.Ended as ended:
        failure = ended.failure
        return f"{program} ended as {failure.ending.value}: {failure.message}"
    raise cogen.Failed(f"it returned {value!r}")
