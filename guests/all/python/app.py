"""Every scenario in Python, in one component: the first argument says which. `guests/README.md` says what each of them does."""

import calls_scenario as calls
import cancel_scenario as cancel
import context_scenario as context
import echo_scenario as echo
import failure_scenario as failure
import fan_out_scenario as fan_out
import fetch_scenario as fetch
import hello_scenario as hello
import log_scenario as log
import payload_scenario as payload
import select_scenario as select
import signals_scenario as signals
import surface_scenario as surface
import yields_scenario as yields

import cogen

SCENARIOS = {
    "hello": hello.hello,
    "calls-foo": calls.foo,
    "calls-bar": calls.bar,
    "signals-foo": signals.foo,
    "signals-bar": signals.bar,
    "failure": failure.fail,
    "trap": failure.trap,
    "failure-read": failure.read,
    "fan-out": fan_out.fan_out,
    "square": fan_out.square,
    "select": select.first,
    "cancel": cancel.cancel,
    "sleep-long": cancel.sleep_long,
    "context": context.hand_down,
    "context-read": context.read,
    "echo": echo.echo,
    "fetch": fetch.fetch,
    "payload": payload.send,
    "payload-read": payload.read,
    "log": log.log,
    "yields": yields.yields,
    "surface": surface.surface,
    "accept-one": surface.accept_one,
    "end-badly": surface.end_badly,
}


def run(args: bytes) -> bytes | str | None:
    words = cogen.words(args)
    scenario = SCENARIOS.get(words[0]) if words else None
    if scenario is None:
        raise cogen.Failed(f"there is no scenario {' '.join(words)}")
    return scenario(*words[1:])
