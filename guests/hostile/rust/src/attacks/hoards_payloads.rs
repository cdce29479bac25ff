//! Gives signals with the longest value that nobody comes for: the host keeps each.

use crate::{signals, GREEDY};

pub(crate) fn main() {
    let value = vec![1_u8; 1 << 20];
    let mut kept = Vec::new();
    crate::until_refused("signals", |_| signals::start_signal("never", &value, 1, GREEDY).map(|signal| kept.push(signal)));
}
