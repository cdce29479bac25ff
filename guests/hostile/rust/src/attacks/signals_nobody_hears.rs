//! Signals under a new name each time, so that the host makes a new row for each, were it not wiser.

use crate::{signals, GREEDY};

pub(crate) fn main() {
    for number in 0_u64.. {
        signals::signal(&format!("{number:0>250}"), &[], 0, GREEDY).expect("it may signal");
    }
}
