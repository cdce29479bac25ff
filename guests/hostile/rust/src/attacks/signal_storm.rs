//! Wakes a thousand waits of its own with the longest value, again and again: the host copies it for each.

use crate::{signals, PATIENT};

pub(crate) fn main() {
    let value = vec![1_u8; 1 << 20];
    loop {
        let waits: Vec<_> = (0..1000).map(|_| signals::start_wait("storm").expect("it may wait")).collect();
        signals::signal("storm", &value, 0, PATIENT).expect("it may signal");
        waits.iter().for_each(|wait| drop(wait.finish()));
    }
}
