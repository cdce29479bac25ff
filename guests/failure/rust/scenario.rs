//! What goes wrong in one is read in another one.

use cogen_guest::{Ending, Error, coroutine};

use crate::Result;

pub(crate) fn trap() -> Result {
    panic!("this is a bug");
}

pub(crate) fn read(program: &str, scenario: &str, message: &str) -> Result {
    match coroutine::call(program, [scenario, message].join("\0")) {
        Ok(value) => Err(format!("it returned {}", String::from_utf8_lossy(&value))),
        Err(Error::Ended(failure)) => Ok(format!("{program} ended as {}: {}", name(failure.ending), failure.message)),
        Err(error) => Err(error.into()),
    }
}

/// An ending in one word.
pub(crate) fn name(ending: Ending) -> String {
    format!("{ending:?}").to_lowercase()
}
