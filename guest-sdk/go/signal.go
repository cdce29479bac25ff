package cogen

import (
	"cogen/internal/bindings/imports/cogen_engine_signals"
	"cogen/internal/bindings/imports/wasi_io_poll"
)

// Signal wakes all that wait for a name now with a value, in the order they came, and answers how many they were. A signal
// nobody waits for is gone: signals are not kept. With recipients above zero it first parks until so many wait.
//
// Names are any text of 1 to 256 bytes, values are at most 1 MiB. It fails with [ErrTimedOut] when the recipients did not come,
// [ErrCancelled], [ErrDenied] for a name that this program may not send, [ErrInvalidArgument] or [ErrLimitReached].
func Signal(name string, payload []byte, recipients uint32, options ...Option) (woken uint32, err error) {
	if err := checkTexts("name", name); err != nil {
		return 0, err
	}
	return value(cogen_engine_signals.Signal(name, payload, recipients, raw(options)))
}

// StartSignal begins a signal with recipients without waiting for them. A timeout is not used. It fails as [Signal] does, but
// for [ErrTimedOut].
func StartSignal(name string, payload []byte, recipients uint32, options ...Option) (*PendingSignal, error) {
	if err := checkTexts("name", name); err != nil {
		return nil, err
	}
	return wrapped(cogen_engine_signals.StartSignal(name, payload, recipients, raw(options)), newPendingSignal)
}

// WaitForSignal parks until somebody signals a name, and answers the value. A priority is not used. It fails with [ErrTimedOut],
// [ErrCancelled], [ErrDenied] for a name that this program may not wait for, or [ErrInvalidArgument].
func WaitForSignal(name string, options ...Option) ([]byte, error) {
	if err := checkTexts("name", name); err != nil {
		return nil, err
	}
	return value(cogen_engine_signals.WaitForSignal(name, raw(options)))
}

// StartWait begins to wait for a name without parking. From now on this coroutine counts as one that waits. It fails with
// [ErrDenied], [ErrInvalidArgument] or [ErrLimitReached].
func StartWait(name string) (*SignalWait, error) {
	if err := checkTexts("name", name); err != nil {
		return nil, err
	}
	return wrapped(cogen_engine_signals.StartWait(name), newSignalWait)
}

// SignalWait is a place in the row of those who wait for a signal, kept until it is closed. It takes one signal.
type SignalWait struct {
	raw *cogen_engine_signals.SignalWait
}

func newSignalWait(raw *cogen_engine_signals.SignalWait) *SignalWait {
	return &SignalWait{raw}
}

// Finish answers the value, once: it fails with [ErrNotReady] until the signal has come, and with [ErrInvalidArgument] after
// that. It never parks.
func (w *SignalWait) Finish() ([]byte, error) {
	return value(w.raw.Finish())
}

// Wait parks until the signal has come, answers its value, and closes the wait.
func (w *SignalWait) Wait() ([]byte, error) {
	defer w.raw.Drop()
	park(w)
	return w.Finish()
}

// Close gives up the place. It never fails.
func (w *SignalWait) Close() error {
	w.raw.Drop()
	return nil
}

func (w *SignalWait) subscribe() *wasi_io_poll.Pollable {
	return w.raw.Subscribe()
}

// PendingSignal is a signal that waits for its recipients.
type PendingSignal struct {
	raw *cogen_engine_signals.PendingSignal
}

func newPendingSignal(raw *cogen_engine_signals.PendingSignal) *PendingSignal {
	return &PendingSignal{raw}
}

// Finish answers how many were woken; it fails with [ErrNotReady] until the signal has been given. It never parks.
func (p *PendingSignal) Finish() (woken uint32, err error) {
	return value(p.raw.Finish())
}

// Wait parks until the signal has been given, answers how many were woken, and closes the signal.
func (p *PendingSignal) Wait() (woken uint32, err error) {
	defer p.raw.Drop()
	park(p)
	return p.Finish()
}

// Close takes the signal back if it was not yet given. It never fails.
func (p *PendingSignal) Close() error {
	p.raw.Drop()
	return nil
}

func (p *PendingSignal) subscribe() *wasi_io_poll.Pollable {
	return p.raw.Subscribe()
}
