//! Polls a thousand pollables again and again, of which one is ready: the host looks at all of them each time.

use crate::{poll, time};

pub(crate) fn main() {
    let mut pollables: Vec<_> = (0..999).map(|_| time::subscribe_sleep(u64::MAX)).collect();
    pollables.push(time::subscribe_sleep(0));
    let pollables: Vec<_> = pollables.iter().collect();
    loop {
        poll::poll(&pollables);
    }
}
