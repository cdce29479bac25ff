// Package fanout shares work out to many coroutines.
package fanout

import (
	"strconv"

	"cogen"
)

// FanOut has a program square the numbers from 1 on, each in a coroutine of its own, and answers the sum.
func FanOut(program, count string) (string, error) {
	most, err := strconv.Atoi(count)
	if err != nil {
		return "", err
	}
	squares := make([]*cogen.Coroutine, max(most, 0))
	for i := range squares {
		args, err := cogen.JoinArgs("square", strconv.Itoa(i+1))
		if err != nil {
			return "", err
		}
		if squares[i], err = cogen.Spawn(program, args); err != nil {
			return "", err
		}
	}
	sum, err := add(squares)
	return strconv.FormatUint(sum, 10), err
}

func add(squares []*cogen.Coroutine) (sum uint64, err error) {
	for _, square := range squares {
		value, err := square.Join()
		if err != nil {
			return 0, err
		}
		number, err := strconv.ParseUint(string(value), 10, 64)
		if err != nil {
			return 0, err
		}
		sum += number
	}
	return sum, nil
}

// Square answers the square of a number.
func Square(text string) (string, error) {
	number, err := strconv.ParseUint(text, 10, 32)
	return strconv.FormatUint(number*number, 10), err
}
