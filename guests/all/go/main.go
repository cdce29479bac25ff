// Command all is all scenarios in one component: its first argument says which.
package main

import (
	"fmt"
	"strings"

	"cogen"

	calls "guests/calls/go"
	cancel "guests/cancel/go"
	context "guests/context/go"
	echo "guests/echo/go"
	failure "guests/failure/go"
	fanout "guests/fan-out/go"
	fetch "guests/fetch/go"
	hello "guests/hello/go"
	log "guests/log/go"
	payload "guests/payload/go"
	selects "guests/select/go"
	signals "guests/signals/go"
	surface "guests/surface/go"
	yields "guests/yields/go"
)

func init() {
	cogen.Main(run)
}

func main() {}

// scenario is something to run, and how many arguments it takes.
type scenario struct {
	arguments int
	run       func(args []string) ([]byte, error)
}

var scenarios = map[string]scenario{
	"hello":        {1, func(args []string) ([]byte, error) { return text(hello.Hello(args[0]), nil) }},
	"calls-foo":    {1, func(args []string) ([]byte, error) { return calls.Foo(args[0]) }},
	"calls-bar":    {1, func(args []string) ([]byte, error) { return text(calls.Bar(args[0]), nil) }},
	"signals-foo":  {0, func([]string) ([]byte, error) { return nil, signals.Foo() }},
	"signals-bar":  {0, func([]string) ([]byte, error) { return nil, signals.Bar() }},
	"failure":      {1, func(args []string) ([]byte, error) { return nil, failure.Fail(args[0]) }},
	"trap":         {0, func(args []string) ([]byte, error) { return nil, failure.Trap(strings.Join(args, " ")) }},
	"failure-read": {3, func(args []string) ([]byte, error) { return text(failure.Read(args[0], args[1], args[2])) }},
	"fan-out":      {2, func(args []string) ([]byte, error) { return text(fanout.FanOut(args[0], args[1])) }},
	"square":       {1, func(args []string) ([]byte, error) { return text(fanout.Square(args[0])) }},
	"select":       {1, func(args []string) ([]byte, error) { return text(selects.Select(args[0])) }},
	"cancel":       {1, func(args []string) ([]byte, error) { return text(cancel.Cancel(args[0])) }},
	"sleep-long":   {0, func([]string) ([]byte, error) { return nil, cancel.SleepLong() }},
	"context":      {1, func(args []string) ([]byte, error) { return context.Context(args[0]) }},
	"context-read": {0, func([]string) ([]byte, error) { return context.Read() }},
	"echo":         {0, func([]string) ([]byte, error) { return nil, echo.Echo() }},
	"fetch":        {2, func(args []string) ([]byte, error) { return text(fetch.Fetch(args[0], args[1])) }},
	"payload":      {1, func(args []string) ([]byte, error) { return payload.Payload(args[0]) }},
	"payload-read": {1, func(args []string) ([]byte, error) { return text(payload.Read(args[0])) }},
	"surface":      {1, func(args []string) ([]byte, error) { return text(surface.Surface(args[0]), nil) }},
	"accept-one":   {0, func([]string) ([]byte, error) { return nil, surface.AcceptOne() }},
	"log":          {1, func(args []string) ([]byte, error) { log.Log(args[0]); return nil, nil }},
	"yields":       {1, func(args []string) ([]byte, error) { return nil, yields.Yields(args[0]) }},
}

func run(bytes []byte) ([]byte, error) {
	args := cogen.SplitArgs(bytes)
	if len(args) == 0 {
		return nil, fmt.Errorf("name a scenario")
	}
	scenario, ok := scenarios[args[0]]
	if !ok {
		return nil, fmt.Errorf("there is no scenario %s", args[0])
	}
	args = args[1:]
	if len(args) < scenario.arguments {
		return nil, fmt.Errorf("%d arguments were expected, and %d came", scenario.arguments, len(args))
	}
	return scenario.run(args)
}

func text(value string, err error) ([]byte, error) {
	return []byte(value), err
}
