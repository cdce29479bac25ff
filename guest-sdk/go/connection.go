package cogen

import (
	"io"
	"math"
	"time"

	"cogen/internal/bindings/imports/cogen_engine_connections"
	"cogen/internal/bindings/imports/cogen_engine_types"
	"cogen/internal/bindings/imports/wasi_io_poll"
)

// Connection is one end of a connection, over TCP or a Unix socket. It is an io.ReadWriteCloser, so that bufio, fmt and io work
// with it; what a bufio.Reader has read is in its buffer, where neither the methods of the connection nor
// [Connection.Readable] see it.
//
// The end of a stream is io.EOF, or io.ErrUnexpectedEOF in the middle of what was asked for. A read that times out or is
// cancelled loses nothing: what has come can be read later. Writing to a connection that the peer has closed fails with
// [ErrNetwork] (ProblemClosed or ProblemReset).
//
// The timeout of an operation's options bounds all of it, whatever moves meanwhile; an operation that gives none has the
// connection's ([Connection.SetTimeout]), then the program's, then the engine's. The idle timeout
// ([Connection.SetIdleTimeout]) bounds the time in which nothing moves. Both may be used together.
//
// Methods that take options fail with [ErrTimedOut], [ErrCancelled], [ErrNetwork], or [ErrInvalidArgument] for a size that makes
// no sense.
type Connection struct {
	raw *cogen_engine_connections.Connection
}

func newConnection(raw *cogen_engine_connections.Connection) *Connection {
	return &Connection{raw}
}

// mostWritten is what the engine takes in one operation.
const mostWritten = 16 << 20

// Read parks until there is something to read, as io.Reader has it.
func (c *Connection) Read(buffer []byte) (int, error) {
	if len(buffer) == 0 {
		return 0, nil
	}
	bytes, err := c.ReadSome(len(buffer))
	return copy(buffer, bytes), err
}

// Write parks until the system has taken all bytes, as io.Writer has it: after a failure it answers how many it took.
func (c *Connection) Write(bytes []byte) (int, error) {
	before := c.Counts().Written
	for rest := bytes; len(rest) > 0; {
		part := rest[:min(len(rest), mostWritten)]
		if err := c.WriteAll(part); err != nil {
			return int(c.Counts().Written - before), err
		}
		rest = rest[len(part):]
	}
	return len(bytes), nil
}

// ReadSome parks until there is something to read, and answers at most so many bytes of it, 256 KiB in any case.
func (c *Connection) ReadSome(most int, options ...Option) ([]byte, error) {
	if err := checkCount(most); err != nil {
		return nil, err
	}
	bytes, err := value(c.raw.Read(count(most), raw(options)))
	if err == nil && len(bytes) == 0 {
		err = io.EOF
	}
	return bytes, err
}

// ReadExact parks until so many bytes are there, 16 MiB at most, and answers them. If the stream ends before, it answers those
// that came, with io.ErrUnexpectedEOF, or io.EOF if none came. It fails with [ErrLimitReached], too, when too many payloads are
// kept in the engine.
func (c *Connection) ReadExact(length int, options ...Option) ([]byte, error) {
	if err := checkCount(length); err != nil {
		return nil, err
	}
	bytes, err := value(c.raw.ReadExact(count(length), raw(options)))
	switch {
	case err != nil || len(bytes) == length:
		return bytes, err
	case len(bytes) == 0:
		return nil, io.EOF
	default:
		return bytes, io.ErrUnexpectedEOF
	}
}

// ReadLine parks until a line is there, and answers it with its newline, all together at most so many bytes, 1 MiB in any case.
// As with bufio.Reader.ReadBytes, a last line without a newline comes with io.EOF.
//
// It fails with [ErrTooLong], too: then what has come can be read.
func (c *Connection) ReadLine(most int, options ...Option) ([]byte, error) {
	if err := checkCount(most); err != nil {
		return nil, err
	}
	line, err := value(c.raw.ReadLine(count(most), raw(options)))
	if err == nil && (len(line) == 0 || line[len(line)-1] != '\n') {
		err = io.EOF
	}
	return line, err
}

// WriteSome parks until the system takes some of the bytes, and answers how many it took. None are taken of nothing. It takes
// 16 MiB at most.
func (c *Connection) WriteSome(bytes []byte, options ...Option) (int, error) {
	written, err := value(c.raw.Write(bytes, raw(options)))
	return int(written), err
}

// WriteAll parks until the system has taken all bytes, 16 MiB at most. After a failure [Connection.Counts] tells how many it
// took. It is Write with options.
func (c *Connection) WriteAll(bytes []byte, options ...Option) error {
	return errorOf(c.raw.WriteAll(bytes, raw(options)))
}

