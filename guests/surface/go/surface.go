// Package surface uses what no other scenario does, and checks what comes of it.
package surface

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"cogen"
)

// Surface answers that all is well, or the first thing that is not. What is not as it should be panics, so that the traceback
// says where.
func Surface(program string) string {
	clock()
	handles(program)
	calls(program)
	waits()
	scopes(program)
	sandboxes(program)
	streams(program)
	datagrams()
	nonsense(program)
	memory(program)
	return "all well"
}

func clock() {
	began := cogen.Now()
	succeed(cogen.Sleep(10 * time.Millisecond))
	succeed(cogen.SleepUntil(began.Add(20 * time.Millisecond)))
	succeed(cogen.YieldNow())
	check(began.Elapsed() >= 20*time.Millisecond)
	check(began.Add(-time.Hour).Sub(began) == 0 && cogen.Instant(1).Add(-2) == 0)
	check(cogen.Instant(1<<64-1).Add(1) == 1<<64-1)
}

func handles(program string) {
	me := cogen.Current().Info()
	check(me.State == cogen.StateRunning && me.Program == program)
	child := must(cogen.Spawn(program, []byte("sleep-long"), cogen.WithPriority(cogen.PriorityFirst)))
	shared := child.Share()
	check(shared.Info().ID == child.Info().ID && shared.Info().HasParent && shared.Info().Parent == me.ID)
	succeed(shared.Kill())
	succeed(shared.Close())
	check(cogen.Select(cogen.After(30*time.Second), child) == 1)
	outcome := must(child.Outcome(cogen.WithTimeout(0)))
	check(outcome.Failure != nil && outcome.Failure.Ending == cogen.EndingKilled)
	succeed(child.Close())
}

func calls(program string) {
	call := must(cogen.StartCall(program, words("square", "12")))
	fails(cogen.ErrNotReady, second(call.Finish()))
	check(string(must(call.Wait())) == "144")
	_, err := cogen.Call(program, []byte("sleep-long"), cogen.WithTimeout(10*time.Millisecond))
	fails(cogen.ErrTimedOut, err)
	fails(cogen.ErrUnknownProgram, second(cogen.Call("nobody", nil)))
	fails(cogen.ErrInvalidArgument, second(cogen.Signal("", nil, 0)))
	fails(cogen.ErrInvalidArgument, second(cogen.JoinArgs("\x00")))
	check(slices.Equal(cogen.SplitArgs(words("a", "", "")), []string{"a", "", ""}) && cogen.SplitArgs(nil) == nil)
}

func waits() {
	wait := must(cogen.StartWait("own"))
	pending := must(cogen.StartSignal("own", []byte("value"), 1))
	check(must(pending.Wait()) == 1)
	check(string(must(wait.Wait())) == "value")
	check(must(cogen.Signal("own", nil, 0)) == 0)
	succeed(cogen.SetContext("one", []byte{0, 255}))
	check(bytes.Equal(must(cogen.GetContext("one")), []byte{0, 255}))
	check(slices.Equal(cogen.ContextNames(), []string{"one"}))
	cogen.RemoveContext("one")
	fails(cogen.ErrNotFound, second(cogen.GetContext("one")))
}

func scopes(program string) {
	var children []*cogen.Coroutine
	succeed(cogen.WithScope(func(scope *cogen.Scope) error {
		for _, number := range []string{"0", "1", "2"} {
			children = append(children, must(scope.Spawn(program, words("square", number))))
		}
		return nil
	}))
	check(string(must(children[2].Join())) == "4")

	err := cogen.WithScope(func(scope *cogen.Scope) error {
		must(scope.Spawn(program, []byte("sleep-long")))
		must(scope.Spawn(program, words("failure", "no")))
		return nil
	})
	var failed *cogen.ScopeError
	check(errors.As(err, &failed) && failed.Err == nil && len(failed.Failures) == 1 && failed.More == 0)
	var failure *cogen.Failure
	check(errors.As(err, &failure) && failure.Message == "no")

	fault := errors.New("the body is at fault")
	err = cogen.WithScope(func(scope *cogen.Scope) error {
		must(scope.Spawn(program, []byte("sleep-long")))
		return fault
	})
	fails(fault, err)
}

