//! Start others that may do less than their programs are granted, and use less.
//!
//! ```no_run
//! use cogen_guest::sandbox::{self, Bounds, Grant};
//! use std::time::Duration;
//!
//! /// Runs a program that it does not trust: for a second at most, with one server to talk to.
//! #[cogen_guest::main]
//! fn run(program: String) -> cogen_guest::Result<Vec<u8>> {
//!     let bounds = Bounds::only([Grant::Connect("example.org:443".into())])
//!         .time("cpu-time", Duration::from_secs(1))
//!         .limit("memory", 16 << 20);
//!     sandbox::call(&program, "", &bounds)
//! }
//! ```
//!
//! What is left to a coroutine holds for it and for all that it starts, and they start. Nobody gets more than the grants of its
//! own program either. What it is refused because of that fails with [`Error::Denied`](crate::Error::Denied).

use crate::Result;
use crate::bindings::cogen::engine::sandbox as raw;
use crate::coroutine::Coroutine;
use crate::handover::Thing;
use crate::options::Options;
use std::time::Duration;

pub use raw::Grant;

/// What is left to a coroutine of that which its program has.
#[derive(Clone, Debug)]
#[must_use = "it bounds nobody until somebody is started within it"]
pub struct Bounds(raw::Bounds);

impl Bounds {
    /// All that its program is granted.
    pub fn own() -> Self {
        Self::new(raw::Grants::Own)
    }

    /// What this coroutine may do itself.
    pub fn within_mine() -> Self {
        Self::new(raw::Grants::WithinMine)
    }

    /// This and nothing else; at most 64. Of no grants at all only what it is given is left.
    pub fn only(grants: impl IntoIterator<Item = Grant>) -> Self {
        Self::new(raw::Grants::Only(grants.into_iter().collect()))
    }

    /// At most so much of what this key of `[program.NAME.limits]` bounds for each coroutine, in its unit: bytes, nanoseconds, or a
    /// number.
    pub fn limit(mut self, key: &str, most: u64) -> Self {
        self.0.limits.push(raw::Limit { key: key.to_owned(), most });
        self
    }

    /// As [`limit`](Bounds::limit), for those that are a length of time.
    pub fn time(self, key: &str, most: Duration) -> Self {
        self.limit(key, u64::try_from(most.as_nanos()).unwrap_or(u64::MAX))
    }

    fn new(grants: raw::Grants) -> Self {
        Bounds(raw::Bounds { grants, limits: Vec::new() })
    }
}

/// As [`coroutine::spawn`](crate::coroutine::spawn), within bounds.
///
/// Fails as that does, with [`InvalidArgument`](crate::Error::InvalidArgument) for a grant or a limit that is none, and with
/// [`LimitReached`](crate::Error::LimitReached) when grants have been narrowed 16 times above one another.
pub fn spawn(program: &str, args: impl AsRef<[u8]>, bounds: &Bounds) -> Result<Coroutine> {
    spawn_with(program, args, [], bounds, Options::new())
}

/// As [`spawn`], giving it `things`, and saying who runs first. The timeout is not used.
pub fn spawn_with(
    program: &str,
    args: impl AsRef<[u8]>,
    things: impl IntoIterator<Item = Thing>,
    bounds: &Bounds,
    options: Options,
) -> Result<Coroutine> {
    let things = things.into_iter().map(Into::into).collect();
    Ok(raw::spawn(program, args.as_ref(), things, &bounds.0, options.raw).map(Coroutine::from_raw)?)
}

/// As [`coroutine::call`](crate::coroutine::call), within bounds.
///
/// Fails as that and [`spawn`] do.
pub fn call(program: &str, args: impl AsRef<[u8]>, bounds: &Bounds) -> Result<Vec<u8>> {
    call_with(program, args, bounds, Options::new())
}

/// As [`call`], with a timeout.
pub fn call_with(program: &str, args: impl AsRef<[u8]>, bounds: &Bounds, options: Options) -> Result<Vec<u8>> {
    Ok(raw::call(program, args.as_ref(), &bounds.0, options.raw)?)
}
