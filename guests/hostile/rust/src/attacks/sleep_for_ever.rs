//! Sleeps until the clock ends, and so is there for ever.

use crate::time;

pub(crate) fn main() {
    time::sleep(u64::MAX).expect("nobody cancels it");
}
