// Package signals has one coroutine that signals, and one that waits.
package signals

import (
	"errors"
	"fmt"
	"time"

	"cogen"
)

// Foo signals as soon as somebody waits.
func Foo() error {
	for _, value := range []string{"spam", "ham", "eggs"} {
		if _, err := cogen.Signal("bar", []byte(value), 1); err != nil {
			return err
		}
	}
	return cogen.Sleep(3 * time.Second)
}

// Bar prints what is signalled, until nothing more comes.
func Bar() error {
	for range 3 {
		value, err := cogen.WaitForSignal("bar")
		if err != nil {
			return err
		}
		fmt.Println(string(value))
	}
	_, err := cogen.WaitForSignal("bar", cogen.WithTimeout(2*time.Second))
	if errors.Is(err, cogen.ErrTimedOut) {
		fmt.Println("No more stuff!")
		return nil
	}
	return err
}
