package cogen

import (
	"fmt"

	"cogen/internal/bindings/imports/cogen_engine_handover"
)

// Thing is something that can be given to a new coroutine: a [*Connection], a [*Listener], a [*UDPSocket], or a [*Coroutine].
type Thing interface {
	// give takes the handle away from its holder.
	give() cogen_engine_handover.Thing
	// kind is what it is called, with its article.
	kind() string
	// drop closes it.
	drop()
}

// SpawnGiving is [Spawn], and gives things to the new coroutine, at most 64. They are gone in any case: when this fails, they
// are closed. What a connection had read ahead goes with it, and so do its timeouts.
//
// It fails as [Spawn] does, and with [ErrInvalidArgument] for too many things. It panics for a thing that is closed or given
// away already.
func SpawnGiving(program string, args []byte, things []Thing, options ...Option) (*Coroutine, error) {
	if err := checkTexts("program", program); err != nil {
		closeAll(things)
		return nil, err
	}
	return wrapped(cogen_engine_handover.Spawn(program, args, give(things), raw(options)), newCoroutine)
}

// received are the things that this coroutine was given and has not taken, once it has asked the engine.
var received struct {
	hasAsked bool
	things   []Thing
}

// Received answers what this coroutine was given when it was started, in order, without what was taken before. It never parks.
func Received() []Thing {
	ask()
	things := received.things
	received.things = nil
	return things
}

// Take answers the next thing that this coroutine was given, and that has not been taken yet:
//
//	connection, err := cogen.Take[*cogen.Connection]()
//
// It fails with an [Error] of the kind Other when there is none, or when it is another kind of thing: then it is still there.
// It never parks.
func Take[T Thing]() (T, error) {
	ask()
	var none T
	if len(received.things) == 0 {
		message := kindOf[T]() + " was expected, but no more was given to this coroutine"
		return none, &Error{Kind: Other, Message: message}
	}
	thing, ok := received.things[0].(T)
	if !ok {
		message := fmt.Sprintf("%s was expected, but %s was given", kindOf[T](), received.things[0].kind())
		return none, &Error{Kind: Other, Message: message}
	}
	received.things = received.things[1:]
	return thing, nil
}

// kindOf is what a kind of thing is called, which may be any of them.
func kindOf[T Thing]() string {
	var none T
	if any(none) == nil {
		return "a thing"
	}
	return none.kind()
}

func ask() {
	if received.hasAsked {
		return
	}
	received.hasAsked = true
	for _, raw := range cogen_engine_handover.Received() {
		received.things = append(received.things, thingOf(raw))
	}
}

func thingOf(raw cogen_engine_handover.Thing) Thing {
	switch raw.Tag() {
	case cogen_engine_handover.Thing_Connection:
		return newConnection(raw.Connection())
	case cogen_engine_handover.Thing_Listener:
		return newListener(raw.Listener())
	case cogen_engine_handover.Thing_UdpSocket:
		return newUDPSocket(raw.UdpSocket())
	default:
		return newCoroutine(raw.Coroutine())
	}
}

func give(things []Thing) []cogen_engine_handover.Thing {
	raw := make([]cogen_engine_handover.Thing, len(things))
	for i, thing := range things {
		raw[i] = thing.give()
	}
	return raw
}

// closeAll lets go of what was to be given to somebody who will not be there.
func closeAll(things []Thing) {
	for _, thing := range things {
		thing.drop()
	}
}

func (c *Connection) give() cogen_engine_handover.Thing {
	return cogen_engine_handover.MakeThingConnection(c.raw)
}

func (*Connection) kind() string {
	return "a connection"
}

func (l *Listener) give() cogen_engine_handover.Thing {
	return cogen_engine_handover.MakeThingListener(l.raw)
}

func (*Listener) kind() string {
	return "a listener"
}

func (s *UDPSocket) give() cogen_engine_handover.Thing {
	return cogen_engine_handover.MakeThingUdpSocket(s.raw)
}

func (*UDPSocket) kind() string {
	return "a UDP socket"
}

func (c *Coroutine) give() cogen_engine_handover.Thing {
	return cogen_engine_handover.MakeThingCoroutine(c.raw)
}

func (*Coroutine) kind() string {
	return "a coroutine"
}

func (c *Connection) drop() {
	c.raw.Drop()
}

func (l *Listener) drop() {
	l.raw.Drop()
}

func (s *UDPSocket) drop() {
	s.raw.Drop()
}

func (c *Coroutine) drop() {
	c.raw.Drop()
}
