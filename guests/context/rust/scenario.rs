//! What one hands down to another one that it calls.

use cogen_guest::{Error, context, coroutine};

use crate::Result;

pub(crate) fn pass(program: &str) -> Result {
    context::set("colour", "red")?;
    let read = coroutine::call(program, "context-read")?;
    Ok(String::from_utf8_lossy(&read).into_owned())
}

pub(crate) fn read() -> Result {
    match context::get("colour") {
        Ok(colour) => Ok(String::from_utf8_lossy(&colour).into_owned()),
        Err(Error::NotFound) => Ok("none".to_owned()),
        Err(error) => Err(error.into()),
    }
}
