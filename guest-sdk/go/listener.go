package cogen

import "cogen/internal/bindings/imports/cogen_engine_connections"

// Listener is something that others connect to, over TCP or a Unix socket.
type Listener struct {
	raw *cogen_engine_connections.Listener
}

func newListener(raw *cogen_engine_connections.Listener) *Listener {
	return &Listener{raw}
}

// Accept parks until somebody connects, and answers the connection and the peer's address. When the process has no descriptor
// left, it parks until there is one. It fails with [ErrTimedOut], [ErrCancelled] or [ErrNetwork].
func (l *Listener) Accept(options ...Option) (connection *Connection, peer string, err error) {
	accepted, err := value(l.raw.Accept(raw(options)))
	if err != nil {
		return nil, "", err
	}
	return newConnection(accepted.F0), accepted.F1, nil
}

// Serve starts a program with arguments for each who connects, and gives it the connection, for as long as the answered
// coroutine lives. At most so many of them live at a time, or as many as the engine has room for if that is zero; the others who
// connect wait. To end the answered coroutine leaves those who were started alone. The listener is used up.
//
// It fails with [ErrDenied], [ErrUnknownProgram], [ErrLimitReached], [ErrCancelled] or [ErrInvalidArgument], and never parks.
func (l *Listener) Serve(program string, args []byte, most uint32) (*Coroutine, error) {
	if err := checkTexts("program", program); err != nil {
		return nil, err
	}
	return wrapped(cogen_engine_connections.ListenerServe(l.raw, program, args, most), newCoroutine)
}

// LocalAddress answers where it listens; with the port that was chosen when zero was asked for.
func (l *Listener) LocalAddress() (string, error) {
	return value(l.raw.LocalAddress())
}

// SetTimeout lets the timeout of the options hold for accepts that give none. A priority is not used.
func (l *Listener) SetTimeout(options ...Option) {
	l.raw.SetTimeout(raw(options).Timeout)
}

// Acceptable is that there is somebody to accept. Of several who share the listener only one gets it.
func (l *Listener) Acceptable() Waitable {
	return ready(l.raw.Subscribe)
}

// Share answers another handle of the same listener. Each who connects is accepted by one of the handles. It fails with
// [ErrLimitReached] when the process has no more descriptors.
func (l *Listener) Share() (*Listener, error) {
	return wrapped(l.raw.Share(), newListener)
}

// Close ends listening, unless it is shared. It never fails.
func (l *Listener) Close() error {
	l.raw.Drop()
	return nil
}
