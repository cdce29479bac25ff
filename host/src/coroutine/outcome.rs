//! How a coroutine ended.

use std::fmt;

use wasmtime::{Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::sandbox::{Exceeded, Killed};

/// How a coroutine ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It returned this value; a command that exited with zero returned nothing.
    Returned(Vec<u8>),
    /// It returned an error, or exited with a status that is not zero.
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

    /// The outcome behind the error that ended a guest's code.
    pub(crate) fn from_error(error: &wasmtime::Error) -> Self {
        if let Some(I32Exit(status)) = error.downcast_ref() {
            return match status {
                0 => Outcome::Returned(Vec::new()),
                status => Outcome::Failed { message: format!("exited with status {status}") },
            };
        }
        if let Some(Exceeded(limit)) = error.downcast_ref() {
            return Outcome::Exceeded { limit: limit.clone() };
        }
        if error.is::<Killed>() {
            return Outcome::Killed;
        }
        let message = match error.downcast_ref::<Trap>() {
            Some(trap) => trap.to_string(),
            None => error.root_cause().to_string(),
        };
        let backtrace = error.downcast_ref::<WasmBacktrace>().map(ToString::to_string).unwrap_or_default();
        Outcome::Trapped { message, backtrace }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Returned(value) => write!(f, "returned {} bytes", value.len()),
            Outcome::Failed { message } => write!(f, "failed: {message}"),
            Outcome::Trapped { message, .. } => write!(f, "trapped: {message}"),
            Outcome::Exceeded { limit } => write!(f, "exceeded {limit}"),
            Outcome::Cancelled => f.write_str("was cancelled"),
            Outcome::Killed => f.write_str("was killed"),
        }
    }
}
