package cogen

import (
	"time"

	"cogen/internal/bindings/imports/cogen_engine_tcp"
)

// ConnectTCP parks until there is a connection to an address: host:port, where the host is an IPv4 address, an IPv6 address in
// brackets, or a name, of which the addresses are tried in turn.
//
// It fails with [ErrNetwork], [ErrTimedOut], [ErrCancelled], [ErrDenied], [ErrInvalidArgument] or [ErrLimitReached].
func ConnectTCP(address string, options ...Option) (*Connection, error) {
	if err := checkTexts("address", address); err != nil {
		return nil, err
	}
	return ConnectTCPFrom("", address, options...)
}

// ConnectTCPFrom is [ConnectTCP] from a local address; an empty one stands for any.
func ConnectTCPFrom(local, address string, options ...Option) (*Connection, error) {
	if err := checkTexts("local address", local, "address", address); err != nil {
		return nil, err
	}
	return wrapped(cogen_engine_tcp.Connect(address, local, raw(options)), newConnection)
}

// StartConnectTCP begins to connect without parking.
func StartConnectTCP(address string) (*PendingConnect, error) {
	if err := checkTexts("address", address); err != nil {
		return nil, err
	}
	return StartConnectTCPFrom("", address)
}

// StartConnectTCPFrom is [StartConnectTCP] from a local address; an empty one stands for any.
func StartConnectTCPFrom(local, address string) (*PendingConnect, error) {
	if err := checkTexts("local address", local, "address", address); err != nil {
		return nil, err
	}
	return wrapped(cogen_engine_tcp.StartConnect(address, local), newPendingConnect)
}

// ListenOptions says how to listen; the zero value is a backlog of 1,024, an address for nobody else, and IPv4 together with
// IPv6 where the address allows it.
type ListenOptions struct {
	// Backlog is how many may have connected and not been accepted yet; the system may allow fewer. Zero stands for 1,024.
	Backlog uint32
	// ReusePort lets other sockets listen at the same address, which share those who connect. Not everywhere.
	ReusePort bool
	// OnlyV6 does not listen for IPv4 on an IPv6 address.
	OnlyV6 bool
}

// ListenTCP listens at an IP address with a port; port zero lets the system choose one. It never parks, and fails with
// [ErrNetwork], [ErrDenied], [ErrInvalidArgument] or [ErrLimitReached].
func ListenTCP(address string, options ListenOptions) (*Listener, error) {
	if err := checkTexts("address", address); err != nil {
		return nil, err
	}
	raw := cogen_engine_tcp.ListenOptions{
		Backlog:   options.Backlog,
		ReusePort: options.ReusePort,
		OnlyV6:    options.OnlyV6,
	}
	return wrapped(cogen_engine_tcp.Listen(address, raw), newListener)
}

// NoDelay tells whether small writes are sent at once instead of being gathered; not, unless it was set. It fails if this is no
// connection over TCP, as do those that follow.
func (c *Connection) NoDelay() (bool, error) {
	return value(cogen_engine_tcp.Nodelay(c.raw))
}

// SetNoDelay has small writes sent at once (TCP_NODELAY), or gathered while the peer has yet to acknowledge earlier ones.
func (c *Connection) SetNoDelay(on bool) error {
	return errorOf(cogen_engine_tcp.SetNodelay(c.raw, on))
}

// SetKeepAlive lets the system ask a silent peer every so often whether it is still there, in whole seconds; not any more with
// zero.
func (c *Connection) SetKeepAlive(every time.Duration) error {
	return errorOf(cogen_engine_tcp.SetKeepAlive(c.raw, nanos(every)))
}

// BufferSizes answers how many bytes the system keeps for the connection: received and not yet read, and written and not yet
// sent.
func (c *Connection) BufferSizes() (receive, send uint32, err error) {
	sizes, err := value(cogen_engine_tcp.BufferSizes(c.raw))
	return sizes.F0, sizes.F1, err
}

// SetBufferSizes asks for other sizes. The system may give others than asked for; zero leaves one as it is.
func (c *Connection) SetBufferSizes(receive, send uint32) error {
	return errorOf(cogen_engine_tcp.SetBufferSizes(c.raw, receive, send))
}