func sandboxes(program string) {
	square := words("square", "3")
	bounds := cogen.BoundsOnly().Limit("memory", 1<<30).Time("cpu-time", time.Hour)
	check(string(must(cogen.CallBounded(program, square, bounds))) == "9")
	child := must(cogen.SpawnBounded(program, square, nil, cogen.BoundsWithinMine()))
	check(string(must(child.Join())) == "9")
	_, err := cogen.CallBounded(program, words("calls-foo", program), cogen.BoundsOnly(cogen.GrantConnect("127.0.0.1:*")))
	fails(cogen.ErrEnded, err)
	fails(cogen.ErrInvalidArgument, second(cogen.CallBounded(program, square, cogen.BoundsOwn().Limit("nonsense", 1))))
}

func streams(program string) {
	check(must(cogen.Resolve("127.0.0.1"))[0].IsLoopback())
	check(must(must(cogen.StartResolve("::1")).Wait())[0].Is6())
	listener := must(cogen.ListenTCP("127.0.0.1:0", cogen.ListenOptions{Backlog: 8}))
	address := must(listener.LocalAddress())
	near := must(must(cogen.StartConnectTCP(address)).Wait())
	check(cogen.Select(listener.Acceptable()) == 0)
	far, peer, err := listener.Accept(cogen.WithTimeout(10 * time.Second))
	succeed(err)
	check(peer == must(near.LocalAddress()) && address == must(near.PeerAddress()) && address == must(far.LocalAddress()))
	talk(near, far)
	succeed(errors.Join(near.Close(), far.Close()))

	accepting := must(must(listener.Share()).Serve(program, []byte("echo"), 0))
	client := must(cogen.ConnectTCP(address))
	must(fmt.Fprintln(client, "naïve"))
	check(string(must(client.ReadExact(7))) == "naïve\n")
	succeed(errors.Join(client.Close(), accepting.Cancel()))
	must(accepting.Outcome())

	must(cogen.SpawnGiving(program, []byte("accept-one"), []cogen.Thing{listener}))
	client = must(cogen.ConnectTCP(address))
	check(string(must(io.ReadAll(client))) == "accepted")
	succeed(client.Close())
	var none *cogen.Error
	check(errors.As(second(cogen.Take[*cogen.Connection]()), &none) && none.Kind == cogen.Other)
	_, err = cogen.ConnectTCP(address)
	var network *cogen.NetworkFailure
	check(errors.As(err, &network) && network.Problem == cogen.ProblemRefused)
}

func talk(near, far *cogen.Connection) {
	succeed(near.SetNoDelay(true))
	check(must(near.NoDelay()))
	succeed(errors.Join(near.SetKeepAlive(time.Minute), near.SetBufferSizes(1<<16, 1<<16)))
	receive, send, err := near.BufferSizes()
	succeed(err)
	check(receive > 0 && send > 0)
	near.SetTimeout(cogen.WithTimeout(10 * time.Second))
	succeed(near.SetIdleTimeout(10 * time.Second))

	check(cogen.Select(far.Readable(), near.Writable()) == 1)
	check(must(near.WriteSome([]byte("spam\nham"))) == 8)
	check(string(must(far.ReadLine(100))) == "spam\n")
	fails(cogen.ErrTimedOut, second(far.ReadExact(4, cogen.WithTimeout(0))))
	check(string(must(far.ReadSome(100))) == "ham")
	check(far.Counts() == cogen.Counts{Read: 8})
	writer := must(far.Share())
	check(must(writer.Write(bytes.Repeat([]byte("x"), 20))) == 20)
	succeed(writer.Close())
	fails(cogen.ErrTooLong, second(near.ReadLine(10)))
	check(len(must(near.ReadExact(20))) == 20)
	succeed(near.WriteAll([]byte("end")))
	succeed(near.Shutdown(cogen.DirectionWrite))
	line, err := far.ReadLine(100)
	check(string(line) == "end" && err == io.EOF)
	fails(io.EOF, second(far.ReadSome(1)))
	fails(io.EOF, second(far.ReadExact(1)))
}

