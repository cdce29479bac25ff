//! Tells the operator the longest message again and again.

use crate::log::{log, Level};

pub(crate) fn main() {
    let message = "x".repeat(1 << 20);
    loop {
        log(Level::Error, &message);
    }
}
