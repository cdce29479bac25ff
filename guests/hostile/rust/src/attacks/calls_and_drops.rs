//! Begins calls and drops them before they have ended, which kills the callees, for ever.

use crate::{argument, coroutines, time, was_told};

pub(crate) fn main() {
    if was_told("another") {
        loop {
            std::hint::spin_loop();
        }
    }
    let name = argument(0);
    crate::until_refused("calls", |_| {
        let call = coroutines::start_call(&name, b"another")?;
        time::yield_now()?;
        drop(call);
        Ok(())
    });
}
