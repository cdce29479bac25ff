"""Talks with one player: takes lines apart, has others score, add up and render, and sends back what came of it.

An answer ends with an empty line."""

import unicodedata
from typing import Any

import cogen

GREETING = "Type your name and a word, as in `ann quartz`, or `leaders` to see who leads."

LONGEST_LINE = 200
"""In bytes, with its end."""

LONGEST_NAME = 12
"""In letters."""

IDLE = 600.0
"""How many seconds a player may think, or take to read an answer."""

PATIENCE = 5.0
"""How many seconds the totals may take to listen, and to answer."""


class Refused(Exception):
    """What a player is told instead of an answer. The game goes on."""


class Farewell(Exception):
    """The last thing that a player is told."""


def run(_: bytes) -> None:
    (connection,) = cogen.received()
    with connection:
        connection.set_timeout(IDLE)
        try:
            play(connection)
        except (cogen.NetworkError, cogen.OperationTimeout):
            pass  # A player who goes without a word is no failure of this server.


def play(connection: cogen.Connection) -> None:
    tell(connection, GREETING)
    try:
        while line := read_line(connection):
            tell(connection, answer(line))
    except Farewell as last_words:
        tell(connection, str(last_words))


def tell(connection: cogen.Connection, text: str) -> None:
    connection.write_all(f"{text}\n\n")


def read_line(connection: cogen.Connection) -> bytes:
    try:
        return connection.read_line(LONGEST_LINE)
    except cogen.TooLong:
        raise Farewell("That line is too long. Good bye.") from None


def answer(line: bytes) -> str:
    try:
        match words_of(line):
            case ["leaders"]:
                return render(add_up({}))
            case [name, word]:
                move = {"player": player_of(name), "word": word, "points": score(word)}
                return render(move | add_up(move))
            case _:
                raise Refused(GREETING)
    except Refused as why:
        return str(why)


def words_of(line: bytes) -> list[str]:
    try:
        return unicodedata.normalize("NFC", line.decode()).lower().split()
    except UnicodeDecodeError:
        raise Refused("That is no text in UTF-8.") from None


def player_of(name: str) -> str:
    # Letters only: what else a name might have in it, such as control characters, goes to the terminals of others.
    if name.isalpha() and len(name) <= LONGEST_NAME:
        return name
    raise Refused(f"A name has letters only, {LONGEST_NAME} at most.")


def score(word: str) -> int:
    """What the word is worth: `score`, in C, takes it as it is and answers a number, or fails with what is wrong with it."""
    try:
        points: int = cogen.from_json(cogen.call("score", word))
        return points
    except cogen.Ended as ended:
        if ended.failure.ending is not cogen.Ending.FAILED:
            raise
        raise Refused(ended.failure.message) from None


def add_up(move: dict[str, Any]) -> dict[str, Any]:
    """Tells `totals`, in Go, a move, or only asks without one; returns the leaders. How they talk is written down there."""
    number = cogen.current().info().id
    try:
        # To wait before it asks lets the answer find somebody who waits, so that `totals` need not.
        with cogen.start_wait(f"totals {number}") as reply:
            cogen.signal("totals", cogen.to_json(move | {"from": number}), recipients=1, timeout=PATIENCE)
            cogen.select(reply, cogen.Sleep(PATIENCE))
            totals: dict[str, Any] = cogen.from_json(reply.finish())
    except (cogen.OperationTimeout, cogen.NotReady):
        # An answer that comes late after all must not be taken for that to the next question.
        raise Farewell("The totals do not answer. Come again later.") from None
    if "refused" in totals:
        raise Refused(totals["refused"])
    return totals


def render(result: dict[str, Any]) -> str:
    """The text for a player: by `render`, in JavaScript."""
    return cogen.call("render", cogen.to_json(result)).decode()
