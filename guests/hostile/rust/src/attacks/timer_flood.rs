//! Arms a new timer each time it waits for ten thousand of them, all at other moments.

use crate::{poll, time};

pub(crate) fn main() {
    loop {
        let mut pollables: Vec<_> = (1..9_999).map(|hours| time::subscribe_sleep(hours * 3_600_000_000_000)).collect();
        pollables.push(time::subscribe_sleep(1_000));
        poll::poll(&pollables.iter().collect::<Vec<_>>());
    }
}
