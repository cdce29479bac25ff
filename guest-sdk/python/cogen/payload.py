"""What coroutines hand one another, as values: JSON, which every language reads."""

import json
from typing import Any


def to_json(value: Any) -> bytes:
    """A value as JSON in UTF-8: dictionaries with texts as keys, lists, texts, numbers, truth values and `None`.

    Raises `TypeError` or `ValueError` for what JSON cannot say, such as bytes and infinity."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()


def from_json(data: bytes | str) -> Any:
    """The value that is written in `data`.

    Raises `ValueError`, with the place, for what is no JSON in UTF-8."""
    return json.loads(data)


def words(args: bytes) -> list[str]:
    """Arguments as `cogen run` and manifests give them: texts with a NUL between two, and one more at the end if the last is empty.

    Raises `ValueError` for what is no UTF-8."""
    if not args:
        return []
    return args.decode().removesuffix("\0").split("\0")


def from_words(*texts: str) -> bytes:
    """The arguments that `words` reads as these texts.

    Raises `ValueError` for a text with a NUL."""
    if any("\0" in text for text in texts):
        raise ValueError("a NUL stands between two arguments, and in none of them")
    end = "\0" if texts and not texts[-1] else ""
    return ("\0".join(texts) + end).encode()
