package cogen

import "cogen/internal/bindings/imports/cogen_engine_udp"

// UDPSocket sends and receives datagrams: each goes whole, or is lost. Addresses are IP addresses with a port, such as
// 127.0.0.1:53.
type UDPSocket struct {
	raw *cogen_engine_udp.UdpSocket
}

func newUDPSocket(raw *cogen_engine_udp.UdpSocket) *UDPSocket {
	return &UDPSocket{raw}
}

// BindUDP binds to an address; port zero lets the system choose one. It never parks, and fails with [ErrNetwork], [ErrDenied],
// [ErrInvalidArgument] or [ErrLimitReached].
func BindUDP(address string) (*UDPSocket, error) {
	if err := checkTexts("address", address); err != nil {
		return nil, err
	}
	return wrapped(cogen_engine_udp.UdpSocketBind(address), newUDPSocket)
}

// Connect lets Send go to this address from now on, and only what comes from there be received. It never parks, and fails with
// [ErrNetwork], [ErrDenied] or [ErrInvalidArgument].
func (s *UDPSocket) Connect(address string) error {
	if err := checkTexts("address", address); err != nil {
		return err
	}
	return errorOf(s.raw.Connect(address))
}

// SendTo parks until the system takes the datagram, of 65,507 bytes at most. It fails with [ErrTimedOut], [ErrCancelled],
// [ErrNetwork] (ProblemRefused: nobody listens where an earlier one went), [ErrDenied] or [ErrInvalidArgument].
func (s *UDPSocket) SendTo(bytes []byte, address string, options ...Option) error {
	if err := checkTexts("address", address); err != nil {
		return err
	}
	return errorOf(s.raw.SendTo(bytes, address, raw(options)))
}

// Send is SendTo, to the address that the socket is connected to.
func (s *UDPSocket) Send(bytes []byte, options ...Option) error {
	return errorOf(s.raw.Send(bytes, raw(options)))
}

// ReceiveFrom parks until a datagram comes, and answers it and where it is from. Of one that is longer than so many bytes the
// rest is lost. It fails with [ErrTimedOut], [ErrCancelled] or [ErrNetwork].
func (s *UDPSocket) ReceiveFrom(most int, options ...Option) (bytes []byte, from string, err error) {
	if err := checkCount(most); err != nil {
		return nil, "", err
	}
	datagram, err := value(s.raw.ReceiveFrom(count(most), raw(options)))
	return datagram.F0, datagram.F1, err
}

// Receive is ReceiveFrom, without the address.
func (s *UDPSocket) Receive(most int, options ...Option) ([]byte, error) {
	if err := checkCount(most); err != nil {
		return nil, err
	}
	return value(s.raw.Receive(count(most), raw(options)))
}

// LocalAddress answers where it is bound.
func (s *UDPSocket) LocalAddress() (string, error) {
	return value(s.raw.LocalAddress())
}

// PeerAddress answers where it is connected to.
func (s *UDPSocket) PeerAddress() (string, error) {
	return value(s.raw.PeerAddress())
}

// SetBroadcast says whether datagrams may go to everybody on a network.
func (s *UDPSocket) SetBroadcast(on bool) error {
	return errorOf(s.raw.SetBroadcast(on))
}

// SetBufferSizes asks for other sizes of what the system keeps in each direction. It may give others than asked for; zero
// leaves one as it is.
func (s *UDPSocket) SetBufferSizes(receive, send uint32) error {
	return errorOf(s.raw.SetBufferSizes(receive, send))
}

// SetTimeout lets the timeout of the options hold for operations of this socket that give none. A priority is not used.
func (s *UDPSocket) SetTimeout(options ...Option) {
	s.raw.SetTimeout(raw(options).Timeout)
}

// Receivable is that a receive would not park.
func (s *UDPSocket) Receivable() Waitable {
	return ready(s.raw.SubscribeReceive)
}

// Sendable is that a send would not park.
func (s *UDPSocket) Sendable() Waitable {
	return ready(s.raw.SubscribeSend)
}

// Close closes the socket. It never fails.
func (s *UDPSocket) Close() error {
	s.raw.Drop()
	return nil
}
