//! Names of a megabyte where names belong, for ever: the host must not keep, print or compare them.

use crate::{context, coroutines, signals, AT_ONCE};

pub(crate) fn main() {
    let name = "x".repeat(1 << 20);
    crate::tell("signal", signals::signal(&name, &[], 0, AT_ONCE));
    crate::tell("wait", signals::wait_for_signal(&name, AT_ONCE));
    crate::tell("context", context::get(&name));
    loop {
        drop(coroutines::spawn(&name, &[], AT_ONCE));
        drop(signals::start_wait(&name));
    }
}
