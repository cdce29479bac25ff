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
        "cogen:engine/signals.signal": async | trappable,
        "cogen:engine/signals.wait-for-signal": async | trappable,
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
    },
});

pub(crate) use self::cogen::engine::types::{self, Ending, Error, Failure, Options};
pub(crate) use self::cogen::engine::{context, coroutines, log, signals, time};
