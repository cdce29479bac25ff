"""Lets others run, as often as it is told."""

import cogen


def yields(count: str) -> None:
    for _ in range(int(count)):
        cogen.yield_now()
