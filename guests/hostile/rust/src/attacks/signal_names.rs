//! Waits for as many signals of different names as it can: each is a row of its own in the host.

use crate::signals;

pub(crate) fn main() {
    let mut kept = Vec::new();
    crate::until_refused("waits", |number| {
        let name = format!("{number:0>250}");
        signals::start_wait(&name).map(|wait| kept.push(wait))
    });
}
