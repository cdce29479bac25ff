//! Start coroutines that end with a scope, and hear of all that went wrong in it.
//!
//! ```no_run
//! use cogen_guest::{Error, scope};
//!
//! /// Fetches both halves at once. If one fails, the other is cancelled; neither goes on when this function is over.
//! fn both() -> Result<Vec<u8>, Error> {
//!     let (left, right) = scope(|scope| {
//!         let (left, right) = (scope.spawn("fetch", "left")?, scope.spawn("fetch", "right")?);
//!         Ok((left.join()?, right.join()?))
//!     })?;
//!     Ok([left, right].concat())
//! }
//! ```
//!
//! The first child that ends without a value cancels the others, and so does an error of the body. No child outlives its scope;
//! but what a child has started outside of a scope of its own is not the scope's.
//!
//! Whoever is in the body is not disturbed by the failure of a child: wait for the children there, or
//! [`select`](mod@crate::select) on the scope, which is to wait until all have ended.

use crate::bindings::cogen::engine::scopes as raw;
use crate::coroutine::Coroutine;
use crate::handover::Thing;
use crate::select::{Pollable, Wait};
use crate::{Error, Failure, Options, Result};
use std::fmt;

/// Run `body`, wait until all children that it has started in the scope have ended, and answer what the body did.
///
/// When the body fails, the children are cancelled, and waited for. When this coroutine is cancelled, so are they, and they are
/// given the time to end.
pub fn scope<T>(body: impl FnOnce(&Scope) -> Result<T>) -> Result<T, ScopeError> {
    scope_with(Options::new(), body)
}

/// As [`scope`], waiting for the children at the end as these options say. When that time is up they are killed.
pub fn scope_with<T>(options: Options, body: impl FnOnce(&Scope) -> Result<T>) -> Result<T, ScopeError> {
    let scope = Scope(raw::Scope::new());
    let done = body(&scope);
    if done.is_err() {
        scope.cancel();
    }
    let end = scope.join_with(options);
    match (done, end) {
        (Ok(value), Ok(())) => Ok(value),
        (Ok(_), Err(error)) => Err(error),
        (Err(error), Ok(())) => Err(ScopeError { error: Some(error), failures: Vec::new(), more: 0 }),
        // What the body says comes first: it may be why there was no time, or nobody to wait.
        (Err(error), Err(end)) => Err(ScopeError { error: Some(error), ..end }),
    }
}

/// Coroutines that end together. Dropping it kills those that have not ended.
#[derive(Debug)]
pub struct Scope(raw::Scope);

impl Scope {
    /// A scope without a function around it, for those whose life is not that of a block.
    #[expect(clippy::new_without_default, reason = "it is made for what it does when dropped")]
    pub fn new() -> Self {
        Scope(raw::Scope::new())
    }

    /// Start a coroutine that runs `program` with `args` as a child of this scope, and answer its handle.
    ///
    /// When a child has failed already, nothing is started any more, and this fails with [`Error::Ended`]; after
    /// [`cancel`](Scope::cancel), with [`Error::InvalidArgument`]. It fails as
    /// [`coroutine::spawn`](crate::coroutine::spawn) does otherwise.
    pub fn spawn(&self, program: &str, args: impl AsRef<[u8]>) -> Result<Coroutine> {
        self.spawn_with(program, args, [], Options::new())
    }

    /// As [`spawn`](Scope::spawn), giving things to the new coroutine as [`handover::spawn`](crate::handover::spawn) does, and
    /// saying who runs first.
    pub fn spawn_with(
        &self,
        program: &str,
        args: impl AsRef<[u8]>,
        things: impl IntoIterator<Item = Thing>,
        options: Options,
    ) -> Result<Coroutine> {
        let things: Vec<_> = things.into_iter().map(Into::into).collect();
        self.0.spawn(program, args.as_ref(), things, options.raw).map(Coroutine::from_raw).map_err(Into::into)
    }

    /// Park until all children have ended. It may be asked again, also after further children were started.
    ///
    /// Fails when a child ended without a value, or with [`Error::Cancelled`]: then the children have been cancelled, too, and
    /// have ended.
    pub fn join(&self) -> Result<(), ScopeError> {
        self.join_with(Options::new())
    }

    /// As [`join`](Scope::join), with a timeout, after which the children go on.
    pub fn join_with(&self, options: Options) -> Result<(), ScopeError> {
        let failed = |error: Error| ScopeError { error: Some(error), failures: Vec::new(), more: 0 };
        let raw::Failures { first, more } = self.0.join(options.raw).map_err(|error| failed(error.into()))?;
        if first.is_empty() {
            return Ok(());
        }
        Err(ScopeError { error: None, failures: first.into_iter().map(Into::into).collect(), more })
    }

    /// Cancel all children, as a failure of one of them does. Never parks.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

impl Wait for Scope {
    fn subscribe(&self) -> Pollable {
        self.0.subscribe()
    }
}

/// What went wrong in a scope: in the body, among the children, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScopeError {
    /// What the body failed with, or the wait for the children.
    pub error: Option<Error>,
    /// The children that ended without a value, in the order of their ends: the first 100. Those that were cancelled with the
    /// scope, and gave up, are not among them.
    pub failures: Vec<Failure>,
    /// How many more there were.
    pub more: u64,
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if let Some(error) = &self.error {
            error.fmt(f)?;
            separator = "; ";
        }
        for failure in &self.failures {
            write!(f, "{separator}{failure}")?;
            separator = "; ";
        }
        if self.more > 0 {
            write!(f, "; and {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for ScopeError {}

/// For functions that answer an [`Error`]: what the body failed with, or the only failure, or all of them in words.
impl From<ScopeError> for Error {
    fn from(error: ScopeError) -> Self {
        match error {
            ScopeError { error: Some(error), .. } => error,
            ScopeError { failures, more: 0, .. } if failures.len() == 1 => Error::Ended(failures[0].clone()),
            all => Error::Other(all.to_string()),
        }
    }
}

impl From<ScopeError> for String {
    fn from(error: ScopeError) -> Self {
        error.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ending;
    use crate::coroutine::CoroutineId;

    fn failure(program: &str) -> Failure {
        Failure {
            id: CoroutineId::from_raw(1),
            program: program.to_owned(),
            ending: Ending::Failed,
            message: "boom".to_owned(),
            backtrace: String::new(),
        }
    }

    fn error(error: Option<Error>, programs: &[&str], more: u64) -> ScopeError {
        ScopeError { error, failures: programs.iter().map(|program| failure(program)).collect(), more }
    }

    #[test]
    fn an_error_has_all_that_went_wrong_in_its_words() {
        assert_eq!(error(None, &["a"], 0).to_string(), "`a` failed: boom");
        assert_eq!(error(None, &["a", "b"], 3).to_string(), "`a` failed: boom; `b` failed: boom; and 3 more");
        assert_eq!(error(Some(Error::Cancelled), &["a"], 0).to_string(), "cancelled; `a` failed: boom");
    }

    #[test]
    fn as_an_error_of_an_operation_it_is_what_says_most() {
        assert_eq!(Error::from(error(Some(Error::Cancelled), &["a"], 0)), Error::Cancelled);
        assert_eq!(Error::from(error(None, &["a"], 0)), Error::Ended(failure("a")));
        assert_eq!(
            Error::from(error(None, &["a", "b"], 0)),
            Error::Other("`a` failed: boom; `b` failed: boom".to_owned())
        );
    }
}
