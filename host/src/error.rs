//! What can go wrong for an embedder. What a guest is told is `types.error` of the WIT instead.

use std::error::Error as StdError;
use std::fmt;

/// Why the engine did not do what it was asked. The message says what was attempted, on what, and why it failed.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What sort of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A component is none, or cannot be served.
    Component,
    /// No function of a component is named, or not with its arguments.
    Invocation,
    /// There is no program of that name.
    UnknownProgram,
    /// The settings cannot be had on this machine.
    Configuration,
    /// A bound was met.
    Limit,
    /// The operating system said no.
    Io,
    /// A fault of the engine itself.
    Internal,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), hint: None, source: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same, said of what was attempted.
    pub(crate) fn within(mut self, attempted: &str) -> Self {
        self.message = format!("{attempted}: {}", self.message);
        self
    }

    /// What sort of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do about it, where that can be guessed.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
