//! How a coroutine ended.

use std::fmt;

use wasmtime::{Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::Core;
use crate::sandbox::limits::Limit;
use crate::sandbox::{Exceeded, Killed};

/// How a coroutine ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It returned this value; a command that exited with zero returned nothing.
    Returned(Vec<u8>),
    /// It exited with this status, which is not zero. A command that says only that it failed exits with 1.
    Exited(u8),
    /// It returned an error.
    Failed {
        /// What it said.
        message: String,
    },
    /// It trapped.
    Trapped {
        /// The trap in words.
        message: String,
        /// The guest's frames, innermost first; empty if there were none.
        backtrace: String,
    },
    /// It went over a limit.
    Exceeded {
        /// The limit, its number, and what to change.
        limit: String,
    },
    /// It was cancelled, and ended with an error after that.
    Cancelled,
    /// It was killed.
    Killed,
}

impl Outcome {
    /// Whether it ended with a value.
    pub fn is_success(&self) -> bool {
        matches!(self, Outcome::Returned(_))
    }

    /// The same with a value of at most `most` bytes, and messages cut to a page or two.
    pub(crate) fn within(self, most: usize) -> Self {
        match self {
            Outcome::Returned(value) if value.len() > most => {
                Outcome::Exceeded { limit: format!("result: {} bytes returned, {most} allowed", value.len()) }
            }
            Outcome::Failed { message } => Outcome::Failed { message: cut(message) },
            Outcome::Trapped { message, backtrace } => {
                Outcome::Trapped { message: cut(message), backtrace: cut(backtrace) }
            }
            outcome => outcome,
        }
    }

    /// How many bytes it keeps.
    pub(crate) fn payload(&self) -> usize {
        match self {
            Outcome::Returned(value) => value.len(),
            Outcome::Failed { message } => message.len(),
            Outcome::Trapped { message, backtrace } => message.len() + backtrace.len(),
            Outcome::Exceeded { limit } => limit.len(),
            Outcome::Exited(_) | Outcome::Cancelled | Outcome::Killed => 0,
        }
    }

    /// Of a command that has exited with this status.
    pub(super) fn exited(status: u8) -> Self {
        match status {
            0 => Outcome::Returned(Vec::new()),
            status => Outcome::Exited(status),
        }
    }

    /// The outcome behind the error that ended a guest's code.
    pub(crate) fn from_error(core: &Core, error: &wasmtime::Error) -> Self {
        if let Some(I32Exit(status)) = error.downcast_ref() {
            return Outcome::exited(u8::try_from(*status).unwrap_or(FAILURE));
        }
        if let Some(Exceeded(limit)) = error.downcast_ref() {
            return Outcome::Exceeded { limit: limit.clone() };
        }
        if error.is::<Killed>() {
            return Outcome::Killed;
        }
        let message = match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => core.shared.stack_exhausted(),
            Some(trap) => trap.to_string(),
            None => error.root_cause().to_string(),
        };
        if let Some((limit, what)) = limit_behind(&message) {
            return Outcome::Exceeded { limit: core.met(limit, what) };
        }
        let message = message.strip_prefix("wasm trap: ").unwrap_or(&message).to_owned();
        let backtrace = error.downcast_ref::<WasmBacktrace>().map(ToString::to_string).unwrap_or_default();
        // The first line says that frames follow.
        let backtrace = backtrace.split_once('\n').map_or(String::new(), |(_, frames)| frames.to_owned());
        Outcome::Trapped { message, backtrace }
    }
}

/// The limit that wasmtime itself watches and tells of in these words, which are all that it tells.
fn limit_behind(message: &str) -> Option<(Limit, &'static str)> {
    const WORDS: [(&str, Limit, &str); 4] = [
        ("fuel allocated for hostcalls has been exhausted", Limit::HostCallBytes, "more copied in one call"),
        ("store handle limit exceeded", Limit::Handles, "one more asked for"),
        ("resource limit exceeded: instance count", Limit::Instances, "its component has more"),
        ("all fuel consumed by WebAssembly", Limit::Fuel, "all of it used"),
    ];
    let (_, limit, what) = WORDS.into_iter().find(|(words, ..)| message.contains(words))?;
    Some((limit, what))
}

/// The status of a command that says that it failed, and no more.
pub(super) const FAILURE: u8 = 1;

/// The longest message or backtrace that is kept of an outcome; what a person reads is far shorter.
const MAX_MESSAGE: usize = 64 << 10;

fn cut(mut message: String) -> String {
    if message.len() > MAX_MESSAGE {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE));
        message.push('…');
    }
    message
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Returned(value) => write!(f, "returned {} bytes", value.len()),
            Outcome::Exited(status) => write!(f, "exited with status {status}"),
            Outcome::Failed { message } => write!(f, "failed: {message}"),
            Outcome::Trapped { message, .. } => write!(f, "trapped: {message}"),
            Outcome::Exceeded { limit } => write!(f, "exceeded {limit}"),
            Outcome::Cancelled => f.write_str("was cancelled"),
            Outcome::Killed => f.write_str("was killed"),
        }
    }
}
