//! Starts another one of its kind; then each wakes the other before everybody else, for ever.

use crate::{argument, coroutines, signals, was_told, GREEDY};

pub(crate) fn main() {
    let (gives, takes) = if was_told("second") { ("one", "other") } else { ("other", "one") };
    if !was_told("second") {
        let name = argument(0);
        coroutines::spawn(&name, b"second", GREEDY).expect("it may start one");
    }
    loop {
        signals::signal(gives, &[], 0, GREEDY).expect("it may signal");
        drop(signals::wait_for_signal(takes, crate::types::Options { timeout: crate::types::Timeout::Within(1_000_000), ..GREEDY }));
    }
}
