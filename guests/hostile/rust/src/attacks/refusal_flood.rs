//! Asks for something else each time that it is not granted: the host tells the operator, and remembers, what was refused.

use crate::{AT_ONCE, coroutines};

pub(crate) fn main() {
    for number in 0_u64.. {
        drop(coroutines::spawn(&format!("{number:0>250}"), &[], AT_ONCE));
    }
}
