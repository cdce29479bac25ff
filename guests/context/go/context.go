// Package context hands a value down.
package context

import (
	"errors"

	"cogen"
)

// Context sets a colour, and answers what a program that it calls makes of it.
func Context(program string) ([]byte, error) {
	if err := cogen.SetContext("colour", []byte("red")); err != nil {
		return nil, err
	}
	return cogen.Call(program, []byte("context-read"))
}

// Read answers the colour that was handed down.
func Read() ([]byte, error) {
	colour, err := cogen.GetContext("colour")
	if errors.Is(err, cogen.ErrNotFound) {
		return []byte("none"), nil
	}
	return colour, err
}
