//! Names of hosts.

use wasip2::sockets::ip_name_lookup::resolve_addresses;
use wasip2::sockets::network::{ErrorCode, IpAddress};

use crate::tools::{network, until_ready, word};

/// All addresses of a name, sorted.
fn look_up(name: &str) -> Result<Vec<String>, ErrorCode> {
    let stream = resolve_addresses(&network(), name)?;
    let mut found = Vec::new();
    while let Some(address) = until_ready(&stream.subscribe(), || stream.resolve_next_address())? {
        found.push(match address {
            IpAddress::Ipv4(ip) => format!("{ip:?}"),
            IpAddress::Ipv6(ip) => format!("{ip:?}"),
        });
    }
    assert_eq!(stream.resolve_next_address().map(|next| next.is_none()), Ok(true), "that was all");
    found.sort();
    found.dedup();
    Ok(found)
}

pub(crate) fn known() {
    println!("{:?}", look_up("localhost").map(|found| found.contains(&"(127, 0, 0, 1)".to_owned())));
    for address in ["127.0.0.1", "::1", "[::1]", "192.0.2.7", "::ffff:192.0.2.7"] {
        println!("{address}: {:?}", look_up(address));
    }
}

pub(crate) fn unknown() {
    for name in ["no-such-host.invalid", "", "two words", "a/b", "example.org:80"] {
        println!("{name:?}: {:?}", look_up(name));
    }
}

pub(crate) fn denied() {
    println!("{}", word(look_up("localhost")));
    println!("{}", word(look_up("127.0.0.1")));
}
