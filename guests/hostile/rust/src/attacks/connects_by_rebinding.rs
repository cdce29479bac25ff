//! Connects to the victim by a name that it is granted, and that leads to where no name may lead.

use crate::{PATIENT, argument, names, tcp, tell};

pub(crate) fn main() {
    let address = argument(1);
    let (_, port) = address.rsplit_once(':').expect("an address");
    tell("by name", tcp::connect(&format!("localhost:{port}"), "", PATIENT));
    tell("look up", names::resolve("localhost", PATIENT));
    tell("by what it was told", tcp::connect(&address, "", PATIENT));
    tell("from there", tcp::connect(&address, "127.0.0.1:0", PATIENT));
}
