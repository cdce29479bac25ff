//! Has children in a scope that spin for ever, and leaves: they must not outlive it.

use crate::scopes::Scope;
use crate::{PATIENT, argument, time, was_told};

pub(crate) fn main() {
    if was_told("another") {
        loop {
            std::hint::spin_loop();
        }
    }
    let scope = Scope::new();
    for _ in 0..10 {
        scope.spawn(&argument(0), b"another", Vec::new(), PATIENT).expect("it may start them");
    }
    time::yield_now().expect("nobody cancels it");
    println!("leaves");
    // Without a destructor of its own.
    std::process::exit(0);
}
