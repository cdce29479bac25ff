//! Why an operation did not succeed.

use crate::bindings::cogen::engine::types;
use crate::coroutine::CoroutineId;
use std::{fmt, io};

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
    /// The network, or the machine's part of it, said no.
    Network(NetworkFailure),
    /// This program was not granted that; the text says what is missing, and where to grant it.
    Denied(String),
    /// A line is longer than was allowed. What has come of it can be read.
    TooLong,
    /// Anything else, in words.
    Other(String),
}

/// Why the network did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworkFailure {
    /// What sort of no it was.
    pub problem: NetworkProblem,
    /// What was attempted, on what, and what the operating system said.
    pub message: String,
}

/// What sort of thing a network, or the machine's part of it, has said no with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NetworkProblem {
    /// Nobody listens there.
    Refused,
    /// The connection was torn down, by the peer or on the way.
    Reset,
    /// This direction of the connection has ended: nothing more can be written.
    Closed,
    /// No way leads there, or it leads nowhere.
    Unreachable,
    /// Somebody else has the address.
    AddressInUse,
    /// The address is none of this machine's.
    AddressUnavailable,
    /// There is no such name, or nobody who knows.
    NameUnknown,
    /// The operating system does not let the engine do it.
    Denied,
    /// Anything else; the message says what.
    Other,
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
            Error::Network(failure) => failure.fmt(f),
            Error::Denied(text) => write!(f, "denied: {text}"),
            Error::TooLong => f.write_str("the line is too long"),
            Error::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for NetworkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
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

impl std::error::Error for NetworkFailure {}

impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.to_string()
    }
}

/// For what goes through `std::io`, with the kind that `std` would give it. It keeps the [`Error`], which the way back finds.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::TimedOut => io::ErrorKind::TimedOut,
            Error::InvalidArgument(_) => io::ErrorKind::InvalidInput,
            Error::LimitReached(_) => io::ErrorKind::QuotaExceeded,
            Error::NotReady => io::ErrorKind::WouldBlock,
            Error::NotFound => io::ErrorKind::NotFound,
            Error::Network(failure) => failure.problem.into(),
            Error::Denied(_) => io::ErrorKind::PermissionDenied,
            Error::TooLong => io::ErrorKind::InvalidData,
            // `Interrupted` would be nearest to being cancelled, but `std` tries those again.
            Error::Cancelled | Error::Ended(_) | Error::UnknownProgram(_) | Error::Other(_) => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}

impl From<NetworkProblem> for io::ErrorKind {
    fn from(problem: NetworkProblem) -> Self {
        match problem {
            NetworkProblem::Refused => io::ErrorKind::ConnectionRefused,
            NetworkProblem::Reset => io::ErrorKind::ConnectionReset,
            NetworkProblem::Closed => io::ErrorKind::BrokenPipe,
            NetworkProblem::Unreachable => io::ErrorKind::HostUnreachable,
            NetworkProblem::AddressInUse => io::ErrorKind::AddrInUse,
            NetworkProblem::AddressUnavailable => io::ErrorKind::AddrNotAvailable,
            NetworkProblem::NameUnknown => io::ErrorKind::NotFound,
            NetworkProblem::Denied => io::ErrorKind::PermissionDenied,
            NetworkProblem::Other => io::ErrorKind::Other,
        }
    }
}

/// The [`Error`] that went through `std::io`, or another one in its words.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        error.downcast().unwrap_or_else(|error| Error::Other(error.to_string()))
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
            types::Error::Network(failure) => Error::Network(failure.into()),
            types::Error::Denied(text) => Error::Denied(text),
            types::Error::TooLong => Error::TooLong,
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

impl From<types::NetworkFailure> for NetworkFailure {
    fn from(failure: types::NetworkFailure) -> Self {
        let problem = match failure.problem {
            types::NetworkProblem::Refused => NetworkProblem::Refused,
            types::NetworkProblem::Reset => NetworkProblem::Reset,
            types::NetworkProblem::Closed => NetworkProblem::Closed,
            types::NetworkProblem::Unreachable => NetworkProblem::Unreachable,
            types::NetworkProblem::AddressInUse => NetworkProblem::AddressInUse,
            types::NetworkProblem::AddressUnavailable => NetworkProblem::AddressUnavailable,
            types::NetworkProblem::NameUnknown => NetworkProblem::NameUnknown,
            types::NetworkProblem::Denied => NetworkProblem::Denied,
            types::NetworkProblem::Other => NetworkProblem::Other,
        };
        NetworkFailure { problem, message: failure.message }
    }
}

#[cfg(test)]
mod tests {
    use super::{CoroutineId, Ending, Error, Failure, NetworkFailure, NetworkProblem};
    use std::io;

    #[test]
    fn an_error_goes_through_std_io_and_comes_back() {
        let message = "connect to 127.0.0.1:9: Connection refused".to_owned();
        let refused = Error::Network(NetworkFailure { problem: NetworkProblem::Refused, message });
        let passed = io::Error::from(refused.clone());
        assert_eq!(passed.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(passed.to_string(), "connect to 127.0.0.1:9: Connection refused");
        assert_eq!(Error::from(passed), refused);
    }

    #[test]
    fn an_error_of_std_io_keeps_its_words() {
        let error = io::Error::new(io::ErrorKind::InvalidData, "stream did not contain valid UTF-8");
        assert_eq!(Error::from(error), Error::Other("stream did not contain valid UTF-8".into()));
    }

    #[test]
    fn std_io_does_not_try_again_what_was_cancelled() {
        assert_ne!(io::Error::from(Error::Cancelled).kind(), io::ErrorKind::Interrupted);
    }

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
