//! Connects to the victim and goes without a word, for ever: each time a handler is started for it.

use crate::{PATIENT, argument, tcp, until_refused};

pub(crate) fn main() {
    until_refused("connections", |_| tcp::connect(&argument(1), "", PATIENT));
}
