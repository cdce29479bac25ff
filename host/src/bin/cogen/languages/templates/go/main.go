package main

import (
	"errors"
	"fmt"
	"time"

	"cogen"
)

// main is never run: the engine enters what init names.
func main() {}

func init() { cogen.Main(run) }

func run(args []byte) ([]byte, error) {
	_, err := cogen.WaitForSignal("bell", cogen.WithTimeout(500*time.Millisecond)) // parks this coroutine, and nobody else
	if errors.Is(err, cogen.ErrTimedOut) {
		fmt.Println("nobody rang")
	} else if err != nil {
		return nil, err
	}
	fmt.Printf("hello %s\n", args)
	return args, nil
}
