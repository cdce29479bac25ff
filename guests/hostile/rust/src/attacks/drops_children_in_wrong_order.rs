//! Drops what its pollables belong to before them, and polls them all the same.

use crate::{signals, PATIENT};

pub(crate) fn main() {
    let wait = signals::start_wait("never").expect("it may wait");
    let pollable = wait.subscribe();
    drop(wait);
    println!("dropped");
    pollable.block();
    drop(signals::wait_for_signal("never", PATIENT));
}
