package cogen

import (
	"fmt"
	"strings"

	"cogen/internal/bindings/imports/cogen_engine_types"
	witTypes "cogen/internal/wit/types"
)

// Error is why an operation did not succeed.
//
// Its kind is asked for by errors.Is and one of the variables below ([ErrTimedOut] and so on). Of another coroutine that ended
// without a value, errors.As finds the [*Failure]; of a network that said no, the [*NetworkFailure].
type Error struct {
	Kind Kind
	// Message says more, for those kinds that need it.
	Message string
	// cause is the Failure or NetworkFailure.
	cause error
}

// Kind is what sort of thing went wrong. More may come in a later version: treat what you do not know as you treat Other.
type Kind uint8

const (
	// TimedOut: the time given was up. What the operation had registered is undone.
	TimedOut = Kind(cogen_engine_types.Error_TimedOut)
	// Cancelled: this coroutine has been cancelled. From now on each of its waits answers so: clean up and return.
	Cancelled = Kind(cogen_engine_types.Error_Cancelled)
	// Ended: the other coroutine ended without a value.
	Ended = Kind(cogen_engine_types.Error_Ended)
	// UnknownProgram: no program of that name may be run from here.
	UnknownProgram = Kind(cogen_engine_types.Error_UnknownProgram)
	// InvalidArgument: an argument makes no sense; the message says which, and what is allowed.
	InvalidArgument = Kind(cogen_engine_types.Error_InvalidArgument)
	// LimitReached: a bound of the engine was met; the message names it, its number, and where to change it.
	LimitReached = Kind(cogen_engine_types.Error_LimitReached)
	// NotReady: there is no result to be had yet. [Select] first.
	NotReady = Kind(cogen_engine_types.Error_NotReady)
	// NotFound: nothing is kept under that name.
	NotFound = Kind(cogen_engine_types.Error_NotFound)
	// Network: the network, or the machine's part of it, said no.
	Network = Kind(cogen_engine_types.Error_Network)
	// Denied: this program was not granted that; the message says what is missing, and where to grant it.
	Denied = Kind(cogen_engine_types.Error_Denied)
	// TooLong: a line is longer than was allowed. What has come of it can be read.
	TooLong = Kind(cogen_engine_types.Error_TooLong)
	// Other: anything else, in words.
	Other = Kind(cogen_engine_types.Error_Other)
)

// What errors.Is compares with: an [Error] is the one of its kind.
var (
	ErrTimedOut        = &Error{Kind: TimedOut}
	ErrCancelled       = &Error{Kind: Cancelled}
	ErrEnded           = &Error{Kind: Ended}
	ErrUnknownProgram  = &Error{Kind: UnknownProgram}
	ErrInvalidArgument = &Error{Kind: InvalidArgument}
	ErrLimitReached    = &Error{Kind: LimitReached}
	ErrNotReady        = &Error{Kind: NotReady}
	ErrNotFound        = &Error{Kind: NotFound}
	ErrNetwork         = &Error{Kind: Network}
	ErrDenied          = &Error{Kind: Denied}
	ErrTooLong         = &Error{Kind: TooLong}
)

// Error is the error in words.
func (e *Error) Error() string {
	switch e.Kind {
	case TimedOut:
		return "timed out"
	case Cancelled:
		return "cancelled"
	case Ended:
		return e.causeOr("the coroutine ended without a value")
	case UnknownProgram:
		return fmt.Sprintf("there is no program `%s`", e.Message)
	case InvalidArgument:
		return "invalid argument: " + e.Message
	case LimitReached:
		return "limit reached: " + e.Message
	case NotReady:
		return "not ready"
	case NotFound:
		return "not found"
	case Network:
		return e.causeOr("the network said no")
	case Denied:
		return "denied: " + e.Message
	case TooLong:
		return "the line is too long"
	default:
		return e.Message
	}
}

func (e *Error) causeOr(text string) string {
	if e.cause == nil {
		return text
	}
	return e.cause.Error()
}

// Is tells whether the target is the variable of this error's kind.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Kind == e.Kind && other.Message == "" && other.cause == nil
}

// Unwrap answers the [*Failure] or [*NetworkFailure], if there is one.
func (e *Error) Unwrap() error {
	return e.cause
}

// Timeout tells whether the time given was up, as net.Error has it.
func (e *Error) Timeout() bool {
	return e.Kind == TimedOut
}

// Failure is how another coroutine ended, as told to one that called or joined it.
type Failure struct {
	// ID is the coroutine that ended so.
	ID CoroutineID
	// Program is what it ran.
	Program string
	// Ending is the manner of its end.
	Ending Ending
	// Message is its own; of a chain of calls, the deepest message with the programs on the way before it.
	Message string
	// Backtrace is where it trapped, innermost frame first, a line each; empty if it did not trap.
	Backtrace string
}

// Error is the failure in words.
func (f *Failure) Error() string {
	text := fmt.Sprintf("`%s` %s", f.Program, f.Ending.phrase())
	if f.Message != "" {
		text += ": " + f.Message
	}
	// A caller that passes the error on says with it where it came from.
	if f.Backtrace != "" {
		text += "\n" + strings.TrimSuffix(f.Backtrace, "\n")
	}
	return text
}

