//! Asks for handles of itself until it may have no more, and keeps them.

use crate::coroutines;

pub(crate) fn main() {
    let mut kept = Vec::new();
    loop {
        kept.push(coroutines::current());
    }
}
