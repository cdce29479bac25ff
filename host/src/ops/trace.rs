//! What is told of an operation while its coroutine is traced.

use std::sync::Arc;
use std::time::Duration;

use super::bindings::coroutines::Outcome;
use super::bindings::types::{Ending, Error, Failure};
use super::{Answer, Refusal};
use crate::coroutine::Core;
use crate::coroutine::operation::Name;
use crate::event::Event;

/// Texts of a guest are shown to so many bytes: enough to know them again.
const SHOWN: usize = 80;

/// A text of a guest as a trace shows it.
pub(crate) fn shown(text: &str) -> String {
    let start = &text[..text.floor_char_boundary(SHOWN)];
    if start.len() < text.len() { format!("{start:?}…") } else { format!("{start:?}") }
}

/// What an operation came to, in a word or two.
pub(crate) trait Brief {
    fn brief(&self) -> String;
}

impl Brief for () {
    fn brief(&self) -> String {
        "ok".to_owned()
    }
}

impl Brief for Vec<u8> {
    fn brief(&self) -> String {
        format!("{} bytes", self.len())
    }
}

/// How many bytes an operation has moved.
pub(super) struct Moved(pub(super) u64);

impl Brief for Moved {
    fn brief(&self) -> String {
        format!("{} bytes", self.0)
    }
}

impl Brief for u32 {
    fn brief(&self) -> String {
        format!("{self} woken")
    }
}

impl Brief for Arc<Core> {
    fn brief(&self) -> String {
        self.to_string()
    }
}

impl Brief for Outcome {
    fn brief(&self) -> String {
        match self {
            Outcome::Returned(value) => value.brief(),
            Outcome::Failed(failure) => failure.brief(),
        }
    }
}

impl Brief for Failure {
    fn brief(&self) -> String {
        let ending = match self.ending {
            Ending::Failed => "failed",
            Ending::Trapped => "trapped",
            Ending::Exceeded => "exceeded a limit",
            Ending::Cancelled => "was cancelled",
            Ending::Killed => "was killed",
        };
        format!("{}#{} {ending}", self.program, self.id)
    }
}

impl<T: Brief> Brief for Answer<T> {
    fn brief(&self) -> String {
        match self {
            Ok(value) => value.brief(),
            Err(refusal) => refusal.brief(),
        }
    }
}

impl Brief for Refusal {
    fn brief(&self) -> String {
        match self {
            Refusal::Told(error) => words(error),
            Refusal::Fatal(error) => error.to_string(),
        }
    }
}

/// An error in the words of the WIT.
fn words(error: &Error) -> String {
    match error {
        Error::TimedOut => "timed out".to_owned(),
        Error::Cancelled => "cancelled".to_owned(),
        Error::Ended(failure) => failure.brief(),
        Error::UnknownProgram(name) => format!("unknown program {}", shown(name)),
        Error::InvalidArgument(text) => format!("invalid argument: {text}"),
        Error::LimitReached(text) => format!("limit reached: {text}"),
        Error::NotReady => "not ready".to_owned(),
        Error::NotFound => "not found".to_owned(),
        Error::Network(failure) => failure.message.clone(),
        Error::Denied(text) => format!("denied: {text}"),
        Error::TooLong => "too long".to_owned(),
        Error::Other(text) => text.clone(),
    }
}

impl Core {
    /// Notes the operation as the last one; answers when it began if it is traced.
    #[inline]
    pub(super) fn begin(&self, name: Name) -> Option<u64> {
        self.last_operation.set(name);
        self.allowance.note_asked();
        self.shared.traces(&self.program.name).then(|| self.shared.clock.now())
    }

    /// Tells of the operation's end if it is traced.
    #[inline]
    pub(super) fn note(&self, name: Name, detail: impl Fn() -> String, began: Option<u64>, result: &impl Brief) {
        if let Some(began) = began {
            self.tell(name, &detail(), began, &result.brief());
        }
    }

    #[cold]
    fn tell(&self, name: Name, detail: &str, began: u64, result: &str) {
        let core = self;
        core.shared.tell(&Event::Operation {
            id: core.id,
            program: &core.program.name,
            name: name.as_str(),
            detail,
            result,
            began: Duration::from_nanos(began),
            took: Duration::from_nanos(core.shared.clock.now().saturating_sub(began)),
        });
    }
}
