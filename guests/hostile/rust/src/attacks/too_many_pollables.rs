//! Polls more pollables at once than are allowed: each would cost the host a future.

use crate::{poll, time};

pub(crate) fn main() {
    let pollables: Vec<_> = (0..10_001).map(|_| time::subscribe_sleep(0)).collect();
    poll::poll(&pollables.iter().collect::<Vec<_>>());
    println!("polled");
}
