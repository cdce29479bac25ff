// Package failure has coroutines that end without a value, and one that tells how another ended.
package failure

import (
	"errors"
	"fmt"

	"cogen"
)

// Fail ends as failed.
func Fail(message string) error {
	return errors.New(message)
}

// Trap ends by what is a bug.
func Trap(message string) error {
	panic(message)
}

// Read calls a scenario of a program that fails, and answers how it ended.
func Read(program, scenario, message string) (string, error) {
	args, err := cogen.JoinArgs(scenario, message)
	if err != nil {
		return "", err
	}
	_, err = cogen.Call(program, args)
	var failure *cogen.Failure
	if errors.As(err, &failure) {
		return fmt.Sprintf("%s ended as %s: %s", failure.Program, failure.Ending, failure.Message), nil
	}
	if err == nil {
		err = fmt.Errorf("%s of %s has not failed", scenario, program)
	}
	return "", err
}
