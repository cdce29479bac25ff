//! Starts others that end at once and drops their handles, for ever.

use crate::{argument, coroutines, was_told, PATIENT};

pub(crate) fn main() {
    if was_told("another") {
        return;
    }
    let name = argument(0);
    crate::until_refused("starts", |_| coroutines::spawn(&name, b"another", PATIENT));
}
