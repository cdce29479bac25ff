"""Uses what no other scenario does, and checks what comes of it."""

import asyncio

# What is not imported when the component is built cannot be imported any more: the standard library's `socket` asks for it then.
import encodings.idna  # noqa: F401
import math
import socket
import threading

import cogen
from cogen import net, sandbox


def surface(program: str) -> str:
    clock()
    refusals(program)
    endings(program)
    handles(program)
    calls(program)
    waits()
    scopes(program)
    sandboxes(program)
    streams(program)
    datagrams()
    standard_library(program)
    return "all well"


def clock() -> None:
    began = cogen.now()
    cogen.sleep(0.01)
    cogen.sleep(cogen.Deadline(began + 0.02))
    cogen.yield_now()
    assert cogen.now() >= began + 0.02
    assert cogen.now_ns() >= began * 1e9


def refusals(program: str) -> None:
    """What the engine cannot take is an exception, and not the end of the coroutine."""
    raises(TypeError, lambda: cogen.signal(5))
    raises(TypeError, lambda: cogen.signal("own", 5))
    raises(ValueError, lambda: cogen.signal("\udcff"))
    raises(ValueError, lambda: cogen.signal("own", recipients=-1))
    raises(ValueError, lambda: cogen.signal("own", recipients=2**32))
    raises(ValueError, lambda: sandbox.call(program, limits={"memory": -1}))
    raises(ValueError, lambda: net.listen("127.0.0.1:0", backlog=-1))
    cogen.log.info("what is no UTF-8: \udcff")


def endings(program: str) -> None:
    """An exception is told whatever its message is."""
    for kind, message in (("escaped", "ValueError: \\udcff"), ("speechless", "Speechless: <its text cannot be had>")):
        ended = raises(cogen.Ended, lambda kind=kind: cogen.call(program, cogen.from_words("end-badly", kind)))
        assert ended.failure.ending is cogen.Ending.FAILED and ended.failure.message == message, ended.failure


class Speechless(Exception):
    def __str__(self) -> str:
        raise ValueError("it has no words")


def end_badly(kind: str) -> None:
    raise Speechless if kind == "speechless" else ValueError("\udcff")


def handles(program: str) -> None:
    me = cogen.current().info()
    assert me.state is cogen.State.RUNNING and me.program == program, me
    child = cogen.spawn(program, cogen.from_words("sleep-long"), priority=cogen.Priority.FIRST)
    with child.share() as shared:
        assert shared.info().id == child.info().id and shared.info().parent == me.id
        shared.kill()
    assert cogen.select(cogen.Sleep(30), child) == 1
    outcome = child.outcome(timeout=0)
    assert isinstance(outcome, cogen.Failure) and outcome.ending is cogen.Ending.KILLED, outcome
    child.close()
    raises(ValueError, child.info)


def calls(program: str) -> None:
    with cogen.start_call(program, cogen.from_words("square", "12")) as call:
        raises(cogen.NotReady, call.finish)
        assert call.wait() == b"144"
    raises(cogen.OperationTimeout, lambda: cogen.call(program, cogen.from_words("sleep-long"), timeout=0.01))
    unknown = raises(cogen.UnknownProgram, lambda: cogen.call("nobody"))
    assert str(unknown) == "there is no program `nobody`", unknown
    raises(cogen.InvalidArgument, lambda: cogen.signal(""))
    raises(ValueError, lambda: cogen.sleep(-1))
    raises(ValueError, lambda: cogen.sleep(math.nan))


def waits() -> None:
    with cogen.start_wait("own") as wait:
        with cogen.start_signal("own", "value", recipients=1) as pending:
            assert pending.wait() == 1
        assert wait.wait() == b"value"
    assert cogen.signal("own") == 0
    cogen.context.set("one", b"\x00\xff")
    assert cogen.context.get("one") == b"\x00\xff" and cogen.context.names() == ["one"]
    cogen.context.remove("one")
    raises(cogen.NotFound, lambda: cogen.context.get("one"))


def scopes(program: str) -> None:
    with cogen.Scope() as scope:
        children = [scope.spawn(program, cogen.from_words("square", str(number))) for number in range(3)]
    assert [child.join() for child in children] == [b"0", b"1", b"4"]
    failed = raises(cogen.ScopeFailed, lambda: failing(program))
    assert [failure.message for failure in failed.failures] == ["no"] and failed.more == 0
    raises(KeyError, lambda: raising(program))


def failing(program: str) -> None:
    with cogen.Scope() as scope:
        scope.spawn(program, cogen.from_words("sleep-long"))
        scope.spawn(program, cogen.from_words("failure", "no"))


