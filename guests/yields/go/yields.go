// Package yields lets others run.
package yields

import (
	"strconv"

	"cogen"
)

// Yields yields as often as it is told.
func Yields(text string) error {
	count, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return err
	}
	for range count {
		if err := cogen.YieldNow(); err != nil {
			return err
		}
	}
	return nil
}
