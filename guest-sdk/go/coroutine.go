package cogen

import (
	"cogen/internal/bindings/imports/cogen_engine_coroutines"
	"cogen/internal/bindings/imports/wasi_io_poll"
)

// Spawn starts a coroutine that runs a program with arguments beside this one, and answers its handle. Programs are named as in
// the engine's configuration; arguments are at most 16 MiB. A timeout is not used.
//
// It fails with [ErrDenied] for a program that is not granted (`spawn`), [ErrUnknownProgram], [ErrLimitReached],
// [ErrCancelled] or [ErrInvalidArgument].
func Spawn(program string, args []byte, options ...Option) (*Coroutine, error) {
	if err := checkTexts("program", program); err != nil {
		return nil, err
	}
	return wrapped(cogen_engine_coroutines.Spawn(program, args, raw(options)), newCoroutine)
}

// Call runs a program with arguments as a new coroutine, parks until it has ended, and answers what it returned. When the
// timeout is up, it is killed.
//
// It fails with [ErrEnded] when it ended without a value (errors.As finds the [*Failure]), with [ErrTimedOut], with [ErrDenied]
// for a program that is not granted (`call`), and as [Spawn] does.
func Call(program string, args []byte, options ...Option) ([]byte, error) {
	if err := checkTexts("program", program); err != nil {
		return nil, err
	}
	return value(cogen_engine_coroutines.Call(program, args, raw(options)))
}

// StartCall begins a call without waiting for its end. To bound the wait, [Select] on the call and on what [After] answers.
func StartCall(program string, args []byte) (*PendingCall, error) {
	if err := checkTexts("program", program); err != nil {
		return nil, err
	}
	return wrapped(cogen_engine_coroutines.StartCall(program, args), newPendingCall)
}

// Current answers the handle of this coroutine itself.
func Current() *Coroutine {
	return newCoroutine(cogen_engine_coroutines.Current())
}

// Coroutine is a handle of a coroutine: the authority to wait for it and to end it. To close it, or to forget it, neither ends
// nor detaches anything. To [Select] on it is to wait for the coroutine's end; then neither Join nor Outcome parks.
type Coroutine struct {
	raw *cogen_engine_coroutines.Coroutine
}

func newCoroutine(raw *cogen_engine_coroutines.Coroutine) *Coroutine {
	return &Coroutine{raw}
}

// Info answers what the engine knows of it now. It never parks.
func (c *Coroutine) Info() Info {
	raw := c.raw.Info()
	info := Info{ID: CoroutineID(raw.Id), Program: raw.Program, State: State(raw.State)}
	if parent, ok := raw.Parent.Get(); ok {
		info.Parent, info.HasParent = CoroutineID(parent), true
	}
	return info
}

// Join parks until the coroutine has ended, and answers what it returned. Many may join one coroutine, and one may join many
// times.
//
// It fails with [ErrEnded] when it ended without a value (errors.As finds the [*Failure]), with [ErrTimedOut], [ErrCancelled],
// or [ErrInvalidArgument] when a coroutine joins itself.
func (c *Coroutine) Join(options ...Option) ([]byte, error) {
	return value(c.raw.Join(raw(options)))
}

// Outcome parks until the coroutine has ended, and answers how. Whatever it did is an answer here: what fails is the wait alone,
// with [ErrTimedOut], [ErrCancelled], or [ErrInvalidArgument] when a coroutine waits for itself.
func (c *Coroutine) Outcome(options ...Option) (Outcome, error) {
	result := c.raw.Outcome(raw(options))
	if err := errorOf(result); err != nil {
		return Outcome{}, err
	}
	if outcome := result.Ok(); outcome.Tag() == cogen_engine_coroutines.Outcome_Failed {
		return Outcome{Failure: failureOf(outcome.Failed())}, nil
	}
	return Outcome{Value: result.Ok().Returned()}, nil
}

// Share answers another handle of the same coroutine, for instance to be given to another one ([SpawnGiving]).
func (c *Coroutine) Share() *Coroutine {
	return newCoroutine(c.raw.Share())
}

// Cancel asks the coroutine to end: its present wait, and each later one, fails with [ErrCancelled]. It never parks, and does
// not wait for it to comply.
//
// It fails with [ErrDenied] for one that this coroutine neither is nor has started, unless it is granted its program (`cancel`).
func (c *Coroutine) Cancel() error {
	return errorOf(c.raw.Cancel())
}

// Kill ends the coroutine now, wherever it is, with whatever it has called. A coroutine that kills itself does not return from
// this. It fails as Cancel does.
func (c *Coroutine) Kill() error {
	return errorOf(c.raw.Kill())
}

// Close gives the handle back, and does nothing to the coroutine. It never fails.
func (c *Coroutine) Close() error {
	c.raw.Drop()
	return nil
}

func (c *Coroutine) subscribe() *wasi_io_poll.Pollable {
	return c.raw.Subscribe()
}

// PendingCall is a call under way. Whoever does not want its answer any more closes it; the garbage collector does so, too, when
// nobody holds the call.
type PendingCall struct {
	raw *cogen_engine_coroutines.PendingCall
}

func newPendingCall(raw *cogen_engine_coroutines.PendingCall) *PendingCall {
	return &PendingCall{raw}
}

// Finish answers, once, what [Call] would have answered; it fails with [ErrNotReady] while the callee runs. It never parks.
func (p *PendingCall) Finish() ([]byte, error) {
	return value(p.raw.Finish())
}

// Wait parks until the callee has ended, answers as [Call] would have, and closes the call.
func (p *PendingCall) Wait() ([]byte, error) {
	defer p.raw.Drop()
	park(p)
	return p.Finish()
}

// Close kills the callee if it has not ended. It never fails.
func (p *PendingCall) Close() error {
	p.raw.Drop()
	return nil
}

func (p *PendingCall) subscribe() *wasi_io_poll.Pollable {
	return p.raw.Subscribe()
}

// Outcome is how a coroutine ended.
type Outcome struct {
	// Value is what it returned, if it has not failed.
	Value []byte
	// Failure is how it ended without a value, or nil. As an error it is to be had by Err: a nil one of its type is no nil error.
	Failure *Failure
}

// Err answers the failure, or nil if there is none.
func (o Outcome) Err() error {
	if o.Failure == nil {
		return nil
	}
	return o.Failure
}

// Info is a coroutine as seen at one moment.
type Info struct {
	ID CoroutineID
	// Program is what it runs.
	Program string
	// Parent is who spawned or called it, if it has one: it has none when it was started from outside.
	Parent    CoroutineID
	HasParent bool
	// State is where it is in its life.
	State State
}

// CoroutineID is the identity of a coroutine, unique in its engine and never used again. It carries no authority: to act on a
// coroutine, hold a [*Coroutine].
type CoroutineID uint64

// State is where a coroutine is in its life.
type State uint8

const (
	// StateCreated: made, and not yet started.
	StateCreated = State(cogen_engine_coroutines.State_Created)
	// StateReady: waiting for its turn on its worker.
	StateReady = State(cogen_engine_coroutines.State_Ready)
	// StateRunning: running now.
	StateRunning = State(cogen_engine_coroutines.State_Running)
	// StateParked: waiting for something to happen.
	StateParked = State(cogen_engine_coroutines.State_Parked)
	// StateEnded: over; how can be had by Outcome and Join.
	StateEnded = State(cogen_engine_coroutines.State_Ended)
)

// String is the state in a word.
func (s State) String() string {
	return name(uint8(s), "created", "ready", "running", "parked", "ended")
}
