"""The first of two things that may happen."""

import cogen


def first(seconds: str) -> str:
    with cogen.start_wait("go") as go:
        if cogen.select(go, cogen.Sleep(float(seconds))) == 0:
            return f"signal {go.finish().decode()}"
    return "time"