// Is tells whether the target is [ErrEnded]: that is what it says of whoever waited, also by a [ScopeError].
func (f *Failure) Is(target error) bool {
	return target == error(ErrEnded)
}

// Ending is the way a coroutine ended without a value.
type Ending uint8

const (
	// EndingFailed: it returned an error, or exited with a status that is not zero.
	EndingFailed = Ending(cogen_engine_types.Ending_Failed)
	// EndingTrapped: it trapped, by a panic, an unreachable instruction, a bad memory access, an overflow of its stack.
	EndingTrapped = Ending(cogen_engine_types.Ending_Trapped)
	// EndingExceeded: it went over a limit.
	EndingExceeded = Ending(cogen_engine_types.Ending_Exceeded)
	// EndingCancelled: it was cancelled and gave up.
	EndingCancelled = Ending(cogen_engine_types.Ending_Cancelled)
	// EndingKilled: it was killed.
	EndingKilled = Ending(cogen_engine_types.Ending_Killed)
)

// String is the ending in a word: failed, trapped, exceeded, cancelled or killed.
func (e Ending) String() string {
	return name(uint8(e), "failed", "trapped", "exceeded", "cancelled", "killed")
}

func (e Ending) phrase() string {
	return name(uint8(e), "failed", "trapped", "exceeded a limit", "was cancelled", "was killed")
}

// name is the one at this place; of an enum, more values may come in a later version.
func name(value uint8, names ...string) string {
	if int(value) < len(names) {
		return names[value]
	}
	return fmt.Sprintf("unknown (%d)", value)
}

// NetworkFailure is why the network did not do what was asked.
type NetworkFailure struct {
	// Problem is what sort of no it was.
	Problem NetworkProblem
	// Message is what was attempted, on what, and what the operating system said.
	Message string
}

// Error is the failure in words.
func (f *NetworkFailure) Error() string {
	return f.Message
}

// NetworkProblem is what sort of thing a network, or the machine's part of it, has said no with.
type NetworkProblem uint8

const (
	// ProblemRefused: nobody listens there.
	ProblemRefused = NetworkProblem(cogen_engine_types.NetworkProblem_Refused)
	// ProblemReset: the connection was torn down, by the peer or on the way.
	ProblemReset = NetworkProblem(cogen_engine_types.NetworkProblem_Reset)
	// ProblemClosed: this direction of the connection has ended, and nothing more can be written.
	ProblemClosed = NetworkProblem(cogen_engine_types.NetworkProblem_Closed)
	// ProblemUnreachable: no way leads there, or it leads nowhere.
	ProblemUnreachable = NetworkProblem(cogen_engine_types.NetworkProblem_Unreachable)
	// ProblemAddressInUse: somebody else has the address.
	ProblemAddressInUse = NetworkProblem(cogen_engine_types.NetworkProblem_AddressInUse)
	// ProblemAddressUnavailable: the address is none of this machine's.
	ProblemAddressUnavailable = NetworkProblem(cogen_engine_types.NetworkProblem_AddressUnavailable)
	// ProblemNameUnknown: there is no such name, or nobody who knows.
	ProblemNameUnknown = NetworkProblem(cogen_engine_types.NetworkProblem_NameUnknown)
	// ProblemDenied: the operating system does not let the engine do it.
	ProblemDenied = NetworkProblem(cogen_engine_types.NetworkProblem_Denied)
	// ProblemOther: anything else; the message says what.
	ProblemOther = NetworkProblem(cogen_engine_types.NetworkProblem_Other)
)

// value answers what the engine has answered, as Go has it.
func value[T any](result witTypes.Result[T, cogen_engine_types.Error]) (T, error) {
	return result.Ok(), errorOf(result)
}

// wrapped answers a resource of the engine, as the SDK has it.
func wrapped[R, T any](result witTypes.Result[R, cogen_engine_types.Error], wrap func(R) *T) (*T, error) {
	if err := errorOf(result); err != nil {
		return nil, err
	}
	return wrap(result.Ok()), nil
}

// errorOf answers the error of a result, or nil if there is none.
func errorOf[T any](result witTypes.Result[T, cogen_engine_types.Error]) error {
	if result.Tag() == witTypes.ResultOk {
		return nil
	}
	raw := result.Err()
	err := &Error{Kind: Kind(raw.Tag())}
	switch raw.Tag() {
	case cogen_engine_types.Error_Ended:
		err.cause = failureOf(raw.Ended())
	case cogen_engine_types.Error_Network:
		network := raw.Network()
		err.cause = &NetworkFailure{Problem: NetworkProblem(network.Problem), Message: network.Message}
	case cogen_engine_types.Error_UnknownProgram:
		err.Message = raw.UnknownProgram()
	case cogen_engine_types.Error_InvalidArgument:
		err.Message = raw.InvalidArgument()
	case cogen_engine_types.Error_LimitReached:
		err.Message = raw.LimitReached()
	case cogen_engine_types.Error_Denied:
		err.Message = raw.Denied()
	case cogen_engine_types.Error_Other:
		err.Message = raw.Other()
	}
	return err
}

func failureOf(raw cogen_engine_types.Failure) *Failure {
	return &Failure{
		ID:        CoroutineID(raw.Id),
		Program:   raw.Program,
		Ending:    Ending(raw.Ending),
		Message:   raw.Message,
		Backtrace: raw.Backtrace,
	}
}