// SendFile writes so many bytes of a file from an offset on, or up to its end, without moving them through this program, and
// answers how many were written. The path is one of the directories granted in the manifest's `[program.NAME.allow]`, relative
// to it.
//
// It fails with [ErrDenied], [ErrNotFound], or [ErrInvalidArgument] when it is no regular file, too.
func (c *Connection) SendFile(path string, offset, length uint64, options ...Option) (uint64, error) {
	if err := checkTexts("path", path); err != nil {
		return 0, err
	}
	return value(c.raw.SendFile(path, offset, length, raw(options)))
}

// Direction is a direction of a connection.
type Direction uint8

const (
	// DirectionRead is what comes.
	DirectionRead = Direction(cogen_engine_connections.Direction_Read)
	// DirectionWrite is what goes.
	DirectionWrite = Direction(cogen_engine_connections.Direction_Write)
	// DirectionBoth is both.
	DirectionBoth = Direction(cogen_engine_connections.Direction_Both)
)

// Shutdown ends a direction: after DirectionWrite the peer reads the end of the stream; after DirectionRead reads here answer
// it. What was written before is still delivered. It never parks, and fails with [ErrNetwork] when there is no connection any
// more.
func (c *Connection) Shutdown(direction Direction) error {
	if direction > DirectionBoth {
		return &Error{Kind: InvalidArgument, Message: "there is no such direction"}
	}
	return errorOf(c.raw.Shutdown(cogen_engine_connections.Direction(direction)))
}

// LocalAddress answers where this end is: 127.0.0.1:80, [::1]:80, or a path; empty for a Unix socket without a name.
func (c *Connection) LocalAddress() (string, error) {
	return value(c.raw.LocalAddress())
}

// PeerAddress answers where the other end is.
func (c *Connection) PeerAddress() (string, error) {
	return value(c.raw.PeerAddress())
}

// Counts is how many bytes have gone through a handle of a connection.
type Counts struct {
	// Read were handed to this program.
	Read uint64
	// Written were handed to the operating system.
	Written uint64
}

// Counts answers how many bytes have gone through this handle.
func (c *Connection) Counts() Counts {
	raw := c.raw.Counts()
	return Counts{Read: raw.Read, Written: raw.Written}
}

// SetTimeout lets the timeout of the options hold for operations of this connection that give none. A priority is not used.
func (c *Connection) SetTimeout(options ...Option) {
	c.raw.SetTimeout(raw(options).Timeout)
}

// SetIdleTimeout says how long nothing at all may move while an operation of this connection waits; for ever with zero.
func (c *Connection) SetIdleTimeout(timeout time.Duration) error {
	if timeout <= 0 {
		return errorOf(c.raw.SetIdleTimeout(cogen_engine_types.MakeTimeoutNever()))
	}
	return errorOf(c.raw.SetIdleTimeout(cogen_engine_types.MakeTimeoutWithin(nanos(timeout))))
}

// Readable is that a read would not park: there are bytes, the end, or a failure.
func (c *Connection) Readable() Waitable {
	return ready(c.raw.SubscribeRead)
}

// Writable is that a write would not park: there is room, or a failure.
func (c *Connection) Writable() Waitable {
	return ready(c.raw.SubscribeWrite)
}

// Share answers another handle of the same connection, for instance to be given to another coroutine. What was read ahead stays
// with this handle: of those who share a connection, one reads. It fails with [ErrLimitReached] when the process has no more
// descriptors.
func (c *Connection) Share() (*Connection, error) {
	return wrapped(c.raw.Share(), newConnection)
}

// Close closes the connection, unless it is shared. It never fails. The garbage collector closes it, too, some time after
// nobody holds it.
func (c *Connection) Close() error {
	c.raw.Drop()
	return nil
}

// ready is that a socket is ready for something.
type ready func() *wasi_io_poll.Pollable

func (r ready) subscribe() *wasi_io_poll.Pollable {
	return r()
}

// count is a number of bytes, which is no less than none, as the engine counts them. More than it can count is more than it allows.
func count(bytes int) uint32 {
	return uint32(min(uint64(bytes), math.MaxUint32))
}

// PendingConnect is a connection that is being made.
type PendingConnect struct {
	raw *cogen_engine_connections.PendingConnect
}

func newPendingConnect(raw *cogen_engine_connections.PendingConnect) *PendingConnect {
	return &PendingConnect{raw}
}

// Finish answers, once, what ConnectTCP or ConnectUnix would have answered; it fails with [ErrNotReady] until it is decided. It
// never parks.
func (p *PendingConnect) Finish() (*Connection, error) {
	return wrapped(p.raw.Finish(), newConnection)
}

// Wait parks until it is decided, answers as ConnectTCP or ConnectUnix would have, and closes this.
func (p *PendingConnect) Wait() (*Connection, error) {
	defer p.raw.Drop()
	park(p)
	return p.Finish()
}

// Close gives the connection up. It never fails.
func (p *PendingConnect) Close() error {
	p.raw.Drop()
	return nil
}

func (p *PendingConnect) subscribe() *wasi_io_poll.Pollable {
	return p.raw.Subscribe()
}
