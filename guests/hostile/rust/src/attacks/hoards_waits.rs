//! Begins waits for one signal until it may have no more, and keeps them.

use crate::signals;

pub(crate) fn main() {
    let mut kept = Vec::new();
    crate::until_refused("waits", |_| signals::start_wait("hoard").map(|wait| kept.push(wait)));
}
