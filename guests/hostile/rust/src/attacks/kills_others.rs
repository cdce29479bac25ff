//! Kills the coroutine of a handle that it was given, although it has not started that.

use crate::handover::{self, Thing};
use crate::{PATIENT, argument, coroutines, tell, was_told};

pub(crate) fn main() {
    if was_told("another") {
        let Some(Thing::Coroutine(other)) = handover::received().pop() else { panic!("it was given one") };
        tell("cancel", other.cancel());
        tell("kill", other.kill());
        return;
    }
    let current = Thing::Coroutine(coroutines::current());
    let another = handover::spawn(&argument(0), b"another", vec![current], PATIENT).expect("it may start one");
    tell("join", another.join(PATIENT));
    println!("alive");
}
