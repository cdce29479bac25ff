"""Tells the operator something."""

import cogen


def log(text: str) -> None:
    cogen.log.info(text)
