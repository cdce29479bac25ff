//! Those that may use the network, and use it up.

use cogen::Limit;

use crate::attack::Attack;

/// They are allowed to connect to this machine: to the victim.
const VICTIM: &[&str] = &["connect=127.0.0.1:*"];

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::lasts("descriptor_exhaustion")
        .allowed(&["udp=127.0.0.1:*"])
        .says(&["sockets: 50 times, then limit reached: sockets: *"])
        .within(&[(Limit::Sockets, 50)]),
    Attack::lasts("connection_flood")
        .allowed(VICTIM)
        .given("ECHO")
        .says(&["connections: 50 times, then limit reached: sockets: *"])
        .within(&[(Limit::Sockets, 50)]),
    Attack::lasts("connects_and_leaves").allowed(VICTIM).given("ECHO"),
    Attack::lasts("never_reads").allowed(VICTIM).given("ECHO"),
    Attack::lasts("one_byte_at_a_time").allowed(VICTIM).given("ECHO"),
    Attack::ends("lookup_flood", "returned *")
        .allowed(&["resolve=*"])
        .says(&["lookups: 100 times, then limit reached: pending: *"])
        .within(&[(Limit::Pending, 100)]),
];
