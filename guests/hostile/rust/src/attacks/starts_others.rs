//! Starts programs that it was not granted, in every way, and finds out by that which there are.

use crate::{AT_ONCE, PATIENT, coroutines, handover, tell};

pub(crate) fn main() {
    for program in ["echo", "script", "nobody", "ECHO", ""] {
        tell(&format!("spawn {program}"), coroutines::spawn(program, &[], PATIENT));
        tell(&format!("hand over to {program}"), handover::spawn(program, &[], Vec::new(), PATIENT));
        tell(&format!("call {program}"), coroutines::call(program, &[], AT_ONCE));
        tell(&format!("begin to call {program}"), coroutines::start_call(program, &[]));
    }
}
