//! Sends to the victim one byte at a time, and reads them so: each wakes the victim.

use crate::{PATIENT, argument, tcp, until_refused};

pub(crate) fn main() {
    let victim = tcp::connect(&argument(1), "", PATIENT).expect("it may connect");
    tcp::set_nodelay(&victim, true).expect("it is connected");
    until_refused("bytes", |_| {
        victim.write_all(b"x", PATIENT)?;
        victim.read(1, PATIENT)
    });
}
