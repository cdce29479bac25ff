//! Sends to the victim for ever, and reads none of its answers.

use crate::{PATIENT, argument, tcp, until_refused};

pub(crate) fn main() {
    let victim = tcp::connect(&argument(1), "", PATIENT).expect("it may connect");
    let bytes = vec![1; 1 << 16];
    until_refused("writes", |_| victim.write_all(&bytes, PATIENT));
}
