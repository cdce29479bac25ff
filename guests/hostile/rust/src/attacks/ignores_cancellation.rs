//! Is told that it is cancelled, and goes on as if nothing had been said.

use crate::{signals, PATIENT};

pub(crate) fn main() {
    loop {
        drop(signals::wait_for_signal("never", PATIENT));
    }
}
