// Package cogen is for coroutines of the engine cogen, written in Go.
//
// A coroutine is a component with one entry: a function. It runs alone in its sandbox and asks the engine for everything else.
// What cannot be done at once parks it: the call returns when the result is there, and other coroutines run in the meantime.
//
//	package main
//
//	import (
//		"errors"
//		"fmt"
//		"time"
//
//		"cogen"
//	)
//
//	func init() { cogen.Main(run) }
//
//	func main() {}
//
//	// run waits for readings of a sensor until none has come for two seconds, and answers how many there were.
//	func run(sensor []byte) ([]byte, error) {
//		// Another program of the same engine runs beside this one and signals what it measures.
//		measuring, err := cogen.Spawn("measure", sensor)
//		if err != nil {
//			return nil, err
//		}
//		for readings := 0; ; readings++ {
//			value, err := cogen.WaitForSignal(string(sensor), cogen.WithTimeout(2*time.Second))
//			if errors.Is(err, cogen.ErrTimedOut) {
//				return fmt.Append(nil, readings), measuring.Cancel()
//			}
//			if err != nil {
//				return nil, err // Cancelled: there is no other way out.
//			}
//			fmt.Println(string(value))
//		}
//	}
//
// It is built by the command cogen/cmd/cogen-build:
//
//	go run cogen/cmd/cogen-build -o hello.wasm .
//
// # Where to look
//
//   - [Main], [SplitArgs], [JoinArgs], [ToJSON], [FromJSON]: the entry, what it is given and what it answers
//   - [Spawn], [Call], [StartCall], [Coroutine]: start others, wait for them, end them
//   - [WithScope], [Scope]: start others that end together
//   - [Bounds], [SpawnBounded], [CallBounded]: start others that may do less
//   - [Signal], [WaitForSignal], [StartWait], [StartSignal]: named signals from one to all that wait
//   - [Now], [Sleep], [YieldNow]: the engine's clock
//   - [ConnectTCP], [ListenTCP], [ConnectUnix], [ListenUnix], [BindUDP], [Resolve]: sockets and names
//   - [SpawnGiving], [Take], [Received]: give a socket or a handle to whom one starts
//   - [Select], [After], [At]: wait for the first of several things
//   - [GetContext], [SetContext]: values handed down to whom one starts
//   - [Log]: messages to the operator
//   - [Option]: how long to wait, and who runs first
//   - [Error], [Failure]: what can go wrong
//
// Printing, files, the environment, random numbers and the package time work as everywhere: they are WASI, which the engine
// serves, too. The packages net and os/exec have nothing to work with.
//
// # Goroutines
//
// A guest has one thread. An operation that parks, parks all of its goroutines, until it is over; in a while without any
// (channels, time.Sleep, sync) they take turns. So goroutines are for the order of a program, not for waiting for two things at
// once: for that [Select], or a coroutine for each.
//
// # What is held
//
// What has a Close method holds something of the engine. Close gives it back; the garbage collector does that some time after
// nobody holds it (but for a [Scope], which it leaves alone), and the end of the coroutine does in any case. To use what is
// closed or given away panics.
package cogen
