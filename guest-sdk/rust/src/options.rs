//! How long an operation may wait, and who runs first after it.

use crate::bindings::cogen::engine::types;
use crate::time::{Instant, nanos};
use std::time::Duration;

/// How an operation waits and whom it lets pass. Nothing chosen means: as the program or the engine is configured.
///
/// ```
/// use cogen_guest::{Options, Priority};
/// use std::time::Duration;
///
/// let options = Options::new().timeout(Duration::from_millis(100)).priority(Priority::First);
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Options {
    pub(crate) raw: types::Options,
}

/// Who goes first when an operation makes several coroutines able to run. Order is only promised between coroutines of
/// one worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Priority {
    /// The program's default, else the engine's, which is `Last` unless configured.
    #[default]
    Default,
    /// Everybody goes to the back of the queue: the woken first, then the one that asked.
    Last,
    /// The woken go to the front of the queue, the one that asked to the back.
    Operation,
    /// The one that asked goes on first; the woken go to the back.
    Coroutine,
    /// The one that asked goes on first, then the woken, before everybody else.
    First,
}

impl Options {
    /// Nothing chosen.
    pub const fn new() -> Self {
        Options { raw: types::Options { timeout: types::Timeout::Default, priority: types::Priority::Default } }
    }

    /// Wait at most this long, counted from the moment the operation is asked for. Zero means "try once": what cannot
    /// be done without waiting fails with [`Error::TimedOut`](crate::Error::TimedOut) at once.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.raw.timeout = types::Timeout::Within(nanos(timeout));
        self
    }

    /// Wait until this moment at the latest. One that has passed means "try once".
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.raw.timeout = types::Timeout::By(deadline.as_nanos());
        self
    }

    /// Wait for ever, whatever the defaults say.
    pub fn never(mut self) -> Self {
        self.raw.timeout = types::Timeout::Never;
        self
    }

    /// Say who goes first.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.raw.priority = match priority {
            Priority::Default => types::Priority::Default,
            Priority::Last => types::Priority::Last,
            Priority::Operation => types::Priority::Operation,
            Priority::Coroutine => types::Priority::Coroutine,
            Priority::First => types::Priority::First,
        };
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Options::new()
    }
}
