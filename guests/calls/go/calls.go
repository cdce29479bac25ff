// Package calls has one coroutine that calls another.
package calls

import (
	"fmt"

	"cogen"
)

// Foo calls bar of a program, and prints what it returns.
func Foo(program string) ([]byte, error) {
	fmt.Println("foo")
	args, err := cogen.JoinArgs("calls-bar", "ham")
	if err != nil {
		return nil, err
	}
	value, err := cogen.Call(program, args)
	if err != nil {
		return nil, err
	}
	fmt.Println(string(value))
	return value, nil
}

// Bar answers foo.
func Bar(param string) string {
	fmt.Println("bar")
	return fmt.Sprintf("spam, %s and eggs", param)
}
