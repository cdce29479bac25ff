//! Sleeps for no time again and again: each time a timer is armed, and fires at once.

use crate::time;

pub(crate) fn main() {
    loop {
        time::sleep(0).expect("nobody cancels it");
    }
}
