package cogen

import (
	"time"

	"cogen/internal/bindings/imports/cogen_engine_types"
)

// Option says how an operation waits and whom it lets pass. Nothing said means: as the program or the engine is configured.
// Of several that say the same, the last holds.
type Option func(*cogen_engine_types.Options)

// WithTimeout lets an operation wait at most this long, counted from the moment it is asked for. Zero or less means "try
// once": what cannot be done without waiting fails with [ErrTimedOut] at once.
func WithTimeout(timeout time.Duration) Option {
	return func(options *cogen_engine_types.Options) {
		options.Timeout = cogen_engine_types.MakeTimeoutWithin(nanos(timeout))
	}
}

// WithDeadline lets an operation wait until this moment at the latest. One that has passed means "try once".
func WithDeadline(deadline Instant) Option {
	return func(options *cogen_engine_types.Options) {
		options.Timeout = cogen_engine_types.MakeTimeoutBy(uint64(deadline))
	}
}

// WithoutTimeout lets an operation wait for ever, whatever the defaults say.
func WithoutTimeout() Option {
	return func(options *cogen_engine_types.Options) {
		options.Timeout = cogen_engine_types.MakeTimeoutNever()
	}
}

// WithPriority says who goes first.
func WithPriority(priority Priority) Option {
	return func(options *cogen_engine_types.Options) {
		options.Priority = cogen_engine_types.Priority(priority)
	}
}

// Priority is who goes first when an operation makes several coroutines able to run. Order is only promised between
// coroutines of one worker.
type Priority uint8

const (
	// PriorityDefault is the program's default, else the engine's, which is PriorityLast unless configured.
	PriorityDefault = Priority(cogen_engine_types.Priority_Default)
	// PriorityLast sends everybody to the back of the queue: the woken first, then the one that asked.
	PriorityLast = Priority(cogen_engine_types.Priority_Last)
	// PriorityOperation sends the woken to the front of the queue, the one that asked to the back.
	PriorityOperation = Priority(cogen_engine_types.Priority_Operation)
	// PriorityCoroutine lets the one that asked go on first; the woken go to the back.
	PriorityCoroutine = Priority(cogen_engine_types.Priority_Coroutine)
	// PriorityFirst lets the one that asked go on first, then the woken, before everybody else.
	PriorityFirst = Priority(cogen_engine_types.Priority_First)
)

func raw(options []Option) cogen_engine_types.Options {
	raw := cogen_engine_types.Options{
		Timeout:  cogen_engine_types.MakeTimeoutDefault(),
		Priority: cogen_engine_types.Priority_Default,
	}
	for _, option := range options {
		option(&raw)
	}
	return raw
}
