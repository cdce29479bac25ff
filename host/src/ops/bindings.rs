//! What is generated from `wit/`.
#![allow(missing_docs, unreachable_pub, reason = "generated from the WIT, where everything is documented")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "cogen:engine/coroutine",
    imports: {
        "cogen:engine/time.sleep": async | trappable,
        "cogen:engine/time.sleep-until": async | trappable,
        "cogen:engine/time.yield-now": async | trappable,
        "cogen:engine/coroutines.spawn": async | trappable,
        "cogen:engine/coroutines.call": async | trappable,
        "cogen:engine/coroutines.[method]coroutine.join": async | trappable,
        "cogen:engine/coroutines.[method]coroutine.outcome": async | trappable,
        "cogen:engine/signals.signal": async | trappable,
        "cogen:engine/signals.wait-for-signal": async | trappable,
        "cogen:engine/connections.[method]connection.read": async | trappable,
        "cogen:engine/connections.[method]connection.read-exact": async | trappable,
        "cogen:engine/connections.[method]connection.read-line": async | trappable,
        "cogen:engine/connections.[method]connection.write": async | trappable,
        "cogen:engine/connections.[method]connection.write-all": async | trappable,
        "cogen:engine/connections.[method]connection.send-file": async | trappable,
        "cogen:engine/connections.[method]listener.accept": async | trappable,
        "cogen:engine/tcp.connect": async | trappable,
        "cogen:engine/unix.connect": async | trappable,
        "cogen:engine/udp.[method]udp-socket.send-to": async | trappable,
        "cogen:engine/udp.[method]udp-socket.send": async | trappable,
        "cogen:engine/udp.[method]udp-socket.receive-from": async | trappable,
        "cogen:engine/udp.[method]udp-socket.receive": async | trappable,
        "cogen:engine/names.resolve": async | trappable,
        "cogen:engine/handover.spawn": async | trappable,
        "cogen:engine/log.log": async | trappable,
        "cogen:engine/sandbox.spawn": async | trappable,
        "cogen:engine/sandbox.call": async | trappable,
        "cogen:engine/scopes.[method]scope.spawn": async | trappable,
        "cogen:engine/scopes.[method]scope.join": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    trappable_error_type: { "cogen:engine/types.error" => crate::ops::Refusal },
    with: {
        "wasi:io/poll": wasmtime_wasi_io::bindings::wasi::io::poll,
        "cogen:engine/coroutines.coroutine": crate::ops::coroutines::Joinable,
        "cogen:engine/coroutines.pending-call": crate::ops::coroutines::PendingCall,
        "cogen:engine/signals.signal-wait": crate::ops::signals::SignalWait,
        "cogen:engine/signals.pending-signal": crate::ops::signals::PendingSignal,
        "cogen:engine/connections.connection": crate::ops::connections::Connection,
        "cogen:engine/connections.listener": crate::ops::connections::Listener,
        "cogen:engine/connections.pending-connect": crate::ops::connections::PendingConnect,
        "cogen:engine/udp.udp-socket": crate::ops::udp::UdpSocket,
        "cogen:engine/names.pending-resolve": crate::ops::names::PendingResolve,
        "cogen:engine/scopes.scope": crate::ops::scopes::Scope,
    },
});

pub(crate) use self::cogen::engine::types::{self, Ending, Error, Failure, Options};
pub(crate) use self::cogen::engine::{
    connections, context, coroutines, handover, log, names, sandbox, scopes, signals, tcp, time, udp, unix,
};
