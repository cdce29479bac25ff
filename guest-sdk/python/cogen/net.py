"""TCP, UDP and Unix sockets, and names. Addresses are texts: `host:port`, with IPv6 in brackets, or the path of a Unix socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum

from wit_world.imports import connections, handover, names, poll, tcp, udp, unix

from .coroutines import Coroutine
from .errors import ask
from .options import LATEST, Priority, Timeout, count, encoded, nanoseconds, options, raw_timeout, text
from .waiting import Pending, Thing, Wait

LONGEST_LINE = 8192
"""How long a line may be, with its end, unless it is said."""


class Direction(Enum):
    """A direction of a stream, as its holder sees it."""

    READ = "read"
    WRITE = "write"
    BOTH = "both"


class _Ready:
    """A `Wait` for one of the pollables of a socket."""

    def __init__(self, subscribe: Callable[[], poll.Pollable]) -> None:
        self._subscribe = subscribe

    def subscribe(self) -> poll.Pollable:
        """As of every `Wait`."""
        return self._subscribe()


class Connection(Thing[connections.Connection]):
    """One end of a connection over TCP or a Unix socket. Closing it closes the connection, unless it is shared.

    Operations raise `OperationTimeout`, `Cancelled`, or `NetworkError`. A read that fails so loses nothing: what has come is kept."""

    def read(self, most: int = 65536, *, timeout: Timeout = None, priority: Priority = Priority.DEFAULT) -> bytes:
        """Park until there is something to read, and return at most `most` bytes of it, 256 KiB in any case; none at the end."""
        return ask(self.raw.read, count(most), options(timeout, priority))

    def read_exact(self, length: int, *, timeout: Timeout = None) -> bytes:
        """Park until `length` bytes are there, at most 16 MiB. Fewer mean that the stream has ended."""
        return ask(self.raw.read_exact, count(length), options(timeout))

    def read_line(self, most: int = LONGEST_LINE, *, timeout: Timeout = None) -> bytes:
        """Park until a line is there, and return it with its newline; without one it is the last, and none is the end.

        Raises `TooLong` when it would be longer than `most` bytes, 1 MiB in any case."""
        return ask(self.raw.read_line, count(most), options(timeout))

    def __iter__(self) -> Iterator[bytes]:
        """The lines, of `LONGEST_LINE` bytes at most, up to the end."""
        while line := self.read_line():
            yield line

    def write(self, data: bytes | str, *, timeout: Timeout = None, priority: Priority = Priority.DEFAULT) -> int:
        """Park until the system takes some of `data`, at most 16 MiB, and return how many bytes it took."""
        return ask(self.raw.write, encoded(data), options(timeout, priority))

    def write_all(self, data: bytes | str, *, timeout: Timeout = None) -> None:
        """Park until the system has taken all of `data`, at most 16 MiB."""
        ask(self.raw.write_all, encoded(data), options(timeout))

    def send_file(self, path: str, offset: int = 0, length: int = LATEST, *, timeout: Timeout = None) -> int:
        """Write so many bytes of a file, or up to its end, without moving them through this sandbox; return how many that were. The
        path is `NAME/…` in a directory that the program is granted."""
        return ask(self.raw.send_file, text(path), count(offset, LATEST), count(length, LATEST), options(timeout))

    def shutdown(self, direction: Direction) -> None:
        """End a direction: after `WRITE` the peer reads the end, after `READ` reads here do. Never parks."""
        ask(self.raw.shutdown, connections.Direction[direction.name])

    @property
    def local_address(self) -> str:
        """Where this end is; empty for a Unix socket without a name."""
        return ask(self.raw.local_address)

    @property
    def peer_address(self) -> str:
        """Where the other end is."""
        return ask(self.raw.peer_address)

    def counts(self) -> tuple[int, int]:
        """How many bytes were read and written by way of this handle."""
        raw = self.raw.counts()
        return raw.read, raw.written

    def set_timeout(self, timeout: Timeout) -> None:
        """How long operations of this connection may take that give no timeout themselves."""
        self.raw.set_timeout(raw_timeout(timeout))

    def set_idle_timeout(self, timeout: float | None) -> None:
        """How long nothing at all may move while an operation of this connection waits; `None` is for ever."""
        ask(self.raw.set_idle_timeout, raw_timeout(timeout))

    def set_nodelay(self, on: bool) -> None:
        """Of TCP: whether small writes are sent at once."""
        ask(tcp.set_nodelay, self.raw, bool(on))

    def nodelay(self) -> bool:
        """Of TCP: whether small writes are sent at once."""
        return ask(tcp.nodelay, self.raw)

    def set_keep_alive(self, every: float) -> None:
        """Of TCP: let the system ask a silent peer every so many seconds whether it is there, or never with zero."""
        ask(tcp.set_keep_alive, self.raw, nanoseconds(every))

    def buffer_sizes(self) -> tuple[int, int]:
        """Of TCP: how many bytes the system keeps that were received, and that are to be sent."""
        return ask(tcp.buffer_sizes, self.raw)

    def set_buffer_sizes(self, receive: int, send: int) -> None:
        """Of TCP: ask for other sizes; zero leaves one as it is."""
        ask(tcp.set_buffer_sizes, self.raw, count(receive), count(send))

    def share(self) -> Connection:
        """Another handle of the same connection. What this one has read ahead stays with it: of those who share, one reads."""
        return Connection(ask(self.raw.share))

    def readable(self) -> Wait:
        """A wait that is over when a read would not park."""
        return _Ready(self.raw.subscribe_read)

    def writable(self) -> Wait:
        """A wait that is over when a write would not park."""
        return _Ready(self.raw.subscribe_write)

    def as_thing(self) -> handover.Thing:
        """As of every `Thing`."""
        return handover.Thing_Connection(self.taken())


class Listener(Thing[connections.Listener]):
    """Something that others connect to."""

    def accept(self, *, timeout: Timeout = None, priority: Priority = Priority.DEFAULT) -> tuple[Connection, str]:
        """Park until somebody connects; return the connection and the peer's address.

        Raises `OperationTimeout`, `Cancelled` or `NetworkError`."""
        connection, address = ask(self.raw.accept, options(timeout, priority))
        return Connection(connection), address

    @property
    def local_address(self) -> str:
        """Where it listens, with the port that was chosen when zero was asked for."""
        return ask(self.raw.local_address)

    def set_timeout(self, timeout: Timeout) -> None:
        """How long accepts may take that give no timeout themselves."""
        self.raw.set_timeout(raw_timeout(timeout))

    def serve(self, program: str, args: bytes | str = b"", *, most: int = 0) -> Coroutine:
        """Accept for as long as the returned coroutine lives, and start `program` for each connection, which is given to it; at most
        `most` at a time, or as many as there is room for with zero. This handle is used up.

        Raises `Denied` without a grant of `spawn`, `UnknownProgram`, `LimitReached`, `Cancelled` or `InvalidArgument`."""
        return Coroutine(ask(connections.Listener.serve, self.taken(), text(program), encoded(args), count(most)))

    def share(self) -> Listener:
        """Another handle of the same listener. Each who connects is accepted by one of them."""
        return Listener(ask(self.raw.share))

    def subscribe(self) -> poll.Pollable:
        """As of every `Wait`: ready when there is somebody to accept."""
        return self.raw.subscribe()

    def as_thing(self) -> handover.Thing:
        """As of every `Thing`."""
        return handover.Thing_Listener(self.taken())


class UdpSocket(Thing[udp.UdpSocket]):
    """A socket that sends and receives datagrams: each goes whole, or is lost."""

    @staticmethod
    def bind(address: str) -> UdpSocket:
        """Bind to an IP address with a port; port zero lets the system choose one. Never parks.

        Raises `NetworkError`, `Denied`, `InvalidArgument` or `LimitReached`."""
        return UdpSocket(ask(udp.UdpSocket.bind, text(address)))

    def connect(self, address: str) -> None:
        """From now on `send` goes there, and only what comes from there is received. Never parks."""
        ask(self.raw.connect, text(address))

    def send(self, data: bytes | str, address: str | None = None, *, timeout: Timeout = None) -> None:
        """Park until the system takes the datagram, of 65,507 bytes at most: to `address`, or where the socket is connected to."""
        how = options(timeout)
        if address is None:
            ask(self.raw.send, encoded(data), how)
        else:
            ask(self.raw.send_to, encoded(data), text(address), how)

    def receive(self, most: int = 65507, *, timeout: Timeout = None) -> tuple[bytes, str]:
        """Park until a datagram comes; return it and where it is from. Of a longer one the rest is lost."""
        return ask(self.raw.receive_from, count(most), options(timeout))

    @property
    def local_address(self) -> str:
        """Where it is bound."""
        return ask(self.raw.local_address)

    @property
    def peer_address(self) -> str:
        """Where it is connected to."""
        return ask(self.raw.peer_address)

    def set_broadcast(self, on: bool) -> None:
        """Whether datagrams may go to everybody on a network."""
        ask(self.raw.set_broadcast, bool(on))

    def set_buffer_sizes(self, receive: int, send: int) -> None:
        """As of a `Connection`."""
        ask(self.raw.set_buffer_sizes, count(receive), count(send))

    def set_timeout(self, timeout: Timeout) -> None:
        """How long operations of this socket may take that give no timeout themselves."""
        self.raw.set_timeout(raw_timeout(timeout))

    def readable(self) -> Wait:
        """A wait that is over when a receive would not park."""
        return _Ready(self.raw.subscribe_receive)

    def writable(self) -> Wait:
        """A wait that is over when a send would not park."""
        return _Ready(self.raw.subscribe_send)

    def as_thing(self) -> handover.Thing:
        """As of every `Thing`."""
        return handover.Thing_UdpSocket(self.taken())


class PendingConnect(Pending[connections.PendingConnect, Connection]):
    """A connection that is being made. To close it gives it up."""

    def finish(self) -> Connection:
        """The connection, once; `NotReady` until it is decided. Never parks."""
        return Connection(ask(self.raw.finish))


class PendingResolve(Pending[names.PendingResolve, list[str]]):
    """A name that is being looked up. To close it forgets the answer."""

    def finish(self) -> list[str]:
        """The addresses, once; `NotReady` until they are known. Never parks."""
        return ask(self.raw.finish)


def connect(
    address: str, *, local: str = "", timeout: Timeout = None, priority: Priority = Priority.DEFAULT
) -> Connection:
    """Park until there is a connection over TCP to `host:port`, from `local` if that is given.

    Raises `NetworkError`, `OperationTimeout`, `Cancelled`, `Denied` without a grant of `connect`, `InvalidArgument` or `LimitReached`."""
    return Connection(ask(tcp.connect, text(address), text(local), options(timeout, priority)))


def start_connect(address: str, *, local: str = "") -> PendingConnect:
    """Begin to connect over TCP without parking."""
    return PendingConnect(ask(tcp.start_connect, text(address), text(local)))


def listen(address: str, *, backlog: int = 0, reuse_port: bool = False, only_v6: bool = False) -> Listener:
    """Listen over TCP at an IP address with a port; port zero lets the system choose one. Never parks. A `backlog` of zero stands for
    1,024 who have connected and not been accepted.

    Raises `NetworkError`, `Denied` without a grant of `listen`, `InvalidArgument` or `LimitReached`."""
    how = tcp.ListenOptions(count(backlog), bool(reuse_port), bool(only_v6))
    return Listener(ask(tcp.listen, text(address), how))


def connect_unix(path: str, *, timeout: Timeout = None, priority: Priority = Priority.DEFAULT) -> Connection:
    """As `connect`, to the Unix socket at `path`."""
    return Connection(ask(unix.connect, text(path), options(timeout, priority)))


def start_connect_unix(path: str) -> PendingConnect:
    """Begin to connect to a Unix socket without parking."""
    return PendingConnect(ask(unix.start_connect, text(path)))


def listen_unix(path: str, *, backlog: int = 0) -> Listener:
    """As `listen`, at the Unix socket at `path`, which is removed when the listener goes."""
    return Listener(ask(unix.listen, text(path), count(backlog)))


def resolve(name: str, *, timeout: Timeout = None, priority: Priority = Priority.DEFAULT) -> list[str]:
    """Park until the addresses of `name` are known, and return them in the order in which to try them.

    Raises `NetworkError`, `OperationTimeout`, `Cancelled`, `Denied` without a grant, `LimitReached` or `InvalidArgument`."""
    return ask(names.resolve, text(name), options(timeout, priority))


def start_resolve(name: str) -> PendingResolve:
    """Begin to look a name up without parking."""
    return PendingResolve(ask(names.start_resolve, text(name)))


def received() -> list[Connection | Listener | UdpSocket | Coroutine]:
    """What this coroutine was given when it was started, once: later it is empty."""
    return [_taken(thing) for thing in handover.received()]


def _taken(thing: handover.Thing) -> Connection | Listener | UdpSocket | Coroutine:
    match thing:
        case handover.Thing_Connection(raw):
            return Connection(raw)
        case handover.Thing_Listener(raw):
            return Listener(raw)
        case handover.Thing_UdpSocket(raw):
            return UdpSocket(raw)
        case handover.Thing_Coroutine(raw):
            return Coroutine(raw)
