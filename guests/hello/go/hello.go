// Package hello greets.
package hello

import "fmt"

// Hello greets who is named.
func Hello(name string) string {
	greeting := "hello " + name
	fmt.Println(greeting)
	return greeting
}
