package cogen

import (
	"math"
	"time"

	"cogen/internal/bindings/imports/cogen_engine_time"
	"cogen/internal/bindings/imports/wasi_io_poll"
)

// Instant is a moment on the engine's clock, in nanoseconds since a point that the engine chose. Moments can be compared within
// one engine; they mean nothing in another, and nothing to the package time: a test may have replaced the engine's clock by
// one that jumps.
type Instant uint64

// Now answers the present moment. It never parks, and never goes backwards.
func Now() Instant {
	return Instant(cogen_engine_time.Now())
}

// Add answers the moment that is so much later. The clock's last moment stands for all that would be later, and its first for
// all that would be earlier.
func (i Instant) Add(duration time.Duration) Instant {
	if duration < 0 {
		back := uint64(-(duration + 1)) + 1
		return Instant(uint64(i) - min(back, uint64(i)))
	}
	if uint64(i) > math.MaxUint64-uint64(duration) {
		return Instant(math.MaxUint64)
	}
	return i + Instant(duration)
}

// Sub answers the time from an earlier moment to this one; zero when it is not earlier. At most 292 years are told.
func (i Instant) Sub(earlier Instant) time.Duration {
	if earlier >= i {
		return 0
	}
	return time.Duration(min(uint64(i-earlier), math.MaxInt64))
}

// Elapsed answers how long ago this moment was; zero when it is still to come.
func (i Instant) Elapsed() time.Duration {
	return Now().Sub(i)
}

// Sleep parks for at least this long. A sleep of zero or less lets everybody run who is ready now. It fails with [ErrCancelled]
// only, which is what it has before time.Sleep: that one sleeps on when the coroutine is cancelled.
func Sleep(duration time.Duration) error {
	return errorOf(cogen_engine_time.Sleep(nanos(duration)))
}

// SleepUntil parks until a moment or a little later. One that has passed behaves as a sleep of zero. It fails with
// [ErrCancelled] only.
func SleepUntil(deadline Instant) error {
	return errorOf(cogen_engine_time.SleepUntil(uint64(deadline)))
}

// YieldNow goes to the back of this worker's queue; alone there, the coroutine continues at once. It fails with [ErrCancelled]
// only.
func YieldNow() error {
	return errorOf(cogen_engine_time.YieldNow())
}

// After answers a sleep that begins now, to [Select] on.
func After(duration time.Duration) Waitable {
	return At(Now().Add(max(duration, 0)))
}

// At answers a sleep that ends at this moment, to [Select] on.
func At(deadline Instant) Waitable {
	return sleep(deadline)
}

type sleep Instant

func (s sleep) subscribe() *wasi_io_poll.Pollable {
	return cogen_engine_time.SubscribeSleepUntil(uint64(s))
}

// nanos are nanoseconds as the engine counts them: it knows none below zero.
func nanos(duration time.Duration) uint64 {
	return uint64(max(duration, 0))
}
