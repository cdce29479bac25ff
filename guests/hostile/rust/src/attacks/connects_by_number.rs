//! Connects to the victim by its number, in every way that a number can be written.

use crate::{PATIENT, argument, tcp, tell};

pub(crate) fn main() {
    let (_, port) = argument(1).rsplit_once(':').map(|(host, port)| (host.to_owned(), port.to_owned())).expect("an address");
    for host in [
        "127.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::1]",
        "0.0.0.0",
        "[::]",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
    ] {
        tell(host, tcp::connect(&format!("{host}:{port}"), "", PATIENT));
    }
}
