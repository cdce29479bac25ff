package cogen

import "cogen/internal/bindings/imports/wasi_io_poll"

// Waitable is something that [Select] can wait for: a [*Coroutine] (its end), a [*PendingCall], a [*SignalWait], a
// [*PendingSignal], a [*PendingConnect], a [*PendingResolve], a [*Scope], what [After] and [At] answer, and that a socket is
// ready ([Connection.Readable] and others).
type Waitable interface {
	// subscribe answers a pollable that becomes ready when the wait is over and stays so.
	subscribe() *wasi_io_poll.Pollable
}

// Select parks until one of the waits is over, and answers its position; of several, the first. To wait for all, call it again
// without those that are over. It panics without waits: that could never end.
func Select(waits ...Waitable) int {
	if len(waits) == 0 {
		panic("cogen: Select needs at least one thing to wait for")
	}
	pollables := make([]*wasi_io_poll.Pollable, len(waits))
	for i, wait := range waits {
		pollables[i] = wait.subscribe()
		// A pollable is to be gone before that which it is of.
		defer pollables[i].Drop()
	}
	first := len(waits)
	for _, ready := range wasi_io_poll.Poll(pollables) {
		first = min(first, int(ready))
	}
	return first
}

// park until a wait is over.
func park(wait Waitable) {
	pollable := wait.subscribe()
	defer pollable.Drop()
	pollable.Block()
}
