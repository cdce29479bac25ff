// Package cancel has one coroutine that cancels another, and the other one.
package cancel

import (
	"errors"
	"fmt"
	"time"

	"cogen"
)

// Cancel starts a coroutine that sleeps, loses patience, and answers how it ended.
func Cancel(program string) (string, error) {
	sleeper, err := cogen.Spawn(program, []byte("sleep-long"))
	if err != nil {
		return "", err
	}
	if _, err := sleeper.Join(cogen.WithTimeout(time.Second)); !errors.Is(err, cogen.ErrTimedOut) {
		return "", fmt.Errorf("it was to sleep for longer: %w", err)
	}
	fmt.Println("timed out")
	if err := sleeper.Cancel(); err != nil {
		return "", err
	}
	return ending(sleeper)
}

func ending(sleeper *cogen.Coroutine) (string, error) {
	outcome, err := sleeper.Outcome()
	if err != nil {
		return "", err
	}
	if outcome.Failure == nil {
		return "", errors.New("it returned in spite of being cancelled")
	}
	ending := outcome.Failure.Ending.String()
	fmt.Println(ending)
	return ending, nil
}

// SleepLong sleeps for an hour.
func SleepLong() error {
	err := cogen.Sleep(time.Hour)
	if errors.Is(err, cogen.ErrCancelled) {
		fmt.Println("cleaning up")
	}
	return err
}
