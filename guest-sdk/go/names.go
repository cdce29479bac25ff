package cogen

import (
	"fmt"
	"net/netip"

	"cogen/internal/bindings/imports/cogen_engine_names"
	"cogen/internal/bindings/imports/wasi_io_poll"
)

// Resolve parks until the addresses of a name are known, and answers them in the order in which to try them. An address is its
// own answer. (To connect needs no lookup: [ConnectTCP] takes names.)
//
// It fails with [ErrNetwork] (ProblemNameUnknown), [ErrTimedOut], [ErrCancelled], [ErrDenied], [ErrLimitReached] (too many
// lookups wait) or [ErrInvalidArgument].
func Resolve(name string, options ...Option) ([]netip.Addr, error) {
	if err := checkTexts("name", name); err != nil {
		return nil, err
	}
	return addresses(value(cogen_engine_names.Resolve(name, raw(options))))
}

// StartResolve begins to look a name up without parking. It fails as [Resolve] does.
func StartResolve(name string) (*PendingResolve, error) {
	if err := checkTexts("name", name); err != nil {
		return nil, err
	}
	return wrapped(cogen_engine_names.StartResolve(name), newPendingResolve)
}

// PendingResolve is a name that is being looked up.
type PendingResolve struct {
	raw *cogen_engine_names.PendingResolve
}

func newPendingResolve(raw *cogen_engine_names.PendingResolve) *PendingResolve {
	return &PendingResolve{raw}
}

// Finish answers, once, what [Resolve] would have answered; it fails with [ErrNotReady] until it is known. It never parks.
func (p *PendingResolve) Finish() ([]netip.Addr, error) {
	return addresses(value(p.raw.Finish()))
}

// Wait parks until it is known, answers as [Resolve] would have, and closes the lookup.
func (p *PendingResolve) Wait() ([]netip.Addr, error) {
	defer p.raw.Drop()
	park(p)
	return p.Finish()
}

// Close forgets the answer. It never fails.
func (p *PendingResolve) Close() error {
	p.raw.Drop()
	return nil
}

func (p *PendingResolve) subscribe() *wasi_io_poll.Pollable {
	return p.raw.Subscribe()
}

func addresses(texts []string, err error) ([]netip.Addr, error) {
	if err != nil {
		return nil, err
	}
	addresses := make([]netip.Addr, len(texts))
	for i, text := range texts {
		if addresses[i], err = netip.ParseAddr(text); err != nil {
			return nil, &Error{Kind: Other, Message: fmt.Sprintf("%q is no IP address", text)}
		}
	}
	return addresses, nil
}