// AcceptOne accepts from the listener that it was given.
func AcceptOne() error {
	listener, err := cogen.Take[*cogen.Listener]()
	if err != nil {
		return err
	}
	defer listener.Close()
	connection, _, err := listener.Accept()
	if err != nil {
		return err
	}
	defer connection.Close()
	_, err = io.WriteString(connection, "accepted")
	return err
}

func datagrams() {
	one, other := must(cogen.BindUDP("127.0.0.1:0")), must(cogen.BindUDP("127.0.0.1:0"))
	one.SetTimeout(cogen.WithTimeout(10 * time.Second))
	other.SetTimeout(cogen.WithTimeout(10 * time.Second))
	succeed(errors.Join(one.SetBufferSizes(1<<16, 1<<16), one.SetBroadcast(false)))
	succeed(one.SendTo([]byte("spam"), must(other.LocalAddress())))
	check(cogen.Select(other.Receivable()) == 0)
	datagram, from, err := other.ReceiveFrom(100)
	succeed(err)
	check(string(datagram) == "spam" && from == must(one.LocalAddress()))
	succeed(other.Connect(from))
	check(must(other.PeerAddress()) == from && cogen.Select(other.Sendable()) == 0)
	succeed(other.Send([]byte("ham")))
	check(string(must(one.Receive(2))) == "ha")
	succeed(errors.Join(one.Close(), other.Close()))
}

// memory has the garbage collector at work, and another goroutine, while the engine passes values large and small.
// What the engine cannot be told is an error, and not the end.
func nonsense(program string) {
	const noText = "\xff"
	fails(cogen.ErrInvalidArgument, second(cogen.Call(noText, nil)))
	fails(cogen.ErrInvalidArgument, second(cogen.WaitForSignal(noText)))
	fails(cogen.ErrInvalidArgument, second(cogen.ConnectTCP(noText)))
	fails(cogen.ErrInvalidArgument, cogen.SetContext(noText, nil))
	cogen.RemoveContext(noText)
	bounds := cogen.BoundsOnly(cogen.GrantCall(noText))
	fails(cogen.ErrInvalidArgument, second(cogen.CallBounded(program, nil, bounds)))
	fails(cogen.ErrInvalidArgument, second(cogen.CallBounded(program, nil, cogen.BoundsOwn().Limit(noText, 1))))
	socket := must(cogen.BindUDP("127.0.0.1:0"))
	fails(cogen.ErrInvalidArgument, second(cogen.SpawnGiving(noText, nil, []cogen.Thing{socket})))
	socket = must(cogen.BindUDP("127.0.0.1:0"))
	fails(cogen.ErrInvalidArgument, second(socket.Receive(-1)))
	succeed(socket.Close())
	check(cogen.Outcome{}.Err() == nil)
}

func memory(program string) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for kept := 0; ; kept++ {
			select {
			case <-done:
				return
			default:
				kept += len(make([]byte, 1<<16))
				succeed(cogen.YieldNow())
				// Nobody takes a turn away from a goroutine that does not give it up.
				runtime.Gosched()
			}
		}
	}()
	for i := range 300 {
		payload := bytes.Repeat([]byte{byte(i)}, i*300)
		succeed(cogen.SetContext("payload", payload[:min(len(payload), 60000)]))
		check(bytes.Equal(must(cogen.GetContext("payload")), payload[:min(len(payload), 60000)]))
		wait := must(cogen.StartWait("payload"))
		check(must(cogen.Signal("payload", payload, 0)) == 1)
		// Whoever waits by a channel lets the other goroutine in.
		time.Sleep(time.Microsecond)
		check(bytes.Equal(must(wait.Wait()), payload))
		// Its handle is the garbage collector's.
		must(cogen.Spawn(program, words("square", "1")))
	}
	close(done)
	<-stopped
	cogen.RemoveContext("payload")
}

func words(args ...string) []byte {
	return must(cogen.JoinArgs(args...))
}

func must[T any](value T, err error) T {
	succeed(err)
	return value
}

func second[T any](_ T, err error) error {
	return err
}

func succeed(err error) {
	if err != nil {
		panic(err)
	}
}

func fails(want, err error) {
	if !errors.Is(err, want) {
		panic(fmt.Sprintf("%v was expected, and came %v", want, err))
	}
}

func check(isSo bool) {
	if !isSo {
		panic("this is not so")
	}
}
