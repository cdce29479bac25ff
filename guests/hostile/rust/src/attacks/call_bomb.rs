//! Begins calls without waiting for any of them, for as long as it can.

use crate::{argument, coroutines, signals, was_told, PATIENT};

pub(crate) fn main() {
    if was_told("another") {
        drop(signals::wait_for_signal("never", PATIENT));
        return;
    }
    let name = argument(0);
    let mut kept = Vec::new();
    crate::until_refused("calls", |_| {
        coroutines::start_call(&name, b"another").map(|call| kept.push(call))
    });
}
