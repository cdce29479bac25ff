// Package selects waits for the first of two things.
package selects

import (
	"strconv"
	"time"

	"cogen"
)

// Select waits for a signal, so many seconds at most.
func Select(seconds string) (string, error) {
	patience, err := strconv.ParseFloat(seconds, 64)
	if err != nil {
		return "", err
	}
	wait, err := cogen.StartWait("go")
	if err != nil {
		return "", err
	}
	defer wait.Close()
	if cogen.Select(wait, cogen.After(time.Duration(patience*float64(time.Second)))) == 1 {
		return "time", nil
	}
	value, err := wait.Finish()
	return "signal " + string(value), err
}
