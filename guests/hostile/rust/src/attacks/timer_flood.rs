//! Arms as many timers as it is told each time it waits, all at other moments, and none of them soon but one.

use crate::{argument, poll, time};

pub(crate) fn main() {
    let count = argument(1).parse::<u64>().expect("a number");
    loop {
        let mut pollables: Vec<_> = (1..count).map(|hours| time::subscribe_sleep(hours * 3_600_000_000_000)).collect();
        pollables.push(time::subscribe_sleep(1_000));
        poll::poll(&pollables.iter().collect::<Vec<_>>());
    }
}
