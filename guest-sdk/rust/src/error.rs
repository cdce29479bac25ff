//! Why an operation did not succeed.

use crate::bindings::cogen::engine::types;
use crate::coroutine::CoroutineId;
use std::fmt;

/// Why an operation did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The time given was up. What the operation had registered is undone.
    TimedOut,
    /// This coroutine has been cancelled. From now on each of its waits answers so: clean up and return.
    Cancelled,
    /// The other coroutine ended without a value.
    Ended(Failure),
    /// No program of that name may be run from here.
    UnknownProgram(String),
    /// An argument makes no sense; the text says which, and what is allowed.
    InvalidArgument(String),
    /// A bound of the engine was met; the text names it, its number, and where to change it.
    LimitReached(String),
    /// There is no result to be had yet: [`select`](mod@crate::select) first.
    NotReady,
    /// Nothing is kept under that name.
    NotFound,
    /// Anything else, in words.
    Other(String),
}

/// How another coroutine ended, as told to one that called or joined it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The coroutine that ended so.
    pub id: CoroutineId,
    /// The program it ran.
    pub program: String,
    /// The manner of its end.
    pub ending: Ending,
    /// Its own message; of a chain of calls, the deepest message with the programs on the way before it.
    pub message: String,
    /// Where it trapped, innermost frame first, a line each; empty if it did not trap.
    pub backtrace: String,
}

/// The way a coroutine ended without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// It returned an error, or exited with a status that is not zero.
    Failed,
    /// It trapped: a panic, an unreachable instruction, a bad memory access, an overflow of its stack.
    Trapped,
    /// It went over a limit.
    Exceeded,
    /// It was cancelled and gave up.
    Cancelled,
    /// It was killed.
    Killed,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::TimedOut => f.write_str("timed out"),
            Error::Cancelled => f.write_str("cancelled"),
            Error::Ended(failure) => failure.fmt(f),
            Error::UnknownProgram(name) => write!(f, "there is no program `{name}`"),
            Error::InvalidArgument(text) => write!(f, "invalid argument: {text}"),
            Error::LimitReached(text) => write!(f, "limit reached: {text}"),
            Error::NotReady => f.write_str("not ready"),
            Error::NotFound => f.write_str("not found"),
            Error::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.program, self.ending)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        // A caller that passes the error on says with it where it came from.
        self.backtrace.lines().try_for_each(|frame| write!(f, "\n{frame}"))
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ending::Failed => "failed",
            Ending::Trapped => "trapped",
            Ending::Exceeded => "exceeded a limit",
            Ending::Cancelled => "was cancelled",
            Ending::Killed => "was killed",
        })
    }
}

impl std::error::Error for Error {}

impl std::error::Error for Failure {}

impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.to_string()
    }
}

impl From<types::Error> for Error {
    fn from(error: types::Error) -> Self {
        match error {
            types::Error::TimedOut => Error::TimedOut,
            types::Error::Cancelled => Error::Cancelled,
            types::Error::Ended(failure) => Error::Ended(failure.into()),
            types::Error::UnknownProgram(name) => Error::UnknownProgram(name),
            types::Error::InvalidArgument(text) => Error::InvalidArgument(text),
            types::Error::LimitReached(text) => Error::LimitReached(text),
            types::Error::NotReady => Error::NotReady,
            types::Error::NotFound => Error::NotFound,
            types::Error::Other(text) => Error::Other(text),
        }
    }
}

impl From<types::Failure> for Failure {
    fn from(failure: types::Failure) -> Self {
        let types::Failure { id, program, ending, message, backtrace } = failure;
        let ending = match ending {
            types::Ending::Failed => Ending::Failed,
            types::Ending::Trapped => Ending::Trapped,
            types::Ending::Exceeded => Ending::Exceeded,
            types::Ending::Cancelled => Ending::Cancelled,
            types::Ending::Killed => Ending::Killed,
        };
        Failure { id: CoroutineId::from_raw(id), program, ending, message, backtrace }
    }
}

#[cfg(test)]
mod tests {
    use super::{CoroutineId, Ending, Error, Failure};

    #[test]
    fn a_failure_of_a_failure_names_both() {
        let failure = |program: &str, message: String| {
            let id = CoroutineId::from_raw(1);
            Error::Ended(Failure {
                id,
                program: program.into(),
                ending: Ending::Failed,
                message,
                backtrace: String::new(),
            })
        };
        let inner = failure("bar", "boom".into());
        assert_eq!(inner.to_string(), "`bar` failed: boom");
        assert_eq!(failure("foo", inner.into()).to_string(), "`foo` failed: `bar` failed: boom");
    }
}