def raising(program: str) -> None:
    with cogen.Scope() as scope:
        scope.spawn(program, cogen.from_words("sleep-long"))
        raise KeyError("the body is at fault")


def sandboxes(program: str) -> None:
    square = cogen.from_words("square", "3")
    assert sandbox.call(program, square, grants={}, limits={"memory": 1 << 30}) == b"9"
    with sandbox.spawn(program, square, grants=sandbox.Grants.WITHIN_MINE) as child:
        assert child.join() == b"9"
    calling = cogen.from_words("calls-foo", program)
    refused = raises(cogen.Ended, lambda: sandbox.call(program, calling, grants={"connect": ["127.0.0.1:*"]}))
    assert str(refused).startswith(f"`{program}` failed: denied: "), refused
    assert "call" in refused.failure.message, refused
    raises(ValueError, lambda: sandbox.call(program, square, grants={"nonsense": ["x"]}))


def streams(program: str) -> None:
    assert net.resolve("127.0.0.1") == ["127.0.0.1"]
    with net.start_resolve("127.0.0.1") as pending:
        assert pending.wait() == ["127.0.0.1"]
    with net.listen("127.0.0.1:0", backlog=8) as listener:
        address = listener.local_address
        with net.start_connect(address) as pending, pending.wait() as near:
            far, peer = listener.accept(timeout=10)
            with far:
                assert peer == near.local_address and far.local_address == near.peer_address == address
                talk(near, far)
        with listener.share().serve(program, cogen.from_words("echo")) as accepting:
            with net.connect(address) as client:
                client.write_all("naïve\n")
                assert client.read_exact(7) == "naïve\n".encode()
            accepting.cancel()
            accepting.outcome()
    with net.listen("127.0.0.1:0") as listener:
        address = listener.local_address
        cogen.spawn(program, cogen.from_words("accept-one"), things=[listener]).close()
        with net.connect(address) as client:
            assert client.read() == b"accepted"
    raises(cogen.NetworkError, lambda: net.connect(address))


def talk(near: net.Connection, far: net.Connection) -> None:
    near.set_nodelay(True)
    assert near.nodelay()
    near.set_keep_alive(60)
    near.set_buffer_sizes(1 << 16, 1 << 16)
    assert min(near.buffer_sizes()) > 0
    near.set_timeout(10)
    near.set_idle_timeout(10)
    assert cogen.select(far.readable(), near.writable()) == 1
    assert near.write("spam\nham") == 8
    assert far.read_line() == b"spam\n"
    raises(cogen.OperationTimeout, lambda: far.read_exact(4, timeout=0))
    assert far.read() == b"ham" and far.counts() == (8, 0)
    with far.share() as writer:
        writer.write_all(b"x" * 20)
    raises(cogen.TooLong, lambda: near.read_line(10))
    near.shutdown(net.Direction.WRITE)
    assert far.read() == b"" and list(far) == []


def accept_one() -> None:
    (listener,) = cogen.received()
    with listener, listener.accept()[0] as connection:
        connection.write_all("accepted")


def datagrams() -> None:
    with net.UdpSocket.bind("127.0.0.1:0") as one, net.UdpSocket.bind("127.0.0.1:0") as other:
        one.set_timeout(10)
        other.set_timeout(10)
        one.set_buffer_sizes(1 << 16, 1 << 16)
        one.set_broadcast(False)
        one.send("spam", other.local_address)
        assert cogen.select(other.readable()) == 0
        assert other.receive() == (b"spam", one.local_address)
        other.connect(one.local_address)
        assert other.peer_address == one.local_address and cogen.select(other.writable()) == 0
        other.send(b"ham")
        assert one.receive(2) == (b"ha", other.local_address)


def standard_library(program: str) -> None:
    with net.listen("127.0.0.1:0") as listener:
        address, port = listener.local_address.split(":")
        cogen.spawn(program, cogen.from_words("accept-one"), things=[listener]).close()
        with socket.create_connection((address, int(port))) as client:
            assert client.recv(100) == b"accepted"
    assert asyncio.run(both()) == ["one", "other"]
    raises(RuntimeError, threading.Thread(target=print).start)


async def both() -> list[str]:
    return await asyncio.gather(asyncio.sleep(0.01, "one"), asyncio.sleep(0.01, "other"))


def raises[E: Exception](kind: type[E], attempt) -> E:
    """What an attempt raises, which must be of this kind."""
    try:
        value = attempt()
    except kind as error:
        return error
    raise AssertionError(f"nothing was raised, and the value is {value!r}")
