package cogen

import (
	"fmt"
	"strings"

	"cogen/internal/bindings/imports/cogen_engine_scopes"
	"cogen/internal/bindings/imports/wasi_io_poll"
)

// Scope is coroutines that end together. The first child that ends without a value cancels the others. No child outlives its
// scope; but what a child has started outside of a scope of its own is not the scope's.
//
//	scope := cogen.NewScope()
//	defer scope.Close()
//
// For those whose life is that of a function there is [WithScope].
type Scope struct {
	raw *cogen_engine_scopes.Scope
}

// open are the scopes that are not closed. The garbage collector is not to decide when children are killed.
var open = map[*Scope]struct{}{}

// NewScope answers a scope without children. Whoever makes one closes it; the end of this coroutine closes it, too.
func NewScope() *Scope {
	scope := &Scope{cogen_engine_scopes.MakeScope()}
	open[scope] = struct{}{}
	return scope
}

// WithScope runs a body, waits until all children that it has started in the scope have ended, and answers nil if all went well,
// or a [*ScopeError].
//
// When the body fails, the children are cancelled, and waited for. When this coroutine is cancelled, so are they, and they are
// given the time to end. When the options' time is up, or the body panics, they are killed. Whoever is in the body is not
// disturbed by the failure of a child: wait for the children there, or [Select] on the scope, which is to wait until all have
// ended.
func WithScope(body func(scope *Scope) error, options ...Option) error {
	scope := NewScope()
	defer scope.Close()
	bodyErr := body(scope)
	if bodyErr != nil {
		scope.Cancel()
	}
	err := scope.Join(options...)
	if bodyErr == nil {
		return err
	}
	all := &ScopeError{Err: bodyErr}
	if failed, ok := err.(*ScopeError); ok {
		all.Failures, all.More = failed.Failures, failed.More
	}
	return all
}

// Spawn starts a coroutine that runs a program with arguments as a child of this scope, and answers its handle.
//
// When a child has failed already, nothing is started any more, and this fails with [ErrEnded]; after Cancel, with
// [ErrInvalidArgument]. It fails as the function [Spawn] does otherwise.
func (s *Scope) Spawn(program string, args []byte, options ...Option) (*Coroutine, error) {
	if err := checkTexts("program", program); err != nil {
		return nil, err
	}
	return s.SpawnGiving(program, args, nil, options...)
}

// SpawnGiving is Spawn, giving things to the new coroutine as the function [SpawnGiving] does.
func (s *Scope) SpawnGiving(program string, args []byte, things []Thing, options ...Option) (*Coroutine, error) {
	if err := checkTexts("program", program); err != nil {
		closeAll(things)
		return nil, err
	}
	return wrapped(s.raw.Spawn(program, args, give(things), raw(options)), newCoroutine)
}

// Join parks until all children have ended. It may be asked again, also after further children were started. After a timeout
// the children go on.
//
// It answers a [*ScopeError] when a child ended without a value, or when the wait failed, with [ErrTimedOut] or
// [ErrCancelled]: then the children have been cancelled, too, and have ended.
func (s *Scope) Join(options ...Option) error {
	failures, err := value(s.raw.Join(raw(options)))
	if err == nil && len(failures.First) == 0 {
		return nil
	}
	all := &ScopeError{Err: err, More: failures.More}
	for _, failure := range failures.First {
		all.Failures = append(all.Failures, failureOf(failure))
	}
	return all
}

// Cancel cancels all children, as a failure of one of them does. It never parks.
func (s *Scope) Cancel() {
	s.raw.Cancel()
}

// Close kills those children that have not ended, with the scopes that they have made. It never fails.
func (s *Scope) Close() error {
	delete(open, s)
	s.raw.Drop()
	return nil
}

func (s *Scope) subscribe() *wasi_io_poll.Pollable {
	return s.raw.Subscribe()
}

// ScopeError is what went wrong in a scope: in the body, among the children, or both.
type ScopeError struct {
	// Err is what the body failed with, or the wait for the children.
	Err error
	// Failures are of the children that ended without a value, in the order of their ends: the first 100. Those that were
	// cancelled with the scope, and gave up, are not among them.
	Failures []*Failure
	// More is how many more there were.
	More uint64
}

// Error is all that went wrong, in words.
func (e *ScopeError) Error() string {
	var texts []string
	for _, err := range e.Unwrap() {
		texts = append(texts, err.Error())
	}
	if e.More > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", e.More))
	}
	return strings.Join(texts, "; ")
}

// Unwrap answers all of them, so that errors.Is and errors.As find each.
func (e *ScopeError) Unwrap() []error {
	var all []error
	if e.Err != nil {
		all = append(all, e.Err)
	}
	for _, failure := range e.Failures {
		all = append(all, failure)
	}
	return all
}
