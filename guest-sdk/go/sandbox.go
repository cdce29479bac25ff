package cogen

import (
	"cmp"
	"time"

	"cogen/internal/bindings/imports/cogen_engine_sandbox"
)

// Bounds is what is left to a coroutine of that which its program has. It holds for it and for all that it starts, and they
// start. Nobody gets more than the grants of its own program either. What it is refused because of that fails with
// [ErrDenied].
//
//	bounds := cogen.BoundsOnly(cogen.GrantConnect("example.org:443")).Time("cpu-time", time.Second).Limit("memory", 16<<20)
//	value, err := cogen.CallBounded(program, nil, bounds)
type Bounds struct {
	grants cogen_engine_sandbox.Grants
	limits []cogen_engine_sandbox.Limit
	// err is what makes no sense in them, if anything does.
	err error
}

// BoundsOwn leaves all that its program is granted.
func BoundsOwn() Bounds {
	return Bounds{grants: cogen_engine_sandbox.MakeGrantsOwn()}
}

// BoundsWithinMine leaves what this coroutine may do itself.
func BoundsWithinMine() Bounds {
	return Bounds{grants: cogen_engine_sandbox.MakeGrantsWithinMine()}
}

// BoundsOnly leaves this and nothing else; at most 64. Of no grants at all only what it is given is left.
func BoundsOnly(grants ...Grant) Bounds {
	only := make([]cogen_engine_sandbox.Grant, len(grants))
	var err error
	for i, grant := range grants {
		only[i], err = grant.raw, cmp.Or(err, checkTexts("grant", grant.rule))
	}
	return Bounds{grants: cogen_engine_sandbox.MakeGrantsOnly(only), err: err}
}

// Limit answers these bounds with at most so much of what this key of `[program.NAME.limits]` bounds for each coroutine, in its
// unit: bytes, nanoseconds, or a number.
func (b Bounds) Limit(key string, most uint64) Bounds {
	limit := cogen_engine_sandbox.Limit{Key: key, Most: most}
	// Others may have been made of the same bounds.
	b.limits = append(b.limits[:len(b.limits):len(b.limits)], limit)
	b.err = cmp.Or(b.err, checkTexts("limit", key))
	return b
}

// Time is Limit, for those keys that are a length of time.
func (b Bounds) Time(key string, most time.Duration) Bounds {
	return b.Limit(key, nanos(most))
}

func (b Bounds) raw() cogen_engine_sandbox.Bounds {
	return cogen_engine_sandbox.Bounds{Grants: b.grants, Limits: b.limits}
}

// Grant is one thing that is left to a coroutine, as a rule of `[program.NAME.allow]` has it.
type Grant struct {
	raw  cogen_engine_sandbox.Grant
	rule string
}

// GrantConnect is to connect there: `host:ports`, or `unix:path`.
func GrantConnect(rule string) Grant {
	return Grant{cogen_engine_sandbox.MakeGrantConnect(rule), rule}
}

// GrantListen is to listen there: `address:ports`, or `unix:path`.
func GrantListen(rule string) Grant {
	return Grant{cogen_engine_sandbox.MakeGrantListen(rule), rule}
}

// GrantUDP is to send datagrams there: `host:ports`.
func GrantUDP(rule string) Grant {
	return Grant{cogen_engine_sandbox.MakeGrantUdp(rule), rule}
}

// GrantUDPBind is to bind a socket for datagrams there: `address:ports`.
func GrantUDPBind(rule string) Grant {
	return Grant{cogen_engine_sandbox.MakeGrantUdpBind(rule), rule}
}

// GrantResolve is to look up names.
func GrantResolve(rule string) Grant {
	return Grant{cogen_engine_sandbox.MakeGrantResolve(rule), rule}
}

// GrantDirectory is to use the directory that its program is granted under this name.
func GrantDirectory(name string) Grant {
	return Grant{cogen_engine_sandbox.MakeGrantDirectory(name), name}
}

// GrantEnvironment is to see the variable of the environment that its program is granted under this name.
func GrantEnvironment(name string) Grant {
	return Grant{cogen_engine_sandbox.MakeGrantEnvironment(name), name}
}

// GrantSpawn is to start coroutines of these programs; `*` stands for any run of characters, here and in all that follow.
func GrantSpawn(pattern string) Grant {
	return Grant{cogen_engine_sandbox.MakeGrantSpawn(pattern), pattern}
}

// GrantCall is to call these programs.
func GrantCall(pattern string) Grant {
	return Grant{cogen_engine_sandbox.MakeGrantCall(pattern), pattern}
}

// GrantCancel is to cancel and kill coroutines of these programs that it has not started.
func GrantCancel(pattern string) Grant {
	return Grant{cogen_engine_sandbox.MakeGrantCancel(pattern), pattern}
}

// GrantSend is to send these signals.
func GrantSend(pattern string) Grant {
	return Grant{cogen_engine_sandbox.MakeGrantSend(pattern), pattern}
}

// GrantWait is to wait for these signals.
func GrantWait(pattern string) Grant {
	return Grant{cogen_engine_sandbox.MakeGrantWait(pattern), pattern}
}

// SpawnBounded is [SpawnGiving], within bounds; things may be nil. It fails as that does, with [ErrInvalidArgument] for a grant
// or a limit that is none, and with [ErrLimitReached] when grants have been narrowed 16 times above one another.
func SpawnBounded(program string, args []byte, things []Thing, bounds Bounds, options ...Option) (*Coroutine, error) {
	if err := cmp.Or(bounds.err, checkTexts("program", program)); err != nil {
		closeAll(things)
		return nil, err
	}
	return wrapped(cogen_engine_sandbox.Spawn(program, args, give(things), bounds.raw(), raw(options)), newCoroutine)
}

// CallBounded is [Call], within bounds. It fails as that and [SpawnBounded] do.
func CallBounded(program string, args []byte, bounds Bounds, options ...Option) ([]byte, error) {
	if err := cmp.Or(bounds.err, checkTexts("program", program)); err != nil {
		return nil, err
	}
	return value(cogen_engine_sandbox.Call(program, args, bounds.raw(), raw(options)))
}
