package cogen

import "cogen/internal/bindings/imports/cogen_engine_unix"

// ConnectUnix parks until there is a connection to the Unix socket at a path of the host's file system, of 1 to 100 bytes. It
// fails with [ErrNetwork] (always, where the system has no Unix sockets), [ErrTimedOut], [ErrCancelled], [ErrDenied],
// [ErrInvalidArgument] or [ErrLimitReached].
func ConnectUnix(path string, options ...Option) (*Connection, error) {
	if err := checkTexts("path", path); err != nil {
		return nil, err
	}
	return wrapped(cogen_engine_unix.Connect(path, raw(options)), newConnection)
}

// StartConnectUnix begins to connect without parking.
func StartConnectUnix(path string) (*PendingConnect, error) {
	if err := checkTexts("path", path); err != nil {
		return nil, err
	}
	return wrapped(cogen_engine_unix.StartConnect(path), newPendingConnect)
}

// ListenUnix listens at a path. A socket that is there and that nobody listens to any more is replaced; the file is removed when
// the listener goes. The backlog is how many may have connected and not been accepted yet; zero stands for 1,024.
//
// It never parks, and fails with [ErrNetwork], [ErrDenied], [ErrInvalidArgument] or [ErrLimitReached].
func ListenUnix(path string, backlog uint32) (*Listener, error) {
	if err := checkTexts("path", path); err != nil {
		return nil, err
	}
	return wrapped(cogen_engine_unix.Listen(path, backlog), newListener)
}
