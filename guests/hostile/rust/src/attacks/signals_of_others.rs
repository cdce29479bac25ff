//! Sends signals that others wait for, and waits for what is said to others.

use crate::{AT_ONCE, signals, tell};

pub(crate) fn main() {
    for name in ["own.news", "others.news", "OWN.news", "own", ""] {
        tell(&format!("send {name}"), signals::signal(name, &[], 0, AT_ONCE));
        tell(&format!("begin to send {name}"), signals::start_signal(name, &[], 1, AT_ONCE));
        tell(&format!("wait for {name}"), signals::wait_for_signal(name, AT_ONCE));
        tell(&format!("begin to wait for {name}"), signals::start_wait(name));
    }
}
